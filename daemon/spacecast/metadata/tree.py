"""The pairs of a mapping in an event stream, and what of it must stay the same when a file is edited."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from spacecast.metadata.events import end_of, start_of

_MEANING = ("anchor", "tag", "implicit", "value", "flow_style", "explicit", "version", "style", "tags")
ROOT = 2
"""Index of the root's first event: the starts of stream and document come before it."""


@dataclass(frozen=True)
class Pair:
    """One `key: value` of a mapping, as the events of its two nodes."""

    key: list[yaml.Event]
    value: list[yaml.Event]

    @property
    def name(self) -> str | None:
        """The key where it is a scalar, None where it is anything else."""
        return self.key[0].value if isinstance(self.key[0], yaml.ScalarEvent) else None

    @property
    def start(self) -> int:
        """Index of the key's first character."""
        return start_of(self.key[0])

    @property
    def key_end(self) -> int:
        """Index behind the key."""
        return end_of(self.key[-1])

    @property
    def end(self) -> int:
        """Index behind the last character of the value, without the comments and blank lines after it."""
        return max(end_of(event) for event in (*self.key, *self.value) if _has_text(event))

    @property
    def is_anchored(self) -> bool:
        """Whether something elsewhere may refer to a part of this pair."""
        events = (*self.key, *self.value)
        return any(getattr(e, "anchor", None) for e in events if not isinstance(e, yaml.AliasEvent))


def _has_text(event: yaml.Event) -> bool:
    # The end of a block collection has no text of its own: its mark lies at the next token.
    return not isinstance(event, yaml.CollectionEndEvent) or end_of(event) > start_of(event)


def pairs_of(events: list[yaml.Event], start: int = ROOT) -> list[Pair]:
    """Return the pairs of the mapping whose first event is at `start`."""
    pairs = []
    at = start + 1
    while not isinstance(events[at], yaml.MappingEndEvent):
        between = _after_node(events, at)
        behind = _after_node(events, between)
        pairs.append(Pair(events[at:between], events[between:behind]))
        at = behind
    return pairs


def _after_node(events: list[yaml.Event], at: int) -> int:
    depth = 0
    while True:
        depth += isinstance(events[at], yaml.CollectionStartEvent)
        depth -= isinstance(events[at], yaml.CollectionEndEvent)
        at += 1
        if not depth:
            return at


def shape(event: yaml.Event) -> tuple[str, ...]:
    """Return everything about an event that has a meaning, its place in the text left out."""
    return type(event).__name__, *(repr(getattr(event, attribute, None)) for attribute in _MEANING)


def shape_without(events: list[yaml.Event], pair: Pair | None) -> Iterator[tuple[str, ...]]:
    """Yield the shapes of all events but those of `pair`."""
    left_out = {id(event) for event in (*pair.key, *pair.value)} if pair is not None else set()
    return (shape(event) for event in events if id(event) not in left_out)

"""The one look at a metadata file that reading and writing share: its YAML events, within limits.

Nothing is constructed here. A file that is small on disk can be huge in memory (aliases of aliases, merges
of merges, deep nesting), so its expanded size is counted from the events first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import yaml

from spacecast.metadata.faults import ADVICE, NotYet, Unreadable, shown
from spacecast.metadata.text import place_of

LIMIT_DEPTH = 64
LIMIT_VALUES = 200_000
"""Values in the document with every alias written out."""
LIMIT_MERGES = 16
"""Merge keys (`<<`) in one mapping."""

_ROOT = 2  # after the starts of stream and document


@dataclass
class _Open:
    """A collection whose end has not come yet."""

    anchor: str | None
    values: int = 1
    merges: int = 0


@dataclass
class _Size:
    """How large the document is when all its aliases are written out."""

    stack: list[_Open] = field(default_factory=lambda: [_Open(None)])
    anchors: dict[str, int | None] = field(default_factory=dict)

    def take(self, event: yaml.Event) -> str | None:
        """Count one event; return the code of the limit or rule that it breaks, None where all is well."""
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(anchor)
        if anchor is not None and anchor in self.anchors:
            return "duplicate anchor"
        if isinstance(event, yaml.CollectionStartEvent):
            return self._start(anchor)
        if isinstance(event, yaml.CollectionEndEvent):
            return self._end()
        return self._scalar(event, anchor) if isinstance(event, yaml.ScalarEvent) else None

    def _start(self, anchor: str | None) -> str | None:
        self.stack.append(_Open(anchor))
        if anchor is not None:
            self.anchors[anchor] = None  # not known before its end; an alias until then is a loop
        return "too-deep" if len(self.stack) > LIMIT_DEPTH + 1 else None

    def _end(self) -> str | None:
        closed = self.stack.pop()
        if closed.anchor is not None:
            self.anchors[closed.anchor] = closed.values
        return self._add(closed.values)

    def _scalar(self, event: yaml.ScalarEvent, anchor: str | None) -> str | None:
        if anchor is not None:
            self.anchors[anchor] = 1
        if event.value == "<<" and event.implicit[0]:
            self.stack[-1].merges += 1
            if self.stack[-1].merges > LIMIT_MERGES:
                return "too-many-values"
        return self._add(1)

    def _alias(self, anchor: str | None) -> str | None:
        if anchor not in self.anchors:
            return "unknown alias"
        values = self.anchors[anchor]
        return "alias loop" if values is None else self._add(values)

    def _add(self, values: int) -> str | None:
        self.stack[-1].values += values
        return "too-many-values" if self.stack[-1].values > LIMIT_VALUES else None


_PROBLEMS = {
    "too-deep": f"it is nested more than {LIMIT_DEPTH} levels deep",
    "too-many-values": "it has too many values, aliases or merges",
    "duplicate anchor": "the anchor (`&name`) stands there a second time",
    "unknown alias": "the alias (`*name`) has no anchor (`&name`) before it",
    "alias loop": "the alias (`*name`) refers to something that it is part of",
}


def read_events(text: str, name: str) -> list[yaml.Event]:
    """Return the events of a one-document file whose root is a mapping.

    Raises NotYet where there is no content, Unreadable where the file is not YAML, not such a document, or
    beyond the limits.
    """
    try:
        events = list(_counted(text, name))
    except yaml.MarkedYAMLError as error:
        raise _unparsable(error, name) from None
    except yaml.YAMLError:
        raise Unreadable(name, "unparsable", "it is not valid YAML", ADVICE["unparsable"]) from None
    _check_document(events, name)
    return events


def start_of(event: yaml.Event) -> int:
    """Return the index of the event's first character, its anchor and tag included."""
    return cast("yaml.Mark", event.start_mark).index


def end_of(event: yaml.Event) -> int:
    """Return the index behind the event's last character."""
    return cast("yaml.Mark", event.end_mark).index


def _counted(text: str, name: str) -> Iterator[yaml.Event]:
    size = _Size()
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        broken = size.take(event)
        if broken is not None:
            raise _beyond(broken, event, text, name)
        yield event


def _beyond(broken: str, event: yaml.Event, text: str, name: str) -> Unreadable:
    code = broken if broken in ADVICE else "unparsable"
    place = place_of(text, start_of(event))
    return Unreadable(name, code, _PROBLEMS[broken], ADVICE[code], line=place.line, column=place.column)


def _unparsable(error: yaml.MarkedYAMLError, name: str) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    problem = shown(error.problem or "it is not valid YAML")
    if error.context:
        problem = f"{problem}, {shown(error.context)}"
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    return Unreadable(name, "unparsable", problem, _advice(error.problem or ""), line=line, column=column)


def _advice(problem: str) -> str:
    if problem.startswith("mapping values are not allowed"):
        return "Put the value in quotes if it has a colon and a space in it. " + ADVICE["unparsable"]
    if problem.startswith("found a tab character"):
        return "Indent with spaces, not tabs. " + ADVICE["unparsable"]
    if problem.startswith("found character that cannot start"):
        return "Indent with spaces, not tabs; quote a value that starts with @ or `. " + ADVICE["unparsable"]
    return ADVICE["unparsable"]


def _check_document(events: list[yaml.Event], name: str) -> None:
    starts = [event for event in events if isinstance(event, yaml.DocumentStartEvent)]
    if not starts:
        raise NotYet(f"{shown(name)} is empty or holds comments only; it is read when it has content.")
    if len(starts) > 1:
        line = cast("yaml.Mark", starts[1].start_mark).line + 1
        problem = f"{len(starts)} YAML documents are in it"
        raise Unreadable(name, "not-one-document", problem, ADVICE["not-one-document"], line=line, column=1)
    root = events[_ROOT]
    if not isinstance(root, yaml.MappingStartEvent):
        problem = f"its content is a {_kind(root)}, not a mapping"
        raise Unreadable(name, "root-not-mapping", problem, ADVICE["root-not-mapping"])


def _kind(event: yaml.Event) -> str:
    return "list" if isinstance(event, yaml.SequenceStartEvent) else "single value"

"""A config of fs2od, and what became of each of its keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from spacecast.config.document import Document
from spacecast.config.problems import KeyPath, dotted


class Outcome(StrEnum):
    """What became of a key."""

    TRANSLATED = "translated"
    BY_HAND = "by hand"
    """Translated as far as it can be; somebody has to look at it."""
    NOT_NEEDED = "not needed"
    NOT_SUPPORTED = "not supported"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Entry:
    """One key of the old config. Nothing of it holds a value, since that may be a secret."""

    line: int
    key: str
    outcome: Outcome
    note: str
    """The new key; or why there is none, and what to do instead."""


class Account:
    """The old config's values, each of which is asked for and accounted for under its path."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._marks: dict[KeyPath, tuple[Outcome, str]] = {}

    def value(self, *path: str | int) -> Any:
        """Return what stands at a path, None where nothing does."""
        value = self._document.values
        for part in path:
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def has(self, *path: str | int) -> bool:
        """Say whether there is something at a path that is neither null nor empty."""
        return self.value(*path) not in (None, "", [], {})

    def mark(self, outcome: Outcome, note: str, *path: str | int) -> None:
        """Say what became of a key and all below it; a mark further down counts more."""
        self._marks[path] = (outcome, note)

    def entries(self) -> list[Entry]:
        """Return an entry for every key that holds a value, in the order of the file."""
        found = [self._entry(path) for path in _leaves(self._document.values, ())]
        return sorted(found, key=lambda entry: entry.line)

    def _entry(self, path: KeyPath) -> Entry:
        marks = (self._marks[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self._marks)
        unknown = (Outcome.UNKNOWN, "no key of fs2od that is known here; it is left out")
        outcome, note = next(marks, unknown)
        return Entry(self._document.line_of(path), dotted(path), outcome, note)


def _leaves(value: Any, above: KeyPath) -> Iterator[KeyPath]:
    """Yield the path of every value that is no mapping with something in it; a list of texts counts as one value."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*above, str(key)))
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, (*above, index))
    elif above:
        yield above

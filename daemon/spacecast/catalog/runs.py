"""Which series have as many files as one entry takes, told while a folder's files still come in natural order.

A hint for whoever wants to begin early: what is told here is what `arrange` will find, unless a later file changes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from spacecast.catalog.arranging import MEMBERS, free_key, series_named
from spacecast.catalog.assets import MOST_ASSETS
from spacecast.catalog.columns import from_text
from spacecast.catalog.inventory import Inventory
from spacecast.catalog.plan import PlannedEntry
from spacecast.catalog.stored import planned_files
from spacecast.formats import most

# In a folder with more, hardly any is long.
_MOST_RUNS = 32

Group = tuple[bytes, bytes, str]
"""Folder, stem and extension that the files of a series share."""


@dataclass
class _Run:
    """The files of a series that were found since its last entry was full."""

    kind: str
    """That of the first file of all, after which the series is called; others are none of it."""
    most_files: int
    """How many one entry takes, or, where any number may be in it, one request."""
    grows: bool
    """Whether its one entry is not complete before the last file is found."""
    start: bytes
    """The place of the first of them."""
    length: int = 0
    entries: int = 0
    """How many entries were full."""

    def takes(self, kind: str) -> bool:
        """Whether a file of this kind is one more of them, and of use."""
        return kind == self.kind and not (self.grows and self.entries)


class Runs:
    """Counts like files and offers each full entry with its files; what is not taken ends it.

    `offer` says whether it was taken. Holds no files, and a few counts for each folder on the way down.
    """

    def __init__(self, inventory: Inventory, folder: PurePosixPath, offer: Callable[[PlannedEntry], bool]) -> None:
        self._inventory = inventory
        self._folder = folder
        self._offer = offer
        self._runs: dict[Group, _Run] = {}
        self._place = b""
        self._is_over = False

    def note(self, columns: Mapping[str, Any]) -> None:
        """Take note of a file that has been entered into the inventory with these columns."""
        place: bytes = columns["place"]
        # Out of order nobody can say which are the first ones of a series.
        self._is_over = self._is_over or place < self._place
        self._place = place
        if self._is_over or "kind" not in columns:
            return
        group: Group = columns["parent"], columns["stem"], columns["extension"]
        run = self._runs.get(group) or self._begun(group, columns)
        if run.takes(columns["kind"]):
            self._lengthen(group, run)

    def _begun(self, group: Group, columns: Mapping[str, Any]) -> _Run:
        # A folder that was left does not come again.
        self._runs = {other: run for other, run in self._runs.items() if _is_open(other[0], group[0])}
        self._is_over = len(self._runs) >= _MOST_RUNS
        most_files = most(from_text(columns["description"]))
        grows = most_files is None or most_files > MOST_ASSETS
        run = self._runs[group] = _Run(columns["kind"], min(most_files or MOST_ASSETS, MOST_ASSETS), grows, self._place)
        return run

    def _lengthen(self, group: Group, run: _Run) -> None:
        if not run.length:
            run.start = self._place
        run.length += 1
        if run.length < run.most_files:
            return
        planned = self._planned(group, run)
        # Entries are listed in the order in which they were made: none is left out.
        self._is_over = planned is None or not self._offer(planned)
        run.length, run.entries = 0, run.entries + 1

    def _planned(self, group: Group, run: _Run) -> PlannedEntry | None:
        """Give the entry of the files that were counted; None where `arrange` may find another."""
        key, _ = free_key(self._inventory, series_named(*group)(run.entries))
        among = f"FROM file INDEXED BY file_by_place WHERE {MEMBERS} AND place >= ?"
        within: tuple[Any, ...] = (*group, run.kind, run.start)
        twice = f"SELECT 1 {among} AND EXISTS (SELECT 1 FROM file AS o WHERE o.key = file.key AND o.id <> file.id)"
        if key is None or self._inventory.one(f"{twice} LIMIT 1", *within):
            return None
        columns = "path, size, modified_ns, description"
        rows = self._inventory.connection.execute(f"SELECT {columns} {among} ORDER BY place, path", within).fetchall()
        files = planned_files(self._folder, [row[:3] for row in rows])
        return PlannedEntry(key, from_text(rows[0][3]), files, is_series=True)


def _is_open(folder: bytes, parent: bytes) -> bool:
    """Whether more files may come in a folder when one has come in `parent`."""
    return folder in (b".", parent) or parent.startswith(folder + b"/")

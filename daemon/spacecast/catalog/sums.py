"""Counts and digests of an inventory by parts: one file that changes costs its part, however many others there are.

A file's part follows from its path alone, so that the same files give the same digests on whatever way they came.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from operator import add
from pathlib import PurePosixPath
from typing import Any

from spacecast.catalog.inventory import Inventory
from spacecast.catalog.plan import Digests, digest_of_rows
from spacecast.catalog.tables import ALONE, GIVEN_OUT, HAS_PROBLEM, IS_NOT_READ, PARTS, UNSEARCHED, WAITING

# Of more parts than this the files are read in one go.
_MOST_PARTS_ALONE = PARTS // 8
_SUMS = {
    "given_out": GIVEN_OUT,
    "size_bytes": f"CASE WHEN {GIVEN_OUT} THEN size ELSE 0 END",
    "loose": "coalesce(loose, 0)",
    "alone": ALONE,
    "remarks": f"({HAS_PROBLEM}) + {IS_NOT_READ}",
    "waiting": WAITING,
    "unsearched": UNSEARCHED,
}
"""What is added up, and what a file adds to it."""
_FOUND = "key, digest, outcome, reason, problem, clash"
_FOUND_COLUMNS = 6


@dataclass(frozen=True)
class Sums:
    """How many files there are of each sort, and how long those are together that are given out."""

    given_out: int
    size_bytes: int
    loose: int
    alone: int
    remarks: int
    waiting: int
    unsearched: int


def sums_of(inventory: Inventory) -> Sums:
    """Give the sums over all parts; those in which something has changed are computed anew."""
    _renew(inventory)
    columns = ", ".join(f"coalesce(sum({name}), 0)" for name in _SUMS)
    return Sums(*inventory.connection.execute(f"SELECT {columns} FROM part").fetchone())


def digests_of(inventory: Inventory, folder: PurePosixPath) -> Digests:
    """Give the digests over all parts, once `sums_of` has brought them up to date.

    `folder` is the dataset's as the server sees it.
    """

    def parts(column: str) -> Iterator[Any]:
        return inventory.connection.execute(f"SELECT number, {column} FROM part WHERE {column} <> '' ORDER BY number")

    series = inventory.connection.execute("SELECT key, digest FROM series ORDER BY id")
    return Digests(
        files=digest_of_rows(chain([(str(folder).encode("utf-8", "surrogatepass"),)], parts("files"))),
        times=digest_of_rows(parts("times")),
        entries=digest_of_rows(chain(series, parts("entries"))),
        remarks=digest_of_rows(parts("remarked")),
    )


class _Digest:
    """A digest of rows; of none it is empty."""

    def __init__(self) -> None:
        self._hash: Any = None

    def add(self, *row: bytes | str | int | None) -> None:
        if self._hash is None:
            self._hash = hashlib.sha256()
        # Text in a table is Unicode throughout.
        self._hash.update(repr(row).encode())

    def __str__(self) -> str:
        return "" if self._hash is None else self._hash.hexdigest()[:32]


class _Part:
    """What is known of the files of one part, which are added in natural order."""

    def __init__(self) -> None:
        self._sums = [0] * len(_SUMS)
        self._files, self._times, self._entries, self._remarked = _Digest(), _Digest(), _Digest(), _Digest()

    def add(self, path: bytes, size: int, modified_ns: str, found: tuple[Any, ...], sums: tuple[int, ...]) -> None:
        given_out, _, loose, alone, remarks, waiting, unsearched = sums
        self._sums = list(map(add, self._sums, sums))
        key, digest, *remarked = found
        if given_out:
            self._times.add(modified_ns)
        if loose:
            self._files.add(path, size)
        elif unsearched:
            self._files.add(path)
        if alone:
            self._entries.add(key, digest)
        if remarks or waiting:
            self._remarked.add(path, *remarked)

    def row(self) -> tuple[int | str, ...]:
        return (*self._sums, *map(str, (self._files, self._times, self._entries, self._remarked)))


def _renew(inventory: Inventory) -> None:
    connection = inventory.connection
    changed = {number for (number,) in connection.execute("SELECT number FROM changed_part")}
    if not changed:
        return
    parts: dict[int, _Part] = {}
    for number, path, size, modified_ns, *found in _rows(inventory, is_few=len(changed) <= _MOST_PARTS_ALONE):
        if number in changed:
            part = parts.setdefault(number, _Part())
            part.add(path, size, modified_ns, tuple(found[:_FOUND_COLUMNS]), tuple(found[_FOUND_COLUMNS:]))
    connection.execute("DELETE FROM part WHERE number IN (SELECT number FROM changed_part)")
    marks = ", ".join("?" * (1 + len(_SUMS) + 4))
    connection.executemany(f"INSERT INTO part VALUES ({marks})", ((n, *part.row()) for n, part in parts.items()))
    inventory.parts_are_known()


def _rows(inventory: Inventory, *, is_few: bool) -> Iterator[tuple[Any, ...]]:
    of_parts = "INDEXED BY file_by_part WHERE part IN (SELECT number FROM changed_part)"
    source = of_parts if is_few else "INDEXED BY file_by_place"
    columns = f"part, path, size, modified_ns, {_FOUND}, {', '.join(f'({what})' for what in _SUMS.values())}"
    return inventory.connection.execute(f"SELECT {columns} FROM file {source} ORDER BY place, path")

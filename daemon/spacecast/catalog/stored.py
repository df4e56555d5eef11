"""Views of an inventory that look like sequences and hold nothing: rows are read when asked for, some at a time."""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import PurePosixPath
from typing import Any, Generic, Literal, TypeVar, overload

from spacecast.catalog.columns import from_text, restored
from spacecast.catalog.inventory import Inventory
from spacecast.catalog.plan import Digests, PlannedEntry, PlannedFile, Remark, digest_of_rows
from spacecast.catalog.selection import file_uri

T = TypeVar("T")

_PORTION_ROWS = 500
_FILE = "path, size, modified_ns"
# An entry of its own: readable, its key not another file's, and not a frame of a series.
ALONE = "outcome = 'data' AND clash IS NULL AND series IS NULL"
GIVEN_OUT = "outcome NOT IN ('withheld', 'unsearched')"
_WAITING = "outcome IN ('waiting', 'unsearched')"
_REMARKED = "problem <> '' OR outcome IN ('unread', 'withheld') OR clash IS NOT NULL"
_IN_SERIES = "outcome = 'data' AND clash IS NULL AND series IS NOT NULL"


class StoredFiles(Sequence[PlannedFile]):
    """Files with numbers from 0 on in one column: all that can be downloaded, loose ones, or the frames of a series."""

    def __init__(
        self,
        inventory: Inventory,
        folder: PurePosixPath,
        length: int,
        column: Literal["number", "loose", "frame"] = "number",
        series: int | None = None,
    ) -> None:
        self._inventory = inventory
        self._folder = folder
        self._length = length
        self._column = column
        self._series = series

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> PlannedFile: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[PlannedFile]: ...

    def __getitem__(self, place: int | slice) -> PlannedFile | Sequence[PlannedFile]:
        if isinstance(place, slice):
            start, end, step = place.indices(self._length)
            return self._between(start, end)[::step]
        number = place + self._length if place < 0 else place
        if not 0 <= number < self._length:
            raise IndexError(place)
        return self._between(number, number + 1)[0]

    def __iter__(self) -> Iterator[PlannedFile]:
        for start in range(0, self._length, _PORTION_ROWS):
            yield from self._between(start, start + _PORTION_ROWS)

    def _between(self, start: int, end: int) -> tuple[PlannedFile, ...]:
        column = self._column
        values: tuple[int, ...] = (start, end)
        query = f"SELECT {_FILE} FROM file WHERE {column} >= ? AND {column} < ?"
        if self._series is not None:
            query, values = f"{query} AND series = ?", (start, end, self._series)
        rows = self._inventory.connection.execute(f"{query} ORDER BY {column}", values).fetchall()
        return tuple(planned_file(self._folder, *row) for row in rows)


class _Rows(Collection[T], Generic[T]):
    """Something counted and iterated by queries; `in` is not for it."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def __contains__(self, item: object) -> bool:
        return any(item == one for one in self)

    def _portions(self, columns: str, condition: str) -> Iterator[Any]:
        """Yield rows in natural order of their paths; place and path come first."""
        query = (
            f"SELECT place, path, {columns} FROM file WHERE ({condition}) AND (place, path) > (?, ?) "
            f"ORDER BY place, path LIMIT {_PORTION_ROWS}"
        )
        last: tuple[bytes, bytes] = (b"", b"")
        while rows := self._inventory.connection.execute(query, last).fetchall():
            yield from rows
            last = rows[-1][:2]


class StoredRemarks(_Rows[Remark]):
    """Remarks about files, in natural order: on those that wait, or on those that cannot be read or given out."""

    def __init__(self, inventory: Inventory, *, waiting: bool) -> None:
        super().__init__(inventory)
        self._condition = _WAITING if waiting else _REMARKED
        self._waiting = waiting

    def __len__(self) -> int:
        if self._waiting:
            count: int = self._inventory.one(f"SELECT count(*) FROM file WHERE {_WAITING}")
        else:
            count = self._inventory.one(
                "SELECT coalesce(sum((problem <> '') + (outcome IN ('unread', 'withheld') OR clash IS NOT NULL)), 0) "
                "FROM file"
            )
        return count

    def __iter__(self) -> Iterator[Remark]:
        for _, path, outcome, reason, problem, clash in self._portions(
            "outcome, reason, problem, clash", self._condition
        ):
            if self._waiting:
                yield Remark(restored(path), reason)
                continue
            if problem:
                yield Remark(restored(path), problem)
            if clash is not None or outcome in ("unread", "withheld"):
                yield Remark(restored(path), clash or reason)


class StoredUndecided(_Rows[PlannedFile]):
    """Files of which nobody knows yet whether they may be given out, in natural order."""

    def __init__(self, inventory: Inventory, folder: PurePosixPath) -> None:
        super().__init__(inventory)
        self._folder = folder

    def __len__(self) -> int:
        count: int = self._inventory.one("SELECT count(*) FROM file WHERE outcome = 'unsearched'")
        return count

    def __iter__(self) -> Iterator[PlannedFile]:
        for _, path, size, modified_ns in self._portions("size, modified_ns", "outcome = 'unsearched'"):
            yield planned_file(self._folder, path, size, modified_ns)


class StoredEntries(_Rows[PlannedEntry]):
    """The readable entries: series first, then single files in natural order."""

    def __init__(self, inventory: Inventory, folder: PurePosixPath) -> None:
        super().__init__(inventory)
        self._folder = folder

    def __len__(self) -> int:
        count: int = self._inventory.one(
            f"SELECT (SELECT count(*) FROM series) + (SELECT count(*) FROM file WHERE {ALONE})"
        )
        return count

    def __iter__(self) -> Iterator[PlannedEntry]:
        last = -1
        while rows := self._inventory.connection.execute(
            "SELECT id, key, first, length, is_long, digest FROM series WHERE id > ? ORDER BY id LIMIT 50", (last,)
        ).fetchall():
            for row in rows:
                yield self.series(*row)
            last = rows[-1][0]
        for _, *row in self._portions("size, modified_ns, key, description, digest", ALONE):
            yield self._single(*row)

    def digests(self) -> Iterator[tuple[str, str]]:
        """Yield key and digest of every entry, in the order of the entries."""
        yield from self._inventory.connection.execute("SELECT key, digest FROM series ORDER BY id").fetchall()
        for _, _, key, digest in self._portions("key, digest", ALONE):
            yield key, digest

    def get(self, key: str) -> PlannedEntry | None:
        """Return the entry with this key."""
        row = self._inventory.connection.execute(
            "SELECT id, key, first, length, is_long, digest FROM series WHERE key = ?", (key,)
        ).fetchone()
        if row is not None:
            return self.series(*row)
        row = self._inventory.connection.execute(
            f"SELECT {_FILE}, key, description, digest FROM file WHERE key = ? AND {ALONE}",
            (key,),
        ).fetchone()
        return None if row is None else self._single(*row)

    def superseded(self, key: str) -> str | None:
        """Return the digest of the entry that a frame of a series would be alone: it may have been made before."""
        query = f"SELECT digest FROM file WHERE key = ? AND {_IN_SERIES}"
        found: str | None = self._inventory.one(query, key)
        return found

    def waits(self, key: str) -> bool:
        """Whether a file that is still being written has this key."""
        return self._inventory.one(f"SELECT 1 FROM file WHERE key = ? AND {_WAITING}", key) is not None

    def series(self, number: int, key: str, first: int, length: int, is_long: int, digest: str | None) -> PlannedEntry:
        """Give the entry of a series."""
        text = self._inventory.one("SELECT description FROM file WHERE id = ?", first)
        files = StoredFiles(self._inventory, self._folder, length, "frame", number)
        return PlannedEntry(key, from_text(text), files, is_series=True, is_long=bool(is_long), known_digest=digest)

    def _single(
        self, path: bytes, size: int, modified_ns: str, key: str, description: str, digest: str
    ) -> PlannedEntry:
        file = planned_file(self._folder, path, size, modified_ns)
        return PlannedEntry(key, from_text(description), (file,), known_digest=digest)


def digests_of(inventory: Inventory, folder: PurePosixPath) -> Digests:
    """Give the digests of all that an inventory holds; `folder` is the dataset's as the server sees it."""

    def rows(columns: str, condition: str, order: str = "place, path") -> Iterator[Any]:
        return inventory.connection.execute(f"SELECT {columns} FROM file WHERE {condition} ORDER BY {order}")

    series = inventory.connection.execute("SELECT key, digest FROM series ORDER BY id")
    return Digests(
        files=digest_of_rows(
            chain(
                [(str(folder).encode("utf-8", "surrogatepass"),)],
                rows("path, size", "loose IS NOT NULL", "loose"),
                rows("path", "outcome = 'unsearched'"),
            )
        ),
        times=digest_of_rows(rows("modified_ns", "number IS NOT NULL", "number")),
        entries=digest_of_rows(chain(series, rows("key, digest", ALONE))),
        remarks=digest_of_rows(rows("path, outcome, reason, problem, clash", f"{_WAITING} OR {_REMARKED}")),
    )


def planned_file(folder: PurePosixPath, path: bytes, size: int, modified_ns: str) -> PlannedFile:
    """Give a file from its row; `folder` is the dataset's as the server sees it."""
    relative = restored(path)
    return PlannedFile(relative, file_uri(folder, relative), size, int(modified_ns))

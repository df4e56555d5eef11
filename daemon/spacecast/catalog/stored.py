"""Views of an inventory that look like sequences and hold nothing: rows are read when asked for, some at a time."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Generic, TypeVar, overload

from spacecast.catalog.columns import from_text, restored
from spacecast.catalog.inventory import Inventory
from spacecast.catalog.plan import PlannedEntry, PlannedFile, Remark
from spacecast.catalog.selection import address_start
from spacecast.catalog.tables import ALONE, REMARKED, WAITING

T = TypeVar("T")

_PORTION_ROWS = 500
_FILE = "path, size, modified_ns"
_IN_SERIES = "outcome = 'data' AND clash IS NULL AND series IS NOT NULL"


class StoredFrames(Sequence[PlannedFile]):
    """The files of a series, numbered from 0 on."""

    def __init__(self, inventory: Inventory, folder: PurePosixPath, length: int, series: int) -> None:
        self._inventory = inventory
        self._folder = folder
        self._length = length
        self._series = series
        # Whoever writes an entry goes through its files first, and then sends them.
        self._latest: tuple[int, int, tuple[PlannedFile, ...]] = (0, 0, ())

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> PlannedFile: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[PlannedFile]: ...

    def __getitem__(self, place: int | slice) -> PlannedFile | Sequence[PlannedFile]:
        if isinstance(place, slice):
            start, end, step = place.indices(self._length)
            is_portion = 0 < end - start <= _PORTION_ROWS
            return (self._portion if is_portion else self._between)(start, end)[::step]
        number = place + self._length if place < 0 else place
        if not 0 <= number < self._length:
            raise IndexError(place)
        return self._between(number, number + 1)[0]

    def __iter__(self) -> Iterator[PlannedFile]:
        for start in range(0, self._length, _PORTION_ROWS):
            yield from self._portion(start, min(start + _PORTION_ROWS, self._length))

    def _portion(self, start: int, end: int) -> tuple[PlannedFile, ...]:
        if self._latest[:2] != (start, end):
            self._latest = (start, end, self._between(start, end))
        return self._latest[2]

    def _between(self, start: int, end: int) -> tuple[PlannedFile, ...]:
        query = f"SELECT {_FILE} FROM file WHERE series = ? AND frame >= ? AND frame < ? ORDER BY frame"
        rows = self._inventory.connection.execute(query, (self._series, start, end)).fetchall()
        return planned_files(self._folder, rows)


class _Rows(Collection[T], Generic[T]):
    """Something counted and iterated by queries; `in` is not for it."""

    def __init__(self, inventory: Inventory, length: int) -> None:
        self._inventory = inventory
        self._length = length

    def __len__(self) -> int:
        return self._length

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

    def __init__(self, inventory: Inventory, length: int, *, waiting: bool) -> None:
        super().__init__(inventory, length)
        self._waiting = waiting

    def __iter__(self) -> Iterator[Remark]:
        condition = WAITING if self._waiting else REMARKED
        for _, place, outcome, reason, problem, clash in self._portions("outcome, reason, problem, clash", condition):
            # A name that is not Unicode cannot be told of as it is.
            path = restored(place).encode("utf-8", "backslashreplace").decode()
            if self._waiting:
                yield Remark(path, reason)
                continue
            if problem:
                yield Remark(path, problem)
            if clash is not None or outcome in ("unread", "withheld"):
                yield Remark(path, clash or reason)


class StoredFiles(_Rows[PlannedFile]):
    """Files in natural order: all that can be downloaded, those in no long series, or those not searched yet."""

    def __init__(self, inventory: Inventory, folder: PurePosixPath, length: int, condition: str) -> None:
        super().__init__(inventory, length)
        self._folder = folder
        self._condition = condition

    def __iter__(self) -> Iterator[PlannedFile]:
        for _, path, size, modified_ns in self._portions("size, modified_ns", self._condition):
            yield planned_file(self._folder, path, size, modified_ns)


class StoredEntries(_Rows[PlannedEntry]):
    """The readable entries: series first, then single files in natural order."""

    def __init__(self, inventory: Inventory, folder: PurePosixPath, length: int) -> None:
        super().__init__(inventory, length)
        self._folder = folder

    def __iter__(self) -> Iterator[PlannedEntry]:
        last = -1
        while rows := self._inventory.connection.execute(
            "SELECT id, key, first, length, is_long, digest FROM series WHERE id > ? ORDER BY id LIMIT 50", (last,)
        ).fetchall():
            for row in rows:
                yield series_entry(self._inventory, self._folder, row)
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
            return series_entry(self._inventory, self._folder, row)
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
        return self._inventory.one(f"SELECT 1 FROM file WHERE key = ? AND {WAITING}", key) is not None

    def _single(
        self, path: bytes, size: int, modified_ns: str, key: str, description: str, digest: str
    ) -> PlannedEntry:
        file = planned_file(self._folder, path, size, modified_ns)
        return PlannedEntry(key, from_text(description), (file,), known_digest=digest)


SeriesRow = tuple[int, str, int, int, bool, str | None]
"""Number, key, number of the first file, how many files there are, whether that is many, and the digest if known."""


def series_entry(inventory: Inventory, folder: PurePosixPath, row: SeriesRow) -> PlannedEntry:
    """Give the entry of a series; `folder` is the dataset's as the server sees it."""
    number, key, first, length, is_long, digest = row
    text = inventory.one("SELECT description FROM file WHERE id = ?", first)
    files = StoredFrames(inventory, folder, length, number)
    return PlannedEntry(key, from_text(text), files, is_series=True, is_long=bool(is_long), known_digest=digest)


def planned_file(folder: PurePosixPath, path: bytes, size: int, modified_ns: str) -> PlannedFile:
    """Give a file from its row; `folder` is the dataset's as the server sees it."""
    return planned_files(folder, [(path, size, modified_ns)])[0]


def planned_files(folder: PurePosixPath, rows: Iterable[tuple[bytes, int, str]]) -> tuple[PlannedFile, ...]:
    """Give files from their rows."""
    start = address_start(folder)
    texts = ((restored(path), size, modified_ns) for path, size, modified_ns in rows)
    return tuple(PlannedFile(path, start + path, size, int(time)) for path, size, time in texts)

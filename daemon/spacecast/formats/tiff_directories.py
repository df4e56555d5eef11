"""The image directories of a TIFF or BigTIFF file, read without believing a word of it.

After the TIFF 6.0 specification, section 2, and the BigTIFF extension: the same with 64-bit offsets.
"""

import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from spacecast.formats.model import Incomplete, NotThisFormat, read_at

MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_MOST_DIRECTORIES = 20_000
_MOST_ENTRIES = 4096
_MOST_ENTRIES_IN_ALL = 500_000
"""Directories may overlap, so a small file can claim any number of long ones."""
_MOST_VALUE_BYTES = 32 << 20
"""Over all values read from one file: strip tables of large stacks are long."""
_NUMBER_FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_RATIONAL = 5
_TEXT = 2
_SIZES = {kind: struct.calcsize(f"<{code}") for kind, code in _NUMBER_FORMATS.items()} | {_RATIONAL: 8, _TEXT: 1}


@dataclass(frozen=True)
class _Entry:
    kind: int
    count: int
    place: int
    """Where the value stands in the file, be it within the directory or elsewhere."""


class TiffReader:
    """The directories of an open file of `size` bytes; they know the tags `known` and pass over all others.

    Raises NotThisFormat and Incomplete, as all its methods do.
    """

    def __init__(self, file: BinaryIO, size: int, known: Collection[int]) -> None:
        self._file = file
        self._size = size
        self._known = known
        self._entries_left = _MOST_ENTRIES_IN_ALL
        self._value_bytes_left = _MOST_VALUE_BYTES
        start = read_at(file, 0, 8)
        if start[:4] not in MAGICS:
            raise NotThisFormat("it does not begin as a TIFF file does")
        self.order = "<" if start[:2] == b"II" else ">"
        self.is_big = b"+" in start[2:4]
        if self.is_big and struct.unpack(f"{self.order}HH", start[4:8]) != (8, 0):
            raise NotThisFormat("its offsets are of an unknown size")

    def directories(self) -> Iterator["Directory"]:
        """Yield all main directories, first to last; an endless or excessive chain ends as NotThisFormat."""
        place = self._offset(read_at(self._file, 8, 8) if self.is_big else read_at(self._file, 4, 4))
        if place == 0:
            raise Incomplete("it has no image directory yet")
        seen: set[int] = set()
        while place:
            if place in seen:
                raise NotThisFormat("its image directories go in a circle")
            if len(seen) == _MOST_DIRECTORIES:
                raise NotThisFormat(f"it has more than {_MOST_DIRECTORIES:,} image directories")
            if place >= self._size:
                raise Incomplete(f"it has {self._size} bytes and an image directory at {place}")
            seen.add(place)
            directory, place = self._directory(place)
            yield directory

    def _directory(self, place: int) -> tuple["Directory", int]:
        count_bytes, link_bytes = (8, 8) if self.is_big else (2, 4)
        form = struct.Struct(f"{self.order}{'HHQ8s' if self.is_big else 'HHI4s'}")
        count = self._count(read_at(self._file, place, count_bytes))
        start = place + count_bytes
        data = read_at(self._file, start, count * form.size + link_bytes)
        entries: dict[int, _Entry] = {}
        for index, (tag, kind, length, value) in enumerate(form.iter_unpack(data[:-link_bytes])):
            if tag in self._known and tag not in entries:
                within = start + (index + 1) * form.size - len(value)
                fits = _SIZES.get(kind, 1) * length <= len(value)
                entries[tag] = _Entry(kind, length, within if fits else self._offset(value))
        return Directory(self, entries), self._offset(data[-link_bytes:])

    def _count(self, data: bytes) -> int:
        """Take a directory's number of entries from the file's budget."""
        (count,) = struct.unpack(f"{self.order}{'Q' if self.is_big else 'H'}", data)
        if not 0 < count <= _MOST_ENTRIES:
            raise NotThisFormat(f"an image directory claims {count} entries")
        self._entries_left -= count
        if self._entries_left < 0:
            raise NotThisFormat(f"its image directories have more than {_MOST_ENTRIES_IN_ALL:,} entries together")
        return int(count)

    def _offset(self, data: bytes) -> int:
        (value,) = struct.unpack(f"{self.order}{'Q' if self.is_big else 'I'}", data)
        return int(value)

    def value(self, entry: _Entry, most_bytes: int = _MOST_VALUE_BYTES) -> bytes:
        """Read the raw value of an entry, or so much of it, within the file's budget."""
        length = _SIZES.get(entry.kind, 1) * entry.count
        length = min(length, most_bytes) if most_bytes < _MOST_VALUE_BYTES else length
        self._value_bytes_left -= length
        if self._value_bytes_left < 0:
            raise NotThisFormat("its image directories are larger than anybody needs")
        return read_at(self._file, entry.place, length)


class Directory:
    """One image directory: tags and their values."""

    def __init__(self, reader: TiffReader, entries: Mapping[int, _Entry]) -> None:
        self._reader = reader
        self._entries = entries

    def __contains__(self, tag: int) -> bool:
        return tag in self._entries

    def numbers(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return the integers of a tag, or the default where the tag is missing."""
        entry = self._entries.get(tag)
        if entry is None:
            return default
        code = _NUMBER_FORMATS.get(entry.kind)
        if code is None or code in "fd":
            raise NotThisFormat(f"its tag {tag} holds no integers")
        return struct.unpack(f"{self._reader.order}{entry.count}{code}", self._reader.value(entry))

    def number(self, tag: int, default: int | None = None) -> int:
        """Return the one integer of a tag. Raises NotThisFormat where there is none and no default."""
        found = self.numbers(tag, () if default is None else (default,))
        if not found:
            raise NotThisFormat(f"its image directory lacks the tag {tag}")
        return found[0]

    def ratio(self, tag: int) -> float | None:
        """Return a fraction, or None."""
        entry = self._entries.get(tag)
        if entry is None or entry.kind != _RATIONAL or entry.count != 1:
            return None
        above, below = struct.unpack(f"{self._reader.order}2I", self._reader.value(entry))
        return above / below if below else None

    def text(self, tag: int, most_bytes: int = _MOST_VALUE_BYTES) -> str:
        """Return the text of a tag, or the beginning of it, or an empty one."""
        entry = self._entries.get(tag)
        if entry is None or entry.kind != _TEXT:
            return ""
        return self._reader.value(entry, most_bytes).split(b"\0")[0].decode("utf-8", errors="replace")

"""The tag tree of Gatan's DM3 and DM4 files, read without believing a word of it.

After the published descriptions of the format: a tree of groups and values, its bookkeeping big-endian, its values in
the order that the header names; DM4 is the same with 64-bit lengths and the length of each tag.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from spacecast.formats.model import Incomplete, NotThisFormat, read_at

_GROUP, _VALUE = 20, 21
_STRUCT, _TEXT, _ARRAY = 15, 18, 20
_SCALARS = {2: "h", 3: "i", 4: "H", 5: "I", 6: "f", 7: "d", 8: "B", 9: "b", 10: "B", 11: "q", 12: "Q"}
_BOOLEAN, _UTF_16_UNIT = 8, 4
_MOST_TAGS = 100_000
_DEEPEST_GROUP = 64
_MOST_FIELDS = 256
_LONGEST_SHORT_ARRAY = 64
_LONGEST_TEXT = 2000
_LONGEST_NAME = 1024


@dataclass(frozen=True)
class Block:
    """An array in the file, which is not read: where it is, and of what."""

    offset: int
    codes: tuple[int, ...]
    """The types of one element's parts; a plain array has one."""
    count: int

    @property
    def bytes(self) -> int:
        """Its length in the file."""
        return self.count * sum(struct.calcsize(f"<{_SCALARS[code]}") for code in self.codes)


Group = dict[str, Any]
"""Tags by name, those without a name by their number; values are groups, numbers, texts, tuples and blocks."""


def is_dm(start: bytes) -> bool:
    """Whether a file begins as DM3 and DM4 files do: version, length, byte order, a group with tags."""
    if len(start) < 32:  # noqa: PLR2004 - shorter than the header with one tag
        return False
    (version,) = struct.unpack(">I", start[:4])
    order, first_tag = {3: (8, 18), 4: (12, 26)}.get(version, (0, 0))
    if not order or start[order : order + 4] not in (b"\0\0\0\1", bytes(4)):
        return False
    return max(start[order + 4 : order + 6]) <= 1 and start[first_tag] in {_GROUP, _VALUE}


class DmTags:
    """The tags of an open file of `size` bytes. Raises NotThisFormat and Incomplete, as its methods do."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._tags_left = _MOST_TAGS
        start = read_at(file, 0, 32)
        if not is_dm(start):
            raise NotThisFormat("it does not begin as a DM3 or DM4 file does")
        self.version = start[3]
        self._place = 16 if self.version >= 4 else 12  # noqa: PLR2004 - the version with 64-bit lengths
        self._count_format = ">q" if self.version >= 4 else ">i"  # noqa: PLR2004 - as above
        self.order = "<" if start[self._place - 1] else ">"
        self.root = self._group(0)

    def text(self, value: Any) -> str | None:
        """Return a text: strings are arrays of 16-bit units. None for what is none."""
        if isinstance(value, str):
            return value
        if not isinstance(value, Block) or value.codes != (_UTF_16_UNIT,):
            return None
        data = read_at(self._file, value.offset, 2 * min(value.count, _LONGEST_TEXT))
        text = data.decode("utf-16-le" if self.order == "<" else "utf-16-be", errors="replace").split("\0")[0]
        return "".join(character for character in text if character.isprintable())

    def plain(self, value: Any) -> Any:
        """Return what can stand in metadata: texts and short arrays are read, long ones are None."""
        if not isinstance(value, Block):
            return value
        if value.codes == (_UTF_16_UNIT,):
            return self.text(value) if value.count <= _LONGEST_TEXT else None
        if len(value.codes) > 1 or value.count > _LONGEST_SHORT_ARRAY:
            return None
        form = f"{self.order}{value.count}{_SCALARS[value.codes[0]]}"
        return list(struct.unpack(form, read_at(self._file, value.offset, value.bytes)))

    def _group(self, depth: int) -> Group:
        if depth > _DEEPEST_GROUP:
            raise NotThisFormat(f"its tags are nested more than {_DEEPEST_GROUP} deep")
        self._take(2)
        count = self._count()
        if count < 0:
            raise NotThisFormat("a group has a negative number of tags")
        group: Group = {}
        for index in range(min(count, self._tags_left + 1)):
            self._tags_left -= 1
            if self._tags_left < 0:
                raise NotThisFormat(f"it has more than {_MOST_TAGS:,} tags")
            kind = self._take(1)[0]
            name = self._name()
            if self.version >= 4:  # noqa: PLR2004 - the version with 64-bit lengths
                self._take(8)
            if kind not in {_GROUP, _VALUE}:
                raise NotThisFormat(f"a tag is of the unknown kind {kind}")
            group.setdefault(name or str(index), self._group(depth + 1) if kind == _GROUP else self._value())
        return group

    def _name(self) -> str:
        (length,) = struct.unpack(">H", self._take(2))
        if length > _LONGEST_NAME:
            raise NotThisFormat(f"the name of a tag is {length} characters long")
        return self._take(length).decode("latin-1")

    def _value(self) -> Any:
        if self._take(4) != b"%%%%":
            raise NotThisFormat("a tag lacks its delimiter")
        words = self._count()
        if not 0 < words <= 2 * _MOST_FIELDS + 4:
            raise NotThisFormat(f"the type of a tag is {words} words long")
        form = struct.Struct(f">{words}{self._count_format[1]}")
        kind, *rest = form.unpack(self._take(form.size))
        if kind == _STRUCT:
            codes = _field_codes(rest)
            return tuple(self._scalar(code) for code in codes)
        if kind == _TEXT:
            return self._skip(Block(self._place, (_UTF_16_UNIT,), _length(rest)))
        if kind == _ARRAY:
            codes = _field_codes(rest[1:-1]) if rest[:1] == [_STRUCT] else tuple(rest[:1])
            _check_known(codes)
            return self._skip(Block(self._place, codes, _length(rest)))
        return self._scalar(kind)

    def _scalar(self, code: int) -> float | bool:
        _check_known((code,))
        form = struct.Struct(self.order + _SCALARS[code])
        (value,) = form.unpack(self._take(form.size))
        return bool(value) if code == _BOOLEAN else value

    def _skip(self, block: Block) -> Block:
        self._place += block.bytes
        if self._place > self._size:
            raise Incomplete(f"it has {self._size} bytes, and an array in it goes on to {self._place}")
        return block

    def _count(self) -> int:
        (count,) = struct.unpack(self._count_format, self._take(struct.calcsize(self._count_format)))
        return int(count)

    def _take(self, length: int) -> bytes:
        data = read_at(self._file, self._place, length)
        self._place += length
        return data


def find(group: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path such as `ImageData/Dimensions`, or None."""
    found: Any = group
    for name in path.split("/"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _field_codes(words: list[int]) -> tuple[int, ...]:
    """Return the types of a structure's fields: two lengths, then a name's length and a type for each."""
    if len(words) < 2 or not 0 < words[1] <= _MOST_FIELDS or len(words) != 2 + 2 * words[1]:  # noqa: PLR2004 - as above
        raise NotThisFormat("a tag's structure is not described as it should be")
    codes = tuple(words[3::2])
    _check_known(codes)
    return codes


def _check_known(codes: tuple[int, ...]) -> None:
    unknown = [code for code in codes if code not in _SCALARS]
    if unknown or not codes:
        raise NotThisFormat(f"a tag is of the unknown type {unknown[0] if unknown else 'none'}")


def _length(words: list[int]) -> int:
    if not words or words[-1] < 0:
        raise NotThisFormat("an array has a negative length")
    return words[-1]

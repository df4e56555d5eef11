"""Objects of an HDF5 file, read with a budget and without the HDF5 library: their messages, and the links between them.

After the HDF5 File Format Specification 3.0: superblocks of versions 0 to 3, object headers of versions 1 and 2, groups
as symbol tables or as links in the header. Groups with so many links that they lie in a heap of their own are passed
over, and so are compressed headers, soft and external links.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from spacecast.formats.model import NotThisFormat, read_at

DATASPACE, DATATYPE, LINK, LAYOUT, FILTERS, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE = 1, 3, 6, 8, 11, 12, 16, 17
# Messages about links and attributes in a heap of their own, and how long the highest number in them is.
_NUMBER_BYTES = {2: 8, 21: 2}

_WIDTHS = {2: "H", 4: "I", 8: "Q"}
_MOST_READS = 4000
_MOST_BYTES = 4 << 20
_LONGEST_BLOCK_BYTES = 1 << 20
_MOST_MESSAGES = 400
_MOST_LINKS = 1000
_DEEPEST_TREE = 8
_IS_SHARED = 2
_LONGEST_NAME_BYTES = 512


class TooMuch(NotThisFormat):
    """The budget for one file is used up; what was found until then stands."""


@dataclass(frozen=True)
class Message:
    """One message of an object's header."""

    kind: int
    data: bytes


class Hdf5File:
    """An open file whose superblock is at `place`; every method raises NotThisFormat, and TooMuch when it is enough."""

    def __init__(self, file: BinaryIO, place: int) -> None:
        self._file = file
        self._base = place
        self._reads_left = _MOST_READS
        self._bytes_left = _MOST_BYTES
        self._known: dict[tuple[int, int], bytes] = {}
        version = self.read(8, 1)[0]
        widths = self.read(9, 2) if version >= 2 else self.read(13, 2)  # noqa: PLR2004 - as the specification has it
        self.offset_bytes, self.length_bytes = widths
        if self.offset_bytes not in _WIDTHS or self.length_bytes not in _WIDTHS:
            raise NotThisFormat(f"its HDF5 addresses have {self.offset_bytes} bytes")
        # The fourth address in all versions; before version 2 a link name's place stands in front of it.
        first = 12 if version >= 2 else 24 if version == 0 else 28  # noqa: PLR2004 - the same
        index = 3 if version >= 2 else 5  # noqa: PLR2004 - the same
        self.root = self.offset(self.read(first + index * self.offset_bytes, self.offset_bytes), 0)

    def read(self, address: int, length: int) -> bytes:
        """Read exactly so many bytes from an address of the file's own counting, within the budget."""
        if not 0 <= length <= _LONGEST_BLOCK_BYTES:
            raise NotThisFormat(f"a part of it claims to have {length} bytes")
        self._reads_left -= 1
        self._bytes_left -= length
        if self._reads_left < 0 or self._bytes_left < 0:
            raise TooMuch("there is more in it than is looked at")
        return read_at(self._file, self._base + address, length)

    def read_once(self, address: int, length: int) -> bytes:
        """Read what is asked for again and again."""
        if (address, length) not in self._known:
            self._known[address, length] = self.read(address, length)
        return self._known[address, length]

    def offset(self, data: bytes, start: int) -> int:
        """Unpack an address."""
        return self._number(data, start, self.offset_bytes)

    def length(self, data: bytes, start: int) -> int:
        """Unpack a length."""
        return self._number(data, start, self.length_bytes)

    def is_nowhere(self, address: int) -> bool:
        """Whether an address stands for none."""
        return address == (1 << 8 * self.offset_bytes) - 1

    def messages(self, address: int) -> list[Message]:
        """Read the header of the object at an address; shared messages are passed over."""
        blocks = self._first_block(address)
        found: list[Message] = []
        while blocks:
            is_new, has_order, data = blocks.pop(0)
            for message in _messages_in(data, is_new=is_new, has_order=has_order):
                if message.kind == CONTINUATION:
                    blocks.append((is_new, has_order, self._continued(message.data, is_new=is_new)))
                else:
                    found.append(message)
                if len(found) + len(blocks) > _MOST_MESSAGES:
                    raise TooMuch("an object in it has more messages than are looked at")
        return found

    def _first_block(self, address: int) -> list[tuple[bool, bool, bytes]]:
        start = self.read(address, 6)
        if start[:4] != b"OHDR":
            if start[0] != 1:
                raise NotThisFormat(f"there is no object at {address}")
            (size,) = struct.unpack("<I", self.read(address + 8, 4))
            return [(False, False, self.read(address + 16, size))]
        flags = start[5]
        place = address + 6 + 16 * bool(flags & 0x20) + 4 * bool(flags & 0x10)
        width = 1 << (flags & 3)
        size = int.from_bytes(self.read(place, width), "little")
        return [(True, bool(flags & 4), self.read(place + width, size))]

    def _continued(self, data: bytes, *, is_new: bool) -> bytes:
        _need(data, self.offset_bytes + self.length_bytes)
        block = self.read(self.offset(data, 0), self.length(data, self.offset_bytes))
        # Signature and checksum around it.
        return block[4:-4] if is_new else block

    def links(self, messages: list[Message]) -> Iterator[tuple[str, int]]:
        """Yield name and address of what is in a group. Raises TooMuch where they lie where nobody looks."""
        count = 0
        for message in messages:
            for name, address in self._links_of(message):
                count += 1
                if count > _MOST_LINKS:
                    raise TooMuch("a group in it has more members than are looked at")
                yield name, address

    def _links_of(self, message: Message) -> Iterator[tuple[str, int]]:
        if message.kind == LINK:
            yield from self._link(message.data)
        elif message.kind == SYMBOL_TABLE:
            _need(message.data, 2 * self.offset_bytes)
            tree, heap = self.offset(message.data, 0), self.offset(message.data, self.offset_bytes)
            yield from self._symbols(tree, self._heap(heap), _DEEPEST_TREE)

    def has_more(self, messages: list[Message]) -> bool:
        """Whether an object keeps links or attributes in a heap of their own, where nobody looks."""
        return any(
            not self.is_nowhere(self.offset(message.data, 2 + _NUMBER_BYTES[message.kind] * (message.data[1] & 1)))
            for message in messages
            if message.kind in _NUMBER_BYTES
        )

    def _link(self, data: bytes) -> Iterator[tuple[str, int]]:
        _need(data, 3)
        flags, place = data[1], 2
        if flags & 8 and data[place]:
            return
        place += bool(flags & 8) + 8 * bool(flags & 4) + bool(flags & 16)
        width = 1 << (flags & 3)
        _need(data, place + width)
        length = int.from_bytes(data[place : place + width], "little")
        place += width
        _need(data, place + length + self.offset_bytes)
        yield _name(data[place : place + length]), self.offset(data, place + length)

    def _heap(self, address: int) -> bytes:
        width = self.length_bytes
        head = self.read(address, 8 + 2 * width + self.offset_bytes)
        if head[:4] != b"HEAP":
            raise NotThisFormat(f"there is no heap of names at {address}")
        return self.read(self.offset(head, 8 + 2 * width), self.length(head, 8))

    def children(self, address: int, kind: int, key_bytes: int) -> tuple[int, list[tuple[bytes, int]]]:
        """Read a node of a B-tree of version 1: its level, and key and address of each child."""
        head = self.read(address, 8)
        if head[:4] != b"TREE" or head[4] != kind:
            raise NotThisFormat(f"there is no index at {address}")
        (count,) = struct.unpack_from("<H", head, 6)
        step = key_bytes + self.offset_bytes
        data = self.read(address + 8 + 2 * self.offset_bytes, count * step)
        starts = range(0, count * step, step)
        return head[5], [(data[one : one + key_bytes], self.offset(data, one + key_bytes)) for one in starts]

    def _symbols(self, address: int, heap: bytes, depth: int) -> Iterator[tuple[str, int]]:
        level, children = self.children(address, 0, self.length_bytes)
        for _key, child in children:
            if level and depth:
                yield from self._symbols(child, heap, depth - 1)
            elif not level:
                yield from self._symbol_node(child, heap)

    def _symbol_node(self, address: int, heap: bytes) -> Iterator[tuple[str, int]]:
        head = self.read(address, 8)
        if head[:4] != b"SNOD":
            raise NotThisFormat(f"there are no members at {address}")
        (count,) = struct.unpack_from("<H", head, 6)
        step = 2 * self.offset_bytes + 24
        data = self.read(address + 8, count * step)
        for start in range(0, count * step, step):
            name, target = self.offset(data, start), self.offset(data, start + self.offset_bytes)
            if not self.is_nowhere(target):
                yield _name(heap[name : name + _LONGEST_NAME_BYTES].split(b"\0")[0]), target

    @staticmethod
    def _number(data: bytes, start: int, width: int) -> int:
        _need(data, start + width)
        return int(struct.unpack_from(f"<{_WIDTHS[width]}", data, start)[0])


def _messages_in(data: bytes, *, is_new: bool, has_order: bool) -> Iterator[Message]:
    head = 4 + 2 * has_order if is_new else 8
    place = 0
    while place + head <= len(data):
        kind = data[place] if is_new else int.from_bytes(data[place : place + 2], "little")
        size_at = place + (1 if is_new else 2)
        size, flags = int.from_bytes(data[size_at : size_at + 2], "little"), data[size_at + 2]
        place += head
        if not flags & _IS_SHARED:
            yield Message(kind, data[place : place + size])
        place += size


def _need(data: bytes, length: int) -> None:
    if len(data) < length:
        raise NotThisFormat("a part of it is shorter than it should be")


def _name(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")

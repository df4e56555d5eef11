"""Small values in an HDF5 file: attributes, and datasets of a few elements, as plain numbers and text.

After the HDF5 File Format Specification 3.0, sections IV.A.2 (messages) and III.E (global heap).
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

from spacecast.formats.hdf5_objects import ATTRIBUTE, DATASPACE, DATATYPE, LAYOUT, Hdf5File, Message
from spacecast.formats.model import NotThisFormat

MOST_ELEMENTS = 16
LONGEST_TEXT_BYTES = 1000

_FIXED, _FLOAT, _STRING, _ENUM, _VARIABLE = 0, 1, 3, 8, 9
_INTEGERS = {1: "b", 2: "h", 4: "i", 8: "q"}
_FLOATS = {2: "e", 4: "f", 8: "d"}
_COMPACT, _CONTIGUOUS = 0, 1
_LAYOUTS_WITH_CLASS = (3, 4)
_MOST_DIMENSIONS = 32
_LONGEST_COLLECTION_BYTES = 1 << 16

Value = float | int | str | list[Any]


@dataclass(frozen=True)
class DataType:
    """How one element is stored: its size, and what turns its bytes into a value; None for kinds not looked at."""

    size: int
    decode: Callable[[Hdf5File, bytes], Any] | None


def attributes(file: Hdf5File, messages: Iterable[Message]) -> dict[str, Value]:
    """Return an object's small attributes; those that are large, or of kinds not looked at, are passed over."""
    found: dict[str, Value] = {}
    for message in messages:
        if message.kind == ATTRIBUTE:
            name, value = _attribute(file, message.data)
            if value is not None:
                found[name] = value
    return found


def small_dataset(file: Hdf5File, messages: Iterable[Message]) -> Value | None:
    """Return what a dataset of a few elements holds; None for a larger one, and for an object that is none."""
    parts = {message.kind: message.data for message in messages}
    if not {DATASPACE, DATATYPE, LAYOUT} <= parts.keys():
        return None
    shape, kind = shape_of(file, parts[DATASPACE]), type_of(parts[DATATYPE])
    layout = parts[LAYOUT]
    if shape is None or not _is_small(shape, kind) or len(layout) < 2 or layout[0] not in _LAYOUTS_WITH_CLASS:  # noqa: PLR2004 - version and class
        return None
    size = prod(shape) * kind.size
    if layout[1] == _COMPACT:
        return _value(file, layout[4 : 4 + size], shape, kind)
    if layout[1] != _CONTIGUOUS or file.is_nowhere(file.offset(layout, 2)):
        return None
    return _value(file, file.read(file.offset(layout, 2), size), shape, kind)


def is_dataset(messages: Iterable[Message]) -> bool:
    """Whether the object with these messages is a dataset, and not a group."""
    return any(message.kind == LAYOUT for message in messages)


def shape_of(file: Hdf5File, data: bytes) -> tuple[int, ...] | None:
    """Return the lengths of a dataspace's dimensions; None for one that holds nothing."""
    if len(data) < 4 or data[0] not in (1, 2) or data[1] > _MOST_DIMENSIONS:  # noqa: PLR2004 - its shortest form
        return None
    start = 8 if data[0] == 1 else 4
    if data[0] == 2 and data[3] == 2:  # noqa: PLR2004 - version 2 has a mark for nothing
        return None
    return tuple(file.length(data, start + index * file.length_bytes) for index in range(data[1]))


def type_of(data: bytes) -> DataType:
    """Return how elements of a datatype are read."""
    if len(data) < 8:  # noqa: PLR2004 - its shortest form
        raise NotThisFormat("a type in it is cut off")
    kind, bits = data[0] & 15, int.from_bytes(data[1:4], "little")
    (size,) = struct.unpack_from("<I", data, 4)
    order = ">" if bits & 1 else "<"
    if kind == _FIXED and size in _INTEGERS:
        code = _INTEGERS[size]
        return DataType(size, _number(order + (code if bits & 8 else code.upper())))
    if kind == _FLOAT and size in _FLOATS:
        return DataType(size, _number(order + _FLOATS[size]))
    if kind == _STRING:
        return DataType(size, lambda _file, element: _text(element))
    if kind == _ENUM:
        # The type of its numbers stands within it.
        is_number = len(data) > 8 and data[8] & 15 == _FIXED  # noqa: PLR2004 - where the other type begins
        return DataType(size, type_of(data[8:]).decode if is_number else None)
    if kind == _VARIABLE and bits & 15 == 1:
        return DataType(size, _text_of_heap)
    return DataType(size, None)


def _attribute(file: Hdf5File, data: bytes) -> tuple[str, Value | None]:
    if len(data) < 8 or data[0] not in (1, 2, 3):  # noqa: PLR2004 - its shortest form
        return "", None
    sizes = struct.unpack_from("<3H", data, 2)
    place = 9 if data[0] == 3 else 8  # noqa: PLR2004 - version 3 has one byte more
    parts = []
    for size in sizes:
        parts.append(data[place : place + size])
        # Version 1 begins each part at a multiple of eight.
        place += -(-size // 8) * 8 if data[0] == 1 else size
    name = parts[0].split(b"\0")[0].decode("utf-8", errors="replace")
    is_shared = data[0] != 1 and data[1] & 3
    shape = None if is_shared else shape_of(file, parts[2])
    if shape is None:
        return name, None
    kind = type_of(parts[1])
    if not _is_small(shape, kind):
        return name, None
    return name, _value(file, data[place : place + prod(shape) * kind.size], shape, kind)


def _is_small(shape: tuple[int, ...], kind: DataType) -> bool:
    return kind.decode is not None and 0 < prod(shape) <= MOST_ELEMENTS and kind.size <= LONGEST_TEXT_BYTES


def _value(file: Hdf5File, data: bytes, shape: tuple[int, ...], kind: DataType) -> Value | None:
    if kind.decode is None or not kind.size or len(data) < prod(shape) * kind.size:
        return None
    starts = range(0, prod(shape) * kind.size, kind.size)
    values = [kind.decode(file, data[start : start + kind.size]) for start in starts]
    one: Value = values[0]
    return one if len(values) == 1 else values


def _number(code: str) -> Callable[[Hdf5File, bytes], Any]:
    return lambda _file, element: struct.unpack(code, element)[0]


def _text(element: bytes) -> str:
    return element[:LONGEST_TEXT_BYTES].split(b"\0")[0].decode("utf-8", errors="replace").rstrip()


def _text_of_heap(file: Hdf5File, element: bytes) -> str:
    """Read a text of any length: the element says where in which collection of the file it is."""
    width = file.offset_bytes
    if len(element) < 8 + width:
        raise NotThisFormat("a text in it is cut off")
    (length,) = struct.unpack_from("<I", element)
    (wanted,) = struct.unpack_from("<I", element, 4 + width)
    address = file.offset(element, 4)
    if not length or file.is_nowhere(address):
        return ""
    head_bytes = 8 + file.length_bytes
    head = file.read_once(address, head_bytes)
    if head[:4] != b"GCOL":
        raise NotThisFormat(f"there is no collection of texts at {address}")
    texts = file.read_once(address, min(file.length(head, 8), _LONGEST_COLLECTION_BYTES))
    place = head_bytes
    while place + head_bytes <= len(texts):
        index, size = int.from_bytes(texts[place : place + 2], "little"), file.length(texts, place + 8)
        place += head_bytes
        if index == wanted:
            return _text(texts[place : place + min(size, length)])
        if index == 0:
            break
        place += -(-size // 8) * 8
    return ""

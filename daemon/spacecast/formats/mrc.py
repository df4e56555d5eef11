"""MRC2014 and its relatives (CCP4 maps, tilt series, particle stacks): header only.

Shapes are those of the `mrcfile` library: an image, a stack of images or a volume, a stack of volumes.
"""

import struct
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any, BinaryIO

from spacecast.formats.model import Incomplete, NotThisFormat, Readable, read_at
from spacecast.formats.structures import array_bytes, raw_array

HEADER_BYTES = 1024
_MAP_STAMP_OFFSET = 208
_DTYPES = {0: "i1", 1: "i2", 2: "f4", 4: "c8", 6: "u2", 12: "f2"}
_UNSERVED = {3: "pairs of 16-bit integers", 101: "4-bit integers", 16: "three bytes a pixel"}
_IMOD_STAMP = 1146047817
_SIGNED_BYTES_FLAG = 1
_VOLUME_STACKS = range(401, 631)
_LABEL_BYTES = 80
_MOST_LABELS = 10


@dataclass(frozen=True)
class _Header:
    order: str
    columns: int
    rows: int
    sections: int
    mode: int
    grid: tuple[int, int, int]
    cell_angstrom: tuple[float, float, float]
    statistics: tuple[float, float, float, float]
    space_group: int
    extended_bytes: int
    extended_type: str
    labels: tuple[str, ...]
    bytes_are_signed: bool


def is_mrc(start: bytes) -> bool:
    """Whether the first bytes of a file carry the stamp that MRC2014 asks for."""
    return start[_MAP_STAMP_OFFSET : _MAP_STAMP_OFFSET + 3] == b"MAP"


def describe(file: BinaryIO, size: int) -> Readable:
    """Shape, type, place and pixel size (MRC2014 specification). Raises NotThisFormat and Incomplete."""
    header = _read_header(read_at(file, 0, HEADER_BYTES))
    dtype = _dtype(header)
    shape = _shape(header)
    offset = HEADER_BYTES + header.extended_bytes
    needed = offset + array_bytes(dtype, shape)
    if size < needed:
        raise Incomplete(f"it has {size} bytes of {needed}")
    return raw_array(dtype=dtype, shape=shape, offset=offset, metadata=_metadata(header))


def _read_header(data: bytes) -> _Header:
    order = _byte_order(data)
    numbers = struct.unpack(f"{order}10i", data[:40])
    columns, rows, sections, mode = numbers[:4]
    (extended_bytes,) = struct.unpack(f"{order}i", data[92:96])
    if min(columns, rows, sections) < 1:
        raise Incomplete("its header has no dimensions yet")
    if extended_bytes < 0:
        raise NotThisFormat("its header gives a negative length for the extended header")
    stamp, flags = struct.unpack(f"{order}2i", data[152:160])
    (space_group,) = struct.unpack(f"{order}i", data[88:92])
    return _Header(
        order=order,
        columns=columns,
        rows=rows,
        sections=sections,
        mode=mode,
        grid=(numbers[7], numbers[8], numbers[9]),
        cell_angstrom=struct.unpack(f"{order}3f", data[40:52]),
        statistics=(*struct.unpack(f"{order}3f", data[76:88]), *struct.unpack(f"{order}f", data[216:220])),
        space_group=space_group,
        extended_bytes=extended_bytes,
        extended_type=_text(data[104:108]),
        labels=_labels(data, order),
        bytes_are_signed=stamp != _IMOD_STAMP or bool(flags & _SIGNED_BYTES_FLAG),
    )


def _byte_order(data: bytes) -> str:
    """By the machine stamp; where that is missing, by which order gives a known mode."""
    if data[212:214] in (b"\x44\x44", b"\x44\x41"):
        return "<"
    if data[212:214] == b"\x11\x11":
        return ">"
    for order in "<>":
        (mode,) = struct.unpack(f"{order}i", data[12:16])
        if mode in _DTYPES or mode in _UNSERVED:
            return order
    raise NotThisFormat("it has neither the machine stamp nor the data mode of an MRC file")


def _dtype(header: _Header) -> str:
    if header.mode in _UNSERVED:
        raise NotThisFormat(f"its pixels are {_UNSERVED[header.mode]} (MRC mode {header.mode}), which cannot be served")
    if header.mode not in _DTYPES:
        raise NotThisFormat(f"it has the unknown MRC mode {header.mode}")
    if header.mode == 0:
        return "|i1" if header.bytes_are_signed else "|u1"
    return header.order + _DTYPES[header.mode]


def _shape(header: _Header) -> tuple[int, ...]:
    frame = (header.rows, header.columns)
    depth = header.grid[2]
    if header.space_group in _VOLUME_STACKS and depth > 0 and header.sections % depth == 0:
        return (header.sections // depth, depth, *frame)
    if header.space_group == 0 and header.sections == 1:
        return frame
    return (header.sections, *frame)


def _metadata(header: _Header) -> dict[str, Any]:
    minimum, maximum, mean, deviation = header.statistics
    found: dict[str, Any] = {
        "format": "MRC",
        "mode": header.mode,
        "space_group": header.space_group,
        "labels": list(header.labels),
    }
    if header.extended_bytes:
        found["extended_header"] = {"type": header.extended_type, "bytes": header.extended_bytes}
    if (pixel := _pixel_size(header)) is not None:
        found["pixel_size"] = pixel
    # The standard marks "not determined" by a maximum below the minimum, a mean below both, a negative deviation.
    if minimum <= mean <= maximum and minimum < maximum and isfinite(minimum) and isfinite(maximum):
        found["statistics"] = {"minimum": minimum, "maximum": maximum, "mean": mean}
        if 0 <= deviation < inf:
            found["statistics"]["standard_deviation"] = deviation
    return found


def _pixel_size(header: _Header) -> dict[str, Any] | None:
    sizes = [cell / grid if grid > 0 else 0.0 for cell, grid in zip(header.cell_angstrom, header.grid, strict=True)]
    named = {axis: size for axis, size in zip("xyz", sizes, strict=True) if 0 < size < inf}
    return {**named, "unit": "angstrom"} if named else None


def _labels(data: bytes, order: str) -> tuple[str, ...]:
    (count,) = struct.unpack(f"{order}i", data[220:224])
    used = range(max(0, min(count, _MOST_LABELS)))
    texts = [_text(data[224 + index * _LABEL_BYTES : 224 + (index + 1) * _LABEL_BYTES]) for index in used]
    return tuple(text for text in texts if text)


def _text(data: bytes) -> str:
    text = data.split(b"\0")[0].decode("latin-1")
    return "".join(character for character in text if character.isprintable()).strip()

"""MRC2014 and its relatives (CCP4 maps, tilt series, particle stacks): header only.

Shapes are those of the `mrcfile` library: an image, a stack of images or a volume, a stack of volumes.
"""

import struct
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any, BinaryIO

from spacecast.formats.model import Incomplete, NotThisFormat, Readable, read_at
from spacecast.formats.mrc_extended import ExtendedHeader, read_extended
from spacecast.formats.structures import array_bytes, raw_array
from spacecast.formats.vocabulary import ACQUISITION, acquisition, nanometres

HEADER_BYTES = 1024
_MAP_STAMP_OFFSET = 208
_DTYPES = {0: "i1", 1: "i2", 2: "f4", 4: "c8", 6: "u2", 12: "f2"}
# Modes whose pixel is several numbers: their type, and what they are, along an axis of their own.
_CHANNELS = {3: ("i2", ["real", "imaginary"]), 16: ("u1", ["red", "green", "blue"])}
_NIBBLES = 101
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
    extended: ExtendedHeader
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
    is_packed = header.mode == _NIBBLES
    stored = (*shape[:-1], (shape[-1] + 1) // 2) if is_packed else shape
    needed = offset + array_bytes(dtype, stored)
    if size < needed:
        raise Incomplete(f"it has {size} bytes of {needed}")
    extended = read_extended(file, HEADER_BYTES, header.extended)
    return raw_array(
        dtype=dtype,
        shape=shape,
        offset=offset,
        packing="nibbles" if is_packed else None,
        metadata=_metadata(header, extended),
    )


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
        extended=ExtendedHeader(order, _text(data[104:108]), extended_bytes, sections, *_seri_fields(data, order)),
        labels=_labels(data, order),
        bytes_are_signed=stamp != _IMOD_STAMP or bool(flags & _SIGNED_BYTES_FLAG),
    )


def _seri_fields(data: bytes, order: str) -> tuple[int, int]:
    section_bytes, flags = struct.unpack(f"{order}2h", data[128:132])
    return section_bytes, flags


def _byte_order(data: bytes) -> str:
    """By the machine stamp; where that is missing, by which order gives a known mode."""
    if data[212:214] in (b"\x44\x44", b"\x44\x41"):
        return "<"
    if data[212:214] == b"\x11\x11":
        return ">"
    for order in "<>":
        (mode,) = struct.unpack(f"{order}i", data[12:16])
        if mode in _DTYPES or mode in _CHANNELS or mode == _NIBBLES:
            return order
    raise NotThisFormat("it has neither the machine stamp nor the data mode of an MRC file")


def _dtype(header: _Header) -> str:
    if header.mode == _NIBBLES:
        return "|u1"
    if header.mode in _CHANNELS:
        name, _channels = _CHANNELS[header.mode]
        return ("|" if name.endswith("1") else header.order) + name
    if header.mode not in _DTYPES:
        raise NotThisFormat(f"it has the unknown MRC mode {header.mode}")
    if header.mode == 0:
        return "|i1" if header.bytes_are_signed else "|u1"
    return header.order + _DTYPES[header.mode]


def _shape(header: _Header) -> tuple[int, ...]:
    frame: tuple[int, ...] = (header.rows, header.columns)
    if header.mode in _CHANNELS:
        frame = (*frame, len(_CHANNELS[header.mode][1]))
    depth = header.grid[2]
    if header.space_group in _VOLUME_STACKS and depth > 0 and header.sections % depth == 0:
        return (header.sections // depth, depth, *frame)
    if header.space_group == 0 and header.sections == 1:
        return frame
    return (header.sections, *frame)


def _metadata(header: _Header, extended: dict[str, Any]) -> dict[str, Any]:
    minimum, maximum, mean, deviation = header.statistics
    found: dict[str, Any] = {
        "format": "MRC",
        "mode": header.mode,
        "space_group": header.space_group,
        "labels": list(header.labels),
    }
    if header.extended_bytes:
        found["extended_header"] = {"type": header.extended.kind, "bytes": header.extended_bytes}
    if header.mode in _CHANNELS:
        found["channels"] = _CHANNELS[header.mode][1]
    if (pixel := _pixel_size(header)) is not None:
        found["pixel_size"] = pixel
    # The standard marks "not determined" by a maximum below the minimum, a mean below both, a negative deviation.
    if minimum <= mean <= maximum and minimum < maximum and isfinite(minimum) and isfinite(maximum):
        found["statistics"] = {"minimum": minimum, "maximum": maximum, "mean": mean}
        if 0 <= deviation < inf:
            found["statistics"]["standard_deviation"] = deviation
    common = acquisition(**_common_pixel_size(pixel or {})).get(ACQUISITION, {}) | extended.pop(ACQUISITION, {})
    return found | extended | ({ACQUISITION: common} if common else {})


def _common_pixel_size(pixel: dict[str, Any]) -> dict[str, float | None]:
    return {f"pixel_size_{axis}_nm": nanometres(pixel.get(axis), "angstrom") for axis in "xyz"}


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

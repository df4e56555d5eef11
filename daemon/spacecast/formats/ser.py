"""SER, the series files of TIA (FEI, Thermo Fisher): images, spectra, and scans of either.

The array has the scan's axes first, the slowest one in front, then those of an image (y, x) or a spectrum. Images are
served as they are stored, which in this format is the bottom row first.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import prod
from typing import Any, BinaryIO

from spacecast.formats.model import Incomplete, NotThisFormat, Readable, read_at
from spacecast.formats.structures import array_bytes, raw_array
from spacecast.formats.vocabulary import acquisition, scaled

MAGIC = b"II\x97\x01"
_SPECTRA, _IMAGES = 0x4120, 0x4122
_TIMED = {0x4142, 0x4152}
_OFFSET_FORMATS = {0x0201: "<I", 0x0210: "<I", 0x0220: "<Q"}
_DTYPES = {
    1: "|u1", 2: "<u2", 3: "<u4", 4: "|i1", 5: "<i2", 6: "<i4", 7: "<f4", 8: "<f8", 9: "<c8", 10: "<c16",
}  # fmt: skip
_MOST_ELEMENTS = 4_000_000
_MOST_DIMENSIONS = 8
_LONGEST_TEXT = 1000
_ELEMENTS_COMPARED = 1000
# Pixels of images are in metres; larger numbers are those of diffraction patterns, in 1/m.
_LARGEST_PIXEL_METRES = 1e-3


@dataclass(frozen=True)
class _Element:
    """One image or spectrum: `axes` as the file has them (x first), each with offset and scale."""

    lengths: tuple[int, ...]
    dtype: str
    header_bytes: int
    calibrations: tuple[tuple[float, float], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(reversed(self.lengths))

    @property
    def bytes(self) -> int:
        return array_bytes(self.dtype, self.shape)


def describe(file: BinaryIO, size: int) -> Readable:
    """Shape, type, place and calibration, as the format is described by its users.

    Raises NotThisFormat and Incomplete.
    """
    header = _Header(file)
    offsets = header.offsets(0)
    first = header.element(offsets[0])
    stride = offsets[1] - offsets[0] if len(offsets) > 1 else first.header_bytes + first.bytes
    if any(later - sooner != stride for sooner, later in pairwise(offsets)) or stride < first.bytes:
        raise NotThisFormat("its images or spectra do not lie at equal distances")
    needed = offsets[-1] + first.header_bytes + first.bytes
    if size < needed:
        raise Incomplete(f"it has {size} bytes of {needed}")
    step = -(-len(offsets) // _ELEMENTS_COMPARED)
    if any(_kind(header.element(offset)) != _kind(first) for offset in offsets[::step]):
        raise NotThisFormat("its images or spectra differ in size or type")
    scan = header.scan_shape()
    return raw_array(
        dtype=first.dtype,
        shape=(*scan, *first.shape),
        offset=offsets[0] + first.header_bytes,
        stride=stride if scan else None,
        item_axes=len(first.shape),
        metadata=_metadata(header, first, scan),
    )


class _Header:
    """The head of the file: what its elements are, how many, and where."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        magic, version, self.kind, self.tag_kind, self.total, self.valid = struct.unpack("<4sH4i", read_at(file, 0, 22))
        if magic != MAGIC or version not in _OFFSET_FORMATS or self.kind not in {_SPECTRA, _IMAGES}:
            raise NotThisFormat("it does not begin as a SER file does")
        if self.valid < 1:
            raise Incomplete("there is nothing in it yet")
        if not self.valid <= self.total <= _MOST_ELEMENTS:
            raise NotThisFormat(f"it claims {self.valid} of {self.total} elements")
        self._offset_format = _OFFSET_FORMATS[version]
        self._offset_bytes = struct.calcsize(self._offset_format)
        place = 22 + self._offset_bytes
        (self._offsets_place,) = struct.unpack(self._offset_format, read_at(file, 22, self._offset_bytes))
        (count,) = struct.unpack("<i", read_at(file, place, 4))
        if not 0 <= count <= _MOST_DIMENSIONS:
            raise NotThisFormat(f"it claims {count} dimensions")
        self.dimensions = list(self._read_dimensions(place + 4, count))

    def _read_dimensions(self, place: int, count: int) -> Iterator[dict[str, Any]]:
        for _ in range(count):
            length, offset, scale, element = struct.unpack("<i2di", read_at(self._file, place, 24))
            place += 24
            texts = []
            for _text in range(2):
                (text_bytes,) = struct.unpack("<i", read_at(self._file, place, 4))
                if not 0 <= text_bytes <= _LONGEST_TEXT:
                    raise NotThisFormat("a text in its header has an impossible length")
                text = read_at(self._file, place + 4, text_bytes).decode("latin-1")
                texts.append("".join(character for character in text if character.isprintable()))
                place += 4 + text_bytes
            first = scaled(offset - element * scale, 1.0)
            found = {"size": length, "offset": first, "scale": scaled(scale, 1.0)}
            yield found | {name: text for name, text in zip(("name", "units"), texts, strict=True) if text}

    def offsets(self, table: int) -> tuple[int, ...]:
        """Read where the valid elements (table 0) or their tags (table 1) are."""
        place = self._offsets_place + table * self.total * self._offset_bytes
        data = read_at(self._file, place, self.valid * self._offset_bytes)
        return struct.unpack(f"<{self.valid}{self._offset_format[1]}", data)

    def element(self, place: int) -> _Element:
        """Read the head of one element."""
        axes = 1 if self.kind == _SPECTRA else 2
        form = struct.Struct(f"<{'2di' * axes}h{axes}i")
        values = form.unpack(read_at(self._file, place, form.size))
        calibrations, code, lengths = values[: 3 * axes], values[3 * axes], values[3 * axes + 1 :]
        if code not in _DTYPES or min(lengths) < 1:
            raise NotThisFormat(f"an element has the type {code} and the size {lengths}")
        pairs = tuple(
            (offset - element * scale, scale)
            for offset, scale, element in zip(calibrations[::3], calibrations[1::3], calibrations[2::3], strict=True)
        )
        return _Element(lengths, _DTYPES[code], form.size, pairs)

    def scan_shape(self) -> tuple[int, ...]:
        """Return the axes of the scan, the slowest first; a scan that ended early is a plain list of elements."""
        lengths = tuple(reversed([one["size"] for one in self.dimensions]))
        if self.valid == self.total and lengths and min(lengths) > 0 and prod(lengths) == self.total:
            return lengths if self.total > 1 else ()
        return (self.valid,) if self.valid > 1 else ()

    def acquired_at(self) -> str | None:
        """When the first element was taken, if the file says so."""
        if self.tag_kind not in _TIMED:
            return None
        try:
            _kind_of_tag, seconds = struct.unpack("<HI", read_at(self._file, self.offsets(1)[0], 6))
        except (Incomplete, NotThisFormat):
            return None
        return datetime.fromtimestamp(seconds, UTC).isoformat()


def _kind(element: _Element) -> tuple[tuple[int, ...], str]:
    return element.lengths, element.dtype


def _metadata(header: _Header, first: _Element, scan: tuple[int, ...]) -> dict[str, Any]:
    own = [
        {"size": length, "offset": scaled(offset, 1.0), "scale": scaled(scale, 1.0)}
        for length, (offset, scale) in zip(first.lengths, first.calibrations, strict=True)
    ]
    is_whole_scan = len(scan) == len(header.dimensions)
    leading = list(reversed(header.dimensions)) if is_whole_scan else [{"size": length} for length in scan]
    found: dict[str, Any] = {"format": "SER", "axes": [*leading, *reversed(own)]}
    if header.valid < header.total:
        found["planned_elements"] = header.total
    if header.kind == _IMAGES:
        found["first_row"] = "bottom"
    return found | acquisition(**_scales(header, first), acquired_at=header.acquired_at())


def _scales(header: _Header, first: _Element) -> dict[str, float | None]:
    scales = [scale for _offset, scale in first.calibrations]
    if header.kind == _SPECTRA:
        return {"dispersion_ev": scaled(scales[0], 1.0)}
    return {
        f"pixel_size_{name}_nm": scaled(scale, 1e9) if scale < _LARGEST_PIXEL_METRES else None
        for name, scale in zip("xy", scales, strict=False)
    }

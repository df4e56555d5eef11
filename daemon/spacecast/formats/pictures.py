"""JPEG and PNG: previews, plots and photographs; width, height and kind of pixel, from the header alone."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from spacecast.formats.model import Incomplete, NotThisFormat, Readable, read_at
from spacecast.formats.structures import array_structure, whole

MIMETYPE = "application/x-spacecast-picture"
SERIES_MIMETYPE = f"multipart/related;type={MIMETYPE}"
JPEG_MAGIC = b"\xff\xd8\xff"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"

# The whole picture is unpacked for every request.
_MOST_PIXELS = 1 << 26
_MOST_SEGMENTS = 1000
_END_BYTES = 4096
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
# What Pillow gives for PNG's colour types: grey, colours, palette, grey or colours with transparency.
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 4, 6: 4}
_TWO_BYTES_BITS = 16


def describe_jpeg(file: BinaryIO, size: int) -> Readable:
    """Read the start of frame (ITU-T T.81, B.2.2). Raises NotThisFormat and Incomplete."""
    for marker, place in _segments(file):
        if marker in _START_OF_FRAME:
            _bits, height, width, components = struct.unpack(">BHHB", read_at(file, place, 6))
            _check_end(file, size, b"\xff\xd9")
            # Four colours of ink are turned into three of light.
            return _picture("JPEG", width, height, channels=1 if components == 1 else 3, dtype="|u1")
        if marker in {_START_OF_SCAN, _END_OF_IMAGE}:
            break
    raise NotThisFormat("it has no picture's size")


def describe_png(file: BinaryIO, size: int) -> Readable:
    """Read the header chunk (PNG specification, 11.2.1). Raises NotThisFormat and Incomplete."""
    name, width, height, bits, colour = struct.unpack(">4sIIBB", read_at(file, 12, 14))
    if name != b"IHDR" or colour not in _PNG_CHANNELS:
        raise NotThisFormat("it has no picture's size")
    _check_end(file, size, b"IEND")
    is_deep = bits == _TWO_BYTES_BITS and colour == 0
    return _picture("PNG", width, height, channels=_PNG_CHANNELS[colour], dtype="<u2" if is_deep else "|u1")


def _segments(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Yield the markers of a JPEG file, and where what belongs to each begins."""
    place = 2
    for _ in range(_MOST_SEGMENTS):
        start, marker = read_at(file, place, 2)
        if start != 0xFF:  # noqa: PLR2004 - every marker begins so
            raise NotThisFormat("its segments do not follow each other")
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            place += 1
            continue
        if marker in _WITHOUT_LENGTH:
            place += 2
            continue
        yield marker, place + 4
        place += 2 + max(2, struct.unpack(">H", read_at(file, place + 2, 2))[0])


def _check_end(file: BinaryIO, size: int, mark: bytes) -> None:
    """Other programs may have put something behind the picture's end, but not much."""
    length = min(size, _END_BYTES)
    if mark not in read_at(file, size - length, length):
        raise Incomplete("the end of the picture is not there")


def _picture(label: str, width: int, height: int, *, channels: int, dtype: str) -> Readable:
    if not 0 < width * height <= _MOST_PIXELS:
        raise NotThisFormat(f"it is {width} x {height} pixels large, which is not unpacked for every request")
    shape = (height, width) if channels == 1 else (height, width, channels)
    return Readable(
        structure_family="array",
        mimetype=MIMETYPE,
        structure=array_structure(dtype, shape, whole(shape)),
        metadata={"format": label},
        shape=shape,
        dtype=dtype,
        series_mimetype=SERIES_MIMETYPE,
    )

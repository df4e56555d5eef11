"""NumPy's NPY files: the header, of every version."""

import re
import struct
from typing import BinaryIO

from spacecast.formats.model import Incomplete, NotThisFormat, Readable, read_at
from spacecast.formats.structures import array_bytes, raw_array

SERIES_MIMETYPE = "multipart/related;type=application/x-npy"
MAGIC = b"\x93NUMPY"
# NumPy itself refuses longer headers: parsing them is costly.
_LONGEST_HEADER_BYTES = 10_000
_IMAGE_DIMENSIONS = 2
# The header is a Python literal, but hostile text is not for Python's compiler.
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\((\s*(?:\d{1,19}\s*,?\s*){0,64})\)""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)\b""")
_DESCR = re.compile(r"""['"]descr['"]\s*:\s*['"]([^'"]{1,40})['"]""")


def describe(file: BinaryIO, size: int) -> Readable:
    """Return what the header says (NumPy's NEP 1). Raises NotThisFormat, and Incomplete where the file is too short."""
    start, header = _header(file)
    shape, descr, in_fortran_order = _fields(header)
    needed = start + array_bytes(descr, shape)
    if size < needed:
        raise Incomplete(f"it has {size} bytes of {needed}")
    order = "F" if in_fortran_order and len(shape) > 1 else "C"
    return raw_array(
        dtype=descr,
        shape=shape,
        offset=start,
        order=order,
        metadata={"format": "NPY"},
        series_mimetype=SERIES_MIMETYPE if len(shape) <= _IMAGE_DIMENSIONS else None,
    )


def _header(file: BinaryIO) -> tuple[int, str]:
    magic = read_at(file, 0, 8)
    version = magic[6]
    if not magic.startswith(MAGIC) or version not in (1, 2, 3):
        raise NotThisFormat("it is not an NPY file of the versions 1 to 3")
    length_format = "<H" if version == 1 else "<I"
    start = 8 + struct.calcsize(length_format)
    (length,) = struct.unpack(length_format, read_at(file, 8, struct.calcsize(length_format)))
    if length > _LONGEST_HEADER_BYTES:
        raise NotThisFormat(f"its header claims to have {length} bytes")
    encoding = "utf-8" if version == 3 else "latin-1"  # noqa: PLR2004 - versions as numpy numbers them
    return start + length, read_at(file, start, length).decode(encoding, errors="replace")


def _fields(header: str) -> tuple[tuple[int, ...], str, bool]:
    shape, order, descr = _SHAPE.search(header), _ORDER.search(header), _DESCR.search(header)
    if descr is None and "descr" in header:
        raise NotThisFormat("its elements are records of several fields, which are not served as an array")
    if shape is None or order is None or descr is None:
        raise NotThisFormat("its header lacks shape, order or type")
    lengths = tuple(int(length) for length in re.findall(r"\d+", shape[1]))
    return lengths, descr[1], order[1] == "True"

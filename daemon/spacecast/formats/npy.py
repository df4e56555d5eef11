"""NumPy's NPY files: the header, of every version."""

import ast
import struct
from typing import Any, BinaryIO

from spacecast.formats.model import Incomplete, NotThisFormat, Readable, read_at
from spacecast.formats.structures import array_bytes, raw_array

SERIES_MIMETYPE = "multipart/related;type=application/x-npy"
MAGIC = b"\x93NUMPY"
# NumPy itself refuses longer headers: parsing them is costly.
_LONGEST_HEADER_BYTES = 10_000
_IMAGE_DIMENSIONS = 2
_KEYS = {"descr", "fortran_order", "shape"}


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
    try:
        fields: Any = ast.literal_eval(header.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise NotThisFormat("its header cannot be parsed") from error
    if not isinstance(fields, dict) or set(fields) != _KEYS:
        raise NotThisFormat("its header lacks shape or type")
    shape, descr = fields["shape"], fields["descr"]
    if not isinstance(shape, tuple) or not all(type(length) is int for length in shape):
        raise NotThisFormat("its shape is not a tuple of numbers")
    if not isinstance(descr, str):
        raise NotThisFormat("its elements are records of several fields, which are not served as an array")
    return shape, descr, bool(fields["fortran_order"])

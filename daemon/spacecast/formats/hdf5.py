"""HDF5 and what is made of it (NeXus, EMD, netCDF-4 …): which file is one, and is complete."""

import struct
from typing import BinaryIO

from spacecast.formats.hdf5_metadata import metadata
from spacecast.formats.model import Incomplete, NotThisFormat, Readable, read_at

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MIMETYPE = "application/x-hdf5"
# The format allows any power of two; nobody has a user block larger than this.
_FARTHEST_SIGNATURE = 1 << 20
_FIRST_SIGNATURE_AFTER_START = 512
_WIDTHS = {2: "<H", 4: "<I", 8: "<Q"}
_NEWEST_VERSION = 3


def find_signature(file: BinaryIO, size: int) -> int | None:
    """Where the superblock is (at 0, 512, 1024, 2048 …), or None."""
    place = 0
    while place + len(SIGNATURE) <= size and place <= _FARTHEST_SIGNATURE:
        file.seek(place)
        if file.read(len(SIGNATURE)) == SIGNATURE:
            return place
        place = max(_FIRST_SIGNATURE_AFTER_START, place * 2)
    return None


def describe(file: BinaryIO, size: int) -> Readable:
    """Return a container whose inside the server finds by itself, with what the file says of its acquisition.

    Raises NotThisFormat, and Incomplete for a file that is cut off or that a writer has open (HDF5 File Format
    Specification 3.0, section II.A: end of file address, consistency flags).
    """
    place = find_signature(file, size)
    if place is None:
        raise NotThisFormat("it has no HDF5 signature")
    version = read_at(file, place + 8, 1)[0]
    if version > _NEWEST_VERSION:
        raise NotThisFormat(f"its HDF5 superblock has the unknown version {version}")
    end = _end_address(file, place, version)
    if end > size:
        raise Incomplete(f"it has {size} bytes of {end}")
    said = metadata(file, place)
    return Readable(structure_family="container", mimetype=MIMETYPE, structure=None, metadata=said)


def _end_address(file: BinaryIO, place: int, version: int) -> int:
    if version >= 2:  # noqa: PLR2004 - as the specification numbers them
        _version, width, _lengths, flags = read_at(file, place + 8, 4)
        if flags & 1:
            raise Incomplete("a program has it open for writing, or ended without closing it")
        addresses = place + 12
    else:
        width = read_at(file, place + 13, 1)[0]
        addresses = place + (24 if version == 0 else 28)
    if width not in _WIDTHS:
        raise NotThisFormat(f"its HDF5 addresses have {width} bytes")
    # Base address, free space or extension, end of file: the third in all versions.
    (end,) = struct.unpack(_WIDTHS[width], read_at(file, addresses + 2 * width, width))
    if end == (1 << 8 * width) - 1:
        raise Incomplete("it has no end yet: a program is still writing it")
    return int(end)

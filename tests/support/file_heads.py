"""Files made by hand in memory: what no proper writer would write."""

import io
import struct

from spacecast.formats import Readable, Unreadable, describe


def readable(data: bytes, name: str = "file.bin") -> Readable:
    found = describe(io.BytesIO(data), name, len(data))
    assert isinstance(found, Readable), found
    return found


def unreadable(data: bytes, name: str = "file.bin") -> Unreadable:
    found = describe(io.BytesIO(data), name, len(data))
    assert isinstance(found, Unreadable), found
    return found


def mrc(  # the fields that tests vary
    columns: int = 4,
    rows: int = 3,
    sections: int = 1,
    mode: int = 0,
    *,
    order: str = "<",
    stamp: bytes = b"MAP ",
    extended: int = 0,
    imod: tuple[int, int] = (0, 0),
    space_group: int = 0,
) -> bytes:
    head = bytearray(1024)
    struct.pack_into(f"{order}4i", head, 0, columns, rows, sections, mode)
    struct.pack_into(f"{order}3i", head, 28, columns, rows, sections)
    struct.pack_into(f"{order}2i", head, 88, space_group, extended)
    struct.pack_into(f"{order}2i", head, 152, *imod)
    head[208:212] = stamp
    head[212:214] = b"\x44\x44" if order == "<" else b"\x11\x11"
    return bytes(head)


def tiff(*directories: list[tuple[int, int, int, int]], links: list[int] | None = None, order: str = "<") -> bytes:
    """A classic TIFF of directories of (tag, type, count, value), one behind the other from byte 8."""
    places = [8]
    for entries in directories:
        places.append(places[-1] + 2 + 12 * len(entries) + 4)
    links = [*places[1:-1], 0] if links is None else links
    data = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    for entries, link in zip(directories, links, strict=True):
        data += struct.pack(f"{order}H", len(entries))
        for tag, kind, count, value in entries:
            short = kind == 3 and count == 1
            packed = struct.pack(f"{order}HH", value, 0) if short else struct.pack(f"{order}I", value)
            data += struct.pack(f"{order}HHI", tag, kind, count) + packed
        data += struct.pack(f"{order}I", link)
    return data


def image_tags(width: int = 4, height: int = 3, offset: int = 200, **changes: int) -> list[tuple[int, int, int, int]]:
    """The tags of an 8-bit image in one strip; `tag_277=3` and the like replace or add one."""
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: offset, 277: 1, 278: height, 279: width * height}
    tags |= {int(name.removeprefix("tag_")): value for name, value in changes.items()}
    return [(tag, 4, 1, value) for tag, value in sorted(tags.items())]


def npy(header: str, *, version: int = 1, data: bytes = b"") -> bytes:
    text = header.encode("latin-1")
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data

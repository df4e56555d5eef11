"""SER files by the published description of the format, written apart from the reader."""

import struct
from typing import Any

import numpy as np

CODES = {"u1": 1, "u2": 2, "u4": 3, "i1": 4, "i2": 5, "i4": 6, "f4": 7, "f8": 8, "c8": 9, "c16": 10}


def ser(
    elements: np.ndarray[Any, Any],
    *,
    element_axes: int,
    scan: list[tuple[int, float, float, str, str]] | None = None,
    version: int = 0x0220,
    scale: float = 2e-10,
    offset: float = 0.0,
    planned: int | None = None,
    seconds: int = 1_700_000_000,
) -> bytes:
    """`scan` has (size, offset, scale, name, units) for each of its axes, the fastest first."""
    item_shape = elements.shape[elements.ndim - element_axes :]
    items = elements.reshape(-1, *item_shape)
    total = planned or len(items)
    scan = [(total, 0.0, 1.0, "Number", "")] if scan is None else scan
    dimensions = b""
    for size, first, step, name, units in scan:
        texts = b"".join(struct.pack("<i", len(text)) + text.encode() for text in (name, units))
        dimensions += struct.pack("<iddi", size, first, step, 0) + texts
    letter = "Q" if version == 0x0220 else "I"
    table_place = 22 + struct.calcsize(f"<{letter}") + 4 + len(dimensions)
    body_place = table_place + 2 * total * struct.calcsize(f"<{letter}")
    body, data_offsets, tag_offsets = b"", [], []
    for item in items:
        data_offsets.append(body_place + len(body))
        for _axis in item_shape:
            body += struct.pack("<ddi", offset, scale, 0)
        code = CODES[item.dtype.str[1:]]
        body += struct.pack("<h", code) + struct.pack(f"<{len(item_shape)}i", *reversed(item_shape)) + item.tobytes()
        tag_offsets.append(body_place + len(body))
        body += struct.pack("<HI", 0x4152, seconds)
    fill = [0] * (total - len(items))
    table = struct.pack(f"<{2 * total}{letter}", *data_offsets, *fill, *tag_offsets, *fill)
    kind = 0x4120 if element_axes == 1 else 0x4122
    head = struct.pack("<2sHHiiii", b"II", 0x0197, version, kind, 0x4152, total, len(items))
    head += struct.pack(f"<{letter}i", table_place, len(scan))
    return head + dimensions + table + body

"""Arrays of 4-bit numbers, two in a byte: unpacked in the Tiled server as far as they are asked for."""

from typing import Any

import numpy as np


def packed_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape in bytes: each row begins a new byte."""
    return (*shape[:-1], (shape[-1] + 1) // 2)


def unpacked(packed: np.ndarray[Any, Any], shape: tuple[int, ...], wanted: tuple[Any, ...]) -> np.ndarray[Any, Any]:
    """Unpack what a slice wants: the lower half of a byte is the pixel before the upper half."""
    rows, columns = _split(wanted, len(shape))
    part = np.asarray(packed[rows])
    both = np.stack([part & 15, part >> 4], axis=-1).reshape(*part.shape[:-1], -1)
    return both[..., : shape[-1]][..., columns]


def _split(wanted: tuple[Any, ...], axes: int) -> tuple[tuple[Any, ...], Any]:
    """Return the slices of all axes but the last, and that of the last."""
    whole = [slice(None)] * (axes - sum(one is not Ellipsis for one in wanted))
    filled: list[Any] = []
    for one in wanted if Ellipsis in wanted else (*wanted, Ellipsis):
        filled += whole if one is Ellipsis else [one]
    return tuple(filled[:-1]), filled[-1]

"""Tiled's JSON for arrays: data type, shape and chunks, written without numpy."""

import re
from math import prod
from typing import Any

from spacecast.formats.model import NotThisFormat, Readable

RAW_ARRAY_MIMETYPE = "application/x-spacecast-raw-array"

# Frames smaller than this share a chunk, larger ones than the second are split: a chunk is one request of a client.
_SMALL_CHUNK_BYTES = 1 << 20
_LARGE_CHUNK_BYTES = 64 << 20
_MOST_CHUNKS = 20_000
_MOST_DIMENSIONS = 32
_LARGEST_OFFSET = 1 << 62

_DTYPE = re.compile(r"([<>|])([biufcSUmM])(\d{1,9})(\[\d*[a-zA-Z]{1,2}\])?\Z")
_SIZES = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16), "m": (8,), "M": (8,)}
_ENDIANNESS = {"<": "little", ">": "big", "|": "not_applicable"}


def data_type(dtype: str) -> dict[str, Any]:
    """Return Tiled's form of a dtype in numpy's spelling. Raises NotThisFormat for records, objects and odd sizes."""
    match = _DTYPE.match(dtype)
    if match is None:
        raise NotThisFormat(f"its elements are of the type {dtype[:40]!r}, which cannot be served")
    order, kind, count, unit = match.groups()
    size = int(count)
    if kind in _SIZES and size not in _SIZES[kind]:
        raise NotThisFormat(f"its elements are of the type {dtype!r}, which not every machine has")
    itemsize = size * 4 if kind == "U" else size
    if not itemsize or (unit is not None) != (kind in "mM"):
        raise NotThisFormat(f"its elements are of the type {dtype!r}, which cannot be served")
    return {"endianness": _ENDIANNESS[order], "kind": kind, "itemsize": itemsize, "dt_units": unit}


def item_bytes(dtype: str) -> int:
    """Return the size of one element. Raises NotThisFormat as `data_type` does."""
    size: int = data_type(dtype)["itemsize"]
    return size


def array_bytes(dtype: str, shape: tuple[int, ...]) -> int:
    """Return the size of a whole array. Raises NotThisFormat for shapes that no file can have."""
    if not shape:
        raise NotThisFormat("it is a single value without a dimension, and no array")
    if len(shape) > _MOST_DIMENSIONS:
        raise NotThisFormat(f"its shape is {_short(shape)}: more than {_MOST_DIMENSIONS} dimensions")
    if min(shape) < 1:
        raise NotThisFormat(f"its shape is {_short(shape)}: there is nothing in it")
    size = prod(shape) * item_bytes(dtype)
    if size > _LARGEST_OFFSET:
        raise NotThisFormat(f"its shape is {_short(shape)}, larger than any file")
    return size


def array_structure(dtype: str, shape: tuple[int, ...], chunks: tuple[tuple[int, ...], ...]) -> dict[str, Any]:
    """Return Tiled's ArrayStructure."""
    return {
        "data_type": data_type(dtype),
        "chunks": [list(sizes) for sizes in chunks],
        "shape": list(shape),
        "dims": None,
        "resizable": False,
    }


def whole(shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return one chunk, for adapters that read the whole file anyway."""
    return tuple((length,) for length in shape)


def framewise(dtype: str, shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return one chunk for each frame (the last two axes); very small frames share one, very large ones are split."""
    itemsize = item_bytes(dtype)
    chunks: list[tuple[int, ...]] = []
    count = 1
    for axis, length in enumerate(shape):
        inner_bytes = prod(shape[axis + 1 :]) * itemsize
        is_frame = axis >= len(shape) - 2
        target = _LARGE_CHUNK_BYTES if is_frame else _SMALL_CHUNK_BYTES
        step = max(1, min(length, target // inner_bytes))
        # A file's header must not make the structure itself huge.
        step = max(step, -(-length * count // _MOST_CHUNKS))
        step = min(step, length)
        sizes = (step,) * (length // step) + ((length % step,) if length % step else ())
        count *= len(sizes)
        chunks.append(sizes)
    return tuple(chunks)


def raw_array(  # noqa: PLR0913 - what a file may do differently, by name
    *,
    dtype: str,
    shape: tuple[int, ...],
    offset: int,
    metadata: dict[str, Any],
    order: str = "C",
    stride: int | None = None,
    item_axes: int | None = None,
    packing: str | None = None,
    series_mimetype: str | None = None,
) -> Readable:
    """Describe an array that the raw-array adapter serves straight from the file.

    `stride` is the distance in bytes between two items, which have `item_axes` axes: all but the first if not given.
    `packing` is `nibbles` where a byte holds two numbers.
    """
    parameters: dict[str, Any] = {"offset": offset, "dtype": dtype}
    if order != "C":
        parameters["order"] = order
    if stride is not None:
        parameters["stride"] = stride
        if item_axes is not None and item_axes != len(shape) - 1:
            parameters["item_axes"] = item_axes
    if packing is not None:
        parameters["packing"] = packing
    return Readable(
        structure_family="array",
        mimetype=RAW_ARRAY_MIMETYPE,
        structure=array_structure(dtype, shape, framewise(dtype, shape)),
        parameters=parameters,
        metadata=metadata,
        shape=shape,
        dtype=dtype,
        series_mimetype=series_mimetype,
    )


def _short(shape: tuple[int, ...]) -> str:
    text = " x ".join(str(length) for length in shape[:6])
    return f"({text or 'one number'}{' …' if len(shape) > 6 else ''})"  # noqa: PLR2004 - enough to recognise it

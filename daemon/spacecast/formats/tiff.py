"""TIFF and BigTIFF: regular uncompressed files as raw arrays, plain packed ones through Tiled's TIFF adapter.

A raw array is claimed only where the directories prove that all pixels lie in order, in one piece for each page and
with the same distance between pages; anything that is not certain is left to `tifffile` in the server, or not served.
"""

import json
import re
from itertools import pairwise
from math import prod
from typing import Any, BinaryIO

from spacecast.formats import tiff_metadata
from spacecast.formats import tiff_pages as tags
from spacecast.formats.model import Incomplete, NotThisFormat, Readable
from spacecast.formats.structures import array_structure, raw_array, whole
from spacecast.formats.tiff_directories import MAGICS, Directory, TiffReader
from spacecast.formats.tiff_pages import UNCOMPRESSED, Page, read_page

__all__ = ["MAGICS", "MIMETYPE", "SERIES_MIMETYPE", "describe"]

MIMETYPE = "image/tiff"
SERIES_MIMETYPE = "multipart/related;type=image/tiff"

# What tifffile unpacks with nothing but itself: zlib under two numbers, PackBits.
_UNPACKED_BY_TIFFFILE = {UNCOMPRESSED, 8, 32946, 32773}
_PREDICTORS_OF_TIFFFILE = {1, 2}
_COMPRESSIONS = {2: "CCITT", 3: "CCITT fax", 4: "CCITT fax", 5: "LZW", 6: "JPEG", 7: "JPEG", 34712: "JPEG 2000"}
# The whole image is unpacked for every request.
_LARGEST_PACKED_BYTES = 1 << 30
_LONGEST_TEXT = 2000


def describe(file: BinaryIO, size: int) -> Readable:
    """Find out how to serve the first image, or the stack of equal images. Raises NotThisFormat and Incomplete."""
    reader = TiffReader(file, size, tags.KNOWN)
    directories = reader.directories()
    first_directory = next(directories)
    first = read_page(first_directory, reader.order)
    pages = [first, *(_page_or_none(directory, reader.order) for directory in directories)]
    like = [page for page in pages if page == first]
    description = first_directory.text(tags.DESCRIPTION)
    metadata = tiff_metadata.metadata(first_directory, pages=len(pages), like=len(like))
    count = len(like) if len(pages) > 1 else _images_behind_one_directory(first, description)
    described = _as_raw_array(first, like, count, _stated_shape(description, first, count), size, metadata)
    if described is not None:
        return described
    return _through_tifffile(first, pages, description, metadata)


def _page_or_none(directory: Directory, order: str) -> Page | None:
    """Read a later page; one that cannot be served (a thumbnail, a mask) does not spoil the first."""
    try:
        return read_page(directory, order)
    except Incomplete:
        raise
    except NotThisFormat:
        return None


def _as_raw_array(
    first: Page,
    like: list[Page],
    count: int,
    stated_shape: tuple[int, ...] | None,
    size: int,
    metadata: dict[str, Any],
) -> Readable | None:
    starts = [page.start for page in like if page.start is not None]
    if len(starts) != len(like):
        return None
    stride = starts[1] - starts[0] if len(starts) > 1 else first.bytes
    if stride < first.bytes or any(later - sooner != stride for sooner, later in pairwise(starts)):
        return None
    end = starts[0] + (count - 1) * stride + first.bytes
    if end > size:
        raise Incomplete(f"it has {size} bytes of {end}")
    is_dense = stride == first.bytes
    shape = first.shape if count == 1 else (count, *first.shape)
    return raw_array(
        dtype=first.dtype,
        shape=stated_shape or shape if is_dense else shape,
        offset=starts[0],
        stride=None if is_dense else stride,
        metadata=metadata,
        series_mimetype=SERIES_MIMETYPE if count == 1 else None,
    )


def _images_behind_one_directory(first: Page, description: str) -> int:
    """ImageJ (beyond 4 GiB) and tifffile (`truncate`) write one directory for a whole stack."""
    if description.startswith("ImageJ="):
        match = re.search(r"^images=(\d{1,9})$", description, re.MULTILINE)
        return max(1, int(match[1])) if match else 1
    shape = _shape_in(description)
    return max(1, prod(shape) // prod(first.shape)) if shape else 1


def _stated_shape(description: str, first: Page, count: int) -> tuple[int, ...] | None:
    shape = _shape_in(description)
    return shape if shape and prod(shape) == count * prod(first.shape) else None


def _shape_in(description: str) -> tuple[int, ...] | None:
    """Return the shape that tifffile writes into the description of what it wrote."""
    if not description.startswith('{"shape":') or len(description) > _LONGEST_TEXT:
        return None
    try:
        shape = json.loads(description)["shape"]
    except (ValueError, RecursionError):
        return None
    if not isinstance(shape, list) or not shape or len(shape) > 32:  # noqa: PLR2004 - numpy's most
        return None
    if not all(type(length) is int and 0 < length < 1 << 40 for length in shape):
        return None
    return tuple(shape)


def _through_tifffile(first: Page, pages: list[Page | None], description: str, metadata: dict[str, Any]) -> Readable:
    if first.compression not in _UNPACKED_BY_TIFFFILE or first.predictor not in _PREDICTORS_OF_TIFFFILE:
        name = _COMPRESSIONS.get(first.compression, f"method {first.compression}")
        raise NotThisFormat(f"its pixels are compressed ({name}) in a way that a plain Tiled server cannot unpack")
    if any(page != first for page in pages):
        raise NotThisFormat("its pages differ in size or type, and do not lie in one piece")
    count = len(pages)
    stated = _shape_in(description)
    if "<OME" in description or (stated and prod(stated) != count * prod(first.shape)):
        raise NotThisFormat("its pages are several images, put together by a description that is not followed here")
    if count * first.bytes > _LARGEST_PACKED_BYTES:
        raise NotThisFormat("it is too large to be unpacked for every request")
    shape = stated or (first.shape if count == 1 else (count, *first.shape))
    return Readable(
        structure_family="array",
        mimetype=MIMETYPE,
        structure=array_structure(first.dtype, shape, whole(shape)),
        metadata=metadata,
        shape=shape,
        dtype=first.dtype,
        series_mimetype=SERIES_MIMETYPE if count == 1 else None,
    )

"""The pages of a TIFF file: what an image directory says about pixels and where they lie."""

from dataclasses import dataclass, field
from math import prod

from spacecast.formats.model import NotThisFormat
from spacecast.formats.structures import array_bytes, item_bytes
from spacecast.formats.tiff_directories import Directory

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 256, 257, 258, 259, 262, 266
DESCRIPTION, MAKE, MODEL, STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_COUNTS = 270, 271, 272, 273, 277, 278, 279
X_RESOLUTION, Y_RESOLUTION, PLANAR, RESOLUTION_UNIT, SOFTWARE, DATE_TIME, PREDICTOR = 282, 283, 284, 296, 305, 306, 317
TILE_OFFSETS, SAMPLE_FORMAT = 324, 339
FEI_SFEG, FEI_HELIOS = 34680, 34682
KNOWN = frozenset(
    {WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, DESCRIPTION, MAKE, MODEL, STRIP_OFFSETS, SAMPLES}
    | {ROWS_PER_STRIP, STRIP_COUNTS, X_RESOLUTION, Y_RESOLUTION, PLANAR, RESOLUTION_UNIT, SOFTWARE, DATE_TIME}
    | {PREDICTOR, TILE_OFFSETS, SAMPLE_FORMAT, FEI_SFEG, FEI_HELIOS}
)

UNCOMPRESSED = 1
_SEPARATE_PLANES = 2
_ALL_ROWS = 0xFFFFFFFF
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u", 6: "c"}
_BITS = {"u": (8, 16, 32, 64), "i": (8, 16, 32, 64), "f": (16, 32, 64), "c": (64, 128)}


@dataclass(frozen=True)
class Page:
    """One image; pages that compare equal have the same shape, type and packing."""

    shape: tuple[int, ...]
    dtype: str
    compression: int
    predictor: int
    start: int | None = field(compare=False)
    """Where all its pixels lie in one piece, uncompressed and in order; None where that is not certain."""

    @property
    def bytes(self) -> int:
        """The size of its pixels, unpacked."""
        return prod(self.shape) * item_bytes(self.dtype)


def read_page(directory: Directory, order: str) -> Page:
    """Read what a directory says. Raises NotThisFormat for pixels that cannot be served."""
    samples = directory.number(SAMPLES, 1)
    frame = (directory.number(HEIGHT), directory.number(WIDTH))
    is_planar = directory.number(PLANAR, 1) == _SEPARATE_PLANES and samples > 1
    dtype = _dtype(directory, order, samples)
    shape = frame if samples == 1 else (samples, *frame) if is_planar else (*frame, samples)
    array_bytes(dtype, shape)
    compression = directory.number(COMPRESSION, UNCOMPRESSED)
    page = Page(shape, dtype, compression, directory.number(PREDICTOR, 1), None)
    if compression != UNCOMPRESSED or TILE_OFFSETS in directory:
        return page
    planes = samples if is_planar else 1
    start = _start_of_one_piece(directory, planes=planes, rows=frame[0], row_bytes=page.bytes // (planes * frame[0]))
    return Page(shape, dtype, compression, page.predictor, start)


def _dtype(directory: Directory, order: str, samples: int) -> str:
    bits = set(directory.numbers(BITS, (1,)))
    formats = set(directory.numbers(SAMPLE_FORMAT, (1,)))
    if len(bits) != 1 or len(formats) != 1:
        raise NotThisFormat(f"the {samples} values of its pixels are of different types")
    width, kind = bits.pop(), _KINDS.get(formats.pop())
    if kind is None or width not in _BITS[kind] or directory.number(FILL_ORDER, 1) != 1:
        raise NotThisFormat(f"its pixels are packed into {width} bits, which cannot be served")
    return f"{'|' if width == 8 else order}{kind}{width // 8}"  # noqa: PLR2004 - one byte has no order


def _start_of_one_piece(directory: Directory, *, planes: int, rows: int, row_bytes: int) -> int | None:
    """Return the first strip's place, if each strip begins where the one before it ends and has its exact size."""
    rows_per_strip = min(rows, directory.number(ROWS_PER_STRIP, _ALL_ROWS))
    if rows_per_strip < 1:
        return None
    offsets, counts = directory.numbers(STRIP_OFFSETS), directory.numbers(STRIP_COUNTS)
    per_plane = -(-rows // rows_per_strip)
    if len(offsets) != planes * per_plane or len(counts) != len(offsets):
        return None
    place = offsets[0]
    for index, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
        rows_here = min(rows_per_strip, rows - index % per_plane * rows_per_strip)
        if offset != place or count != rows_here * row_bytes:
            return None
        place += count
    return offsets[0]

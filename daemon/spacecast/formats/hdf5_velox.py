"""What Velox of Thermo Fisher writes into its EMD files: a JSON text beside each image, spectrum and spectrum image.

It stands in a dataset of bytes, a column for each frame; that of the first frame is read.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from spacecast.formats.hdf5_objects import DATASPACE, FILTERS, LAYOUT, Hdf5File, Message
from spacecast.formats.hdf5_values import shape_of
from spacecast.formats.model import NotThisFormat
from spacecast.formats.vocabulary import acquisition, degrees, kilovolts, nanometres, number_in, seconds

_LONGEST_BYTES = 1 << 17
_MOST_CHARACTERS = 30_000
_MOST_CHUNKS = 64
_DEEPEST_TREE = 8
_CHUNKED, _CONTIGUOUS = 2, 1
_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3
_MOST_FILTERS = 8


def is_metadata(path: str) -> bool:
    """Whether a dataset with this path is such a text: `/Data/Image/<id>/Metadata`."""
    parts = path.split("/")
    return len(parts) == 5 and parts[1] == "Data" and parts[4] == "Metadata"  # noqa: PLR2004 - as in the path above


def read(file: Hdf5File, messages: list[Message]) -> dict[str, Any]:
    """Return the text's content, bounded in size; an empty dict where it is none of the kind."""
    parts = {message.kind: message.data for message in messages}
    shape = shape_of(file, parts.get(DATASPACE, b""))
    layout = parts.get(LAYOUT, b"")
    # Of each byte of the text there is a row, of each frame a column.
    if shape is None or len(shape) != 2 or len(layout) < 3 or layout[0] != 3:  # noqa: PLR2004 - rows, columns; version
        return {}
    if layout[1] == _CHUNKED:
        column = b"".join(_chunks(file, layout, _filters(parts.get(FILTERS, b""))))
    elif layout[1] == _CONTIGUOUS:
        rows = min(shape[0], _LONGEST_BYTES // max(1, shape[1]))
        column = file.read(file.offset(layout, 2), rows * shape[1])[:: max(1, shape[1])]
    else:
        return {}
    try:
        found = json.loads(column.split(b"\0")[0].decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return {}
    return _Bounded().of(found) if isinstance(found, dict) else {}


def common(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the vocabulary is in the text; its numbers are texts, in SI units."""

    def of(*names: str) -> str:
        value: Any = said
        for name in names:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value if isinstance(value, str) else ""

    detector = of("BinaryResult", "Detector")
    unit = of("BinaryResult", "PixelUnitX") or "m"
    defocus = number_in(of("Optics", "Defocus"))
    length, angle = number_in(of("Optics", "CameraLength")), number_in(of("Optics", "BeamConvergence"))
    return acquisition(
        pixel_size_x_nm=nanometres(number_in(of("BinaryResult", "PixelSize", "width")), unit),
        pixel_size_y_nm=nanometres(number_in(of("BinaryResult", "PixelSize", "height")), unit),
        voltage_kv=kilovolts(number_in(of("Optics", "AccelerationVoltage")), "V"),
        magnification=number_in(
            of("CustomProperties", "StemMagnification", "value") or of("Optics", "NominalMagnification")
        ),
        camera_length_mm=None if length is None else length * 1e3,
        exposure_seconds=seconds(number_in(_exposure(said, detector) or of("Scan", "DwellTime")), "s"),
        defocus_um=None if defocus is None else defocus * 1e6,
        tilt_degrees=degrees(number_in(of("Stage", "AlphaTilt")), "rad"),
        convergence_mrad=None if angle is None else angle * 1e3,
        instrument=" ".join(part for part in (of("Instrument", "InstrumentClass"), of("Instrument", "InstrumentId"))
                            if part),
        detector=detector,
        acquired_at=_moment(of("Acquisition", "AcquisitionStartDatetime", "DateTime")),
    )  # fmt: skip


def _exposure(said: Mapping[str, Any], detector: str) -> str:
    """Find the exposure of the camera that took the image among those of all detectors."""
    detectors = said.get("Detectors")
    for one in detectors.values() if isinstance(detectors, Mapping) else ():
        if isinstance(one, Mapping) and one.get("DetectorName") == detector:
            return str(one.get("ExposureTime", ""))
    return ""


def _moment(text: str) -> str:
    seconds_since = number_in(text)
    if not seconds_since or not 0 < seconds_since < 1 << 33:
        return ""
    return datetime.fromtimestamp(seconds_since, UTC).isoformat()


def _filters(data: bytes) -> list[int]:
    """Return the numbers of the filters that a chunk went through."""
    if not data:
        return []
    found, place = [], 8 if data[0] == 1 else 2
    for _ in range(min(data[1], _MOST_FILTERS)):
        number = int.from_bytes(data[place : place + 2], "little")
        has_name = data[0] == 1 or number >= 256  # noqa: PLR2004 - numbers of the library itself go without
        name = int.from_bytes(data[place + 2 : place + 4], "little") if has_name else 0
        place += 4 if has_name else 2
        values = int.from_bytes(data[place + 2 : place + 4], "little")
        padding = 4 * (values % 2) if data[0] == 1 else 0
        place += 4 + (-(-name // 8) * 8 if data[0] == 1 else name) + 4 * values + padding
        found.append(number)
    return found


def _chunks(file: Hdf5File, layout: bytes, filters: list[int]) -> Iterator[bytes]:
    """Yield the first column's part of each chunk that has one, from the first row on."""
    count = layout[2]
    sizes = layout[3 + file.offset_bytes :]
    widths = [int.from_bytes(sizes[4 * index : 4 * index + 4], "little") for index in range(count)]
    address = file.offset(layout, 3)
    if count != 3 or widths[2:] != [1] or not all(widths) or file.is_nowhere(address):  # noqa: PLR2004 - rows, columns, bytes
        return
    left = _LONGEST_BYTES
    for key, place in _leaves(file, address, 8 + 8 * count):
        if int.from_bytes(key[16:24], "little") == 0 and left > 0:
            data = _unfiltered(file.read(place, int.from_bytes(key[:4], "little")), filters, widths[0] * widths[1])
            left -= len(data)
            yield data[:: widths[1]]


def _leaves(file: Hdf5File, address: int, key_bytes: int, depth: int = _DEEPEST_TREE) -> Iterator[tuple[bytes, int]]:
    level, children = file.children(address, 1, key_bytes)
    for key, child in children[:_MOST_CHUNKS]:
        if level and depth:
            yield from _leaves(file, child, key_bytes, depth - 1)
        elif not level:
            yield key, child


def _unfiltered(data: bytes, filters: list[int], size: int) -> bytes:
    for number in reversed(filters):
        if number == _DEFLATE:
            try:
                data = zlib.decompressobj().decompress(data, min(size, _LONGEST_BYTES))
            except zlib.error as error:
                raise NotThisFormat(f"a part of it cannot be unpacked: {error}") from error
        elif number == _CHECKSUM:
            data = data[:-4]
        elif number != _SHUFFLE:  # which leaves single bytes as they are
            raise NotThisFormat(f"a part of it is packed by the unknown method {number}")
    return data[:size]


class _Bounded:
    """The content as it may stand in metadata: bounded in size."""

    def __init__(self) -> None:
        self._characters_left = _MOST_CHARACTERS

    def of(self, value: Any) -> Any:
        if isinstance(value, dict):
            found = {}
            for name, one in value.items():
                self._characters_left -= len(name) + 6
                if self._characters_left <= 0:
                    break
                found[name] = self.of(one)
            return found
        if isinstance(value, list):
            return [self.of(one) for one in value if self._characters_left > 0]
        self._characters_left -= len(str(value))
        if self._characters_left <= 0:
            return None
        # Half characters and zeros are refused by some of the databases that Tiled can have.
        return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else value

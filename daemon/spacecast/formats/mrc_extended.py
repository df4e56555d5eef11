"""Extended headers of MRC files: what SerialEM (SERI) and Thermo Fisher (FEI1, FEI2) write for each section."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from spacecast.formats.model import read_at
from spacecast.formats.vocabulary import acquisition, scaled

_MOST_SECTIONS = 1000
_FEI_BYTES = range(768, 65_536)
_FEI_TILT_IS_SET = 1 << 7
_OLE_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - the file does not say in which time zone
_LATEST_DAY = 1_000_000
# Common name: place of a 64-bit number, and what it takes from SI to the unit of the name.
_FEI_NUMBERS = {
    "voltage_kv": (84, 1e-3),
    "dose_electrons_per_square_angstrom": (92, 1e-20),
    "pixel_size_x_nm": (156, 1e9),
    "pixel_size_y_nm": (164, 1e9),
    "magnification": (289, 1.0),
    "camera_length_mm": (301, 1e3),
    "convergence_mrad": (329, 1e3),
    "exposure_seconds": (419, 1.0),
}
_FEI_DEFOCUS, _FEI_TILT = 220, 100
_SERI_TILT, _SERI_MONTAGE, _SERI_STAGE, _SERI_MAGNIFICATION = 1, 2, 4, 8


@dataclass(frozen=True)
class ExtendedHeader:
    """Where it is and how the main header describes it."""

    order: str
    kind: str
    bytes: int
    sections: int
    section_bytes: int
    """For SERI: the length of one section's part."""
    flags: int
    """For SERI: what is in that part."""


def read_extended(file: BinaryIO, offset: int, header: ExtendedHeader) -> dict[str, Any]:
    """Return metadata with `tilts_degrees` of all sections where they are told, and the `acquisition` of the first.

    Raises Incomplete where the file ends before the extended header does.
    """
    if header.kind in {"FEI1", "FEI2"}:
        return _fei(file, offset, header)
    if header.kind == "SERI":
        return _seri(file, offset, header)
    return {}


def _sections(file: BinaryIO, offset: int, header: ExtendedHeader, length: int) -> Iterator[bytes]:
    for index in range(min(header.sections, _MOST_SECTIONS, header.bytes // length)):
        yield read_at(file, offset + index * length, length)


def _fei(file: BinaryIO, offset: int, header: ExtendedHeader) -> dict[str, Any]:
    (length,) = struct.unpack(f"{header.order}i", read_at(file, offset, 4))
    if length not in _FEI_BYTES or length > header.bytes:
        return {}
    sections = list(_sections(file, offset, header, length))

    def number(section: bytes, place: int) -> float:
        return float(struct.unpack_from(f"{header.order}d", section, place)[0])

    first = sections[0]
    (mask,) = struct.unpack_from(f"{header.order}I", first, 8)
    tilts = [number(section, _FEI_TILT) for section in sections] if mask & _FEI_TILT_IS_SET else []
    return _tilts(tilts) | acquisition(
        **{name: scaled(number(first, place), factor) for name, (place, factor) in _FEI_NUMBERS.items()},
        defocus_um=scaled(number(first, _FEI_DEFOCUS), 1e6) or None,
        tilt_degrees=tilts[0] if tilts else None,
        instrument=_text(first[20:36]),
        detector=_text(first[435:451]),
        acquired_at=_ole_date(number(first, 12)),
    )


def _seri(file: BinaryIO, offset: int, header: ExtendedHeader) -> dict[str, Any]:
    """SerialEM: short integers, in the order of the flags' bits."""
    places: dict[int, int] = {}
    place = 0
    for flag, length in ((_SERI_TILT, 2), (_SERI_MONTAGE, 6), (_SERI_STAGE, 4), (_SERI_MAGNIFICATION, 2)):
        if header.flags & flag:
            places[flag] = place
            place += length
    if not 0 < place <= header.section_bytes <= header.bytes:
        return {}
    sections = list(_sections(file, offset, header, header.section_bytes))

    def number(section: bytes, flag: int) -> int:
        return int(struct.unpack_from(f"{header.order}h", section, places[flag])[0])

    tilts = [round(number(section, _SERI_TILT) / 100, 2) for section in sections] if _SERI_TILT in places else []
    magnification = number(sections[0], _SERI_MAGNIFICATION) * 100 if _SERI_MAGNIFICATION in places else None
    return _tilts(tilts) | acquisition(tilt_degrees=tilts[0] if tilts else None, magnification=magnification)


def _tilts(tilts: list[float]) -> dict[str, Any]:
    return {"tilts_degrees": [scaled(tilt, 1.0) for tilt in tilts]} if len(tilts) > 1 else {}


def _ole_date(days: float) -> str | None:
    if not 0 < days < _LATEST_DAY:
        return None
    return (_OLE_EPOCH + timedelta(days=days)).isoformat(timespec="seconds")


def _text(data: bytes) -> str:
    text = data.split(b"\0")[0].decode("latin-1")
    return "".join(character for character in text if character.isprintable())

"""The small common vocabulary of acquisition metadata: what many formats say, under one name and in one unit.

It stands under `acquisition` in an entry's metadata, beside what the file says under the names of the file.
"""

from collections.abc import Mapping
from math import isfinite, pi
from typing import Any

ACQUISITION = "acquisition"
"""The key in an entry's metadata under which the common names stand."""

NAMES: Mapping[str, str] = {
    "pixel_size_x_nm": "distance of two pixels along a row",
    "pixel_size_y_nm": "distance of two rows",
    "pixel_size_z_nm": "distance of two sections of a volume",
    "voltage_kv": "acceleration voltage",
    "magnification": "as the microscope shows it",
    "camera_length_mm": "camera length of a diffraction pattern",
    "exposure_seconds": "exposure of one frame, or of one pixel of a scan",
    "dose_electrons_per_square_angstrom": "dose on the sample",
    "defocus_um": "defocus; negative is under focus",
    "tilt_degrees": "first tilt angle of the stage",
    "convergence_mrad": "convergence angle of the beam",
    "dispersion_ev": "width of one channel of a spectrum",
    "instrument": "what the microscope is called",
    "detector": "what the camera or detector is called",
    "acquired_at": "date and time, as the file writes it",
}
"""Every name, and what stands there."""

_NANOMETRES = {
    "m": 1e9, "mm": 1e6, "um": 1e3, "µm": 1e3, "μm": 1e3, "micron": 1e3, "nm": 1.0, "pm": 1e-3,
    "a": 0.1, "å": 0.1, "angstrom": 0.1,
}  # fmt: skip
_ELECTRONVOLTS = {"ev": 1.0, "kev": 1e3, "mev": 1e-3}
_KILOVOLTS = {"v": 1e-3, "kv": 1.0}
_SECONDS = {
    "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9,
    "min": 60.0,
}  # fmt: skip
_RADIAN = 180 / pi
_DEGREES = {
    "deg": 1.0, "degree": 1.0, "degrees": 1.0, "°": 1.0, "rad": _RADIAN, "radian": _RADIAN, "radians": _RADIAN,
    "mrad": _RADIAN * 1e-3,
}  # fmt: skip
_LONGEST_TEXT = 200


def acquisition(**found: Any) -> dict[str, Any]:
    """Return `{"acquisition": {…}}` with those of the values that say something, or an empty dict.

    The names are those of NAMES. What is no finite number or no text is left out, a size or voltage of 0 as well.
    """
    useful = {name: value for name, raw in found.items() if (value := _useful(name, raw)) is not None}
    return {ACQUISITION: useful} if useful else {}


def nanometres(length: Any, unit: Any) -> float | None:
    """Return a length in nm, or None where the unit is none of length."""
    return _converted(length, unit, _NANOMETRES)


def electronvolts(energy: Any, unit: Any) -> float | None:
    """Return an energy in eV, or None where the unit is none of energy."""
    return _converted(energy, "meV" if unit == "meV" else "" if unit == "MeV" else unit, _ELECTRONVOLTS)


def kilovolts(voltage: Any, unit: Any) -> float | None:
    """Return a voltage in kV, or None where the unit is none of voltage."""
    return _converted(voltage, "" if unit == "mV" else unit, _KILOVOLTS)


def seconds(duration: Any, unit: Any) -> float | None:
    """Return a duration in seconds, or None where the unit is none of time."""
    return _converted(duration, unit, _SECONDS)


def degrees(angle: Any, unit: Any) -> float | None:
    """Return an angle in degrees, or None where the unit is none of angle."""
    return _converted(angle, unit, _DEGREES)


def number_in(text: Any) -> float | None:
    """Return the finite number that a text is, else None."""
    try:
        number = float(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return number if number is not None and isfinite(number) else None


def scaled(value: Any, factor: float) -> float | None:
    """Return a number times a factor, rounded to what a header's numbers are good for; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(f"{value * factor:.9g}")
    except OverflowError:
        return None


def _converted(value: Any, unit: Any, factors: Mapping[str, float]) -> float | None:
    factor = factors.get(unit.strip().lower()) if isinstance(unit, str) else None
    return None if factor is None else scaled(value, factor)


def _useful(name: str, value: Any) -> float | str | None:
    if name not in NAMES:
        raise ValueError(f"{name} is none of the common names")
    if name in {"instrument", "detector", "acquired_at"}:
        return value.strip()[:_LONGEST_TEXT] or None if isinstance(value, str) else None
    number = scaled(value, 1.0)
    if number is None or not isfinite(number):
        return None
    may_be_zero = name in {"defocus_um", "tilt_degrees"}
    return number if may_be_zero or number > 0 else None

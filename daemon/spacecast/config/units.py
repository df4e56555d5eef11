"""Durations and sizes as people write them (`5s`, `10min`, `90d`, `10TiB`), as seconds and bytes."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from spacecast.config.wrong import shown, wrong

SECONDS_BY_UNIT = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86_400),
}
BYTES_BY_UNIT = {
    "B": 1,
    "kB": 10**3,
    "KiB": 2**10,
    "MB": 10**6,
    "MiB": 2**20,
    "GB": 10**9,
    "GiB": 2**30,
    "TB": 10**12,
    "TiB": 2**40,
    "PB": 10**15,
    "PiB": 2**50,
}
# What people write instead, and what they most likely mean.
DURATION_SLIPS = {"m": "min", "sec": "s", "minutes": "min", "hours": "h", "hr": "h", "days": "d", "w": "d"}
SIZE_SLIPS = {"k": "KiB", "m": "MiB", "g": "GiB", "t": "TiB", "p": "PiB"}

DURATION_PATTERN = rf"^[0-9]+(\.[0-9]+)? ?({'|'.join(SECONDS_BY_UNIT)})$"
SIZE_PATTERN = rf"^[0-9]+(\.[0-9]+)? ?({'|'.join(BYTES_BY_UNIT)})$"
_NUMBER_AND_UNIT = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([A-Za-z]+)")
_BARE_NUMBER = re.compile(r"[0-9_.:]+")


def parse_duration(text: object) -> float:
    """Give the seconds that a text like `500ms`, `5s`, `1.5h` or `90d` means; anything else is a ValueError."""
    number, unit = _split(text, "duration", "s", tuple(SECONDS_BY_UNIT))
    if unit not in SECONDS_BY_UNIT:
        raise _unknown_unit(text, "duration", _meant(unit, tuple(SECONDS_BY_UNIT), DURATION_SLIPS), "ms, s, min, h, d")
    return float(number * SECONDS_BY_UNIT[unit])


def parse_size(text: object) -> int:
    """Give the bytes that a text like `500GB` or `10TiB` means; anything else is a ValueError."""
    number, unit = _split(text, "size", "GiB", tuple(BYTES_BY_UNIT))
    if unit not in BYTES_BY_UNIT:
        raise _unknown_unit(text, "size", _meant(unit, tuple(BYTES_BY_UNIT), SIZE_SLIPS), "B, kB, KiB, ... PB, PiB")
    size_bytes = number * BYTES_BY_UNIT[unit]
    if size_bytes != int(size_bytes):
        raise wrong(f"{shown(text)} is not a whole number of bytes")
    return int(size_bytes)


def format_duration(seconds: float) -> str:
    """Give a short text with a unit that parses to the same number of seconds: 5400.0 is `90min`."""
    exact = Decimal(repr(float(seconds)))
    for unit, factor in reversed(SECONDS_BY_UNIT.items()):
        if exact and exact % factor == 0:
            return f"{int(exact / factor)}{unit}"
    return f"{exact.normalize():f}s"


def format_size(size_bytes: int) -> str:
    """Give a short text with a unit that parses to the same number of bytes: 2**40 is `1TiB`."""
    for unit, factor in sorted(BYTES_BY_UNIT.items(), key=lambda pair: -pair[1]):
        if size_bytes and size_bytes % factor == 0:
            return f"{size_bytes // factor}{unit}"
    return f"{size_bytes}B"


def at_least(minimum: str) -> AfterValidator:
    """Bound a duration or size from below, with a message that carries the unit."""
    return _bound(minimum, too_far=lambda value, bound: value < bound, words="at least")


def at_most(maximum: str) -> AfterValidator:
    """Bound a duration or size from above, with a message that carries the unit."""
    return _bound(maximum, too_far=lambda value, bound: value > bound, words="at most")


def whole_seconds(seconds: float) -> float:
    """Refuse fractions where the service counts in seconds."""
    if seconds != int(seconds):
        raise wrong(f"{format_duration(seconds)} is not a whole number of seconds")
    return seconds


def _bound(limit: str, *, too_far: Callable[[float, float], bool], words: str) -> AfterValidator:
    bound = parse_duration(limit) if limit.endswith(tuple(SECONDS_BY_UNIT)) else parse_size(limit)

    def check(value: float) -> float:
        if too_far(value, bound):
            raise wrong(f"must be {words} {limit}")
        return value

    return AfterValidator(check)


def _split(text: object, kind: str, example_unit: str, units: tuple[str, ...]) -> tuple[Decimal, str]:
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        raise wrong(f"{shown(text)} has no unit: write a {kind} with its unit, for example {text:g}{example_unit}")
    if not isinstance(text, str):
        raise wrong(f"must be a {kind} with a unit ({', '.join(units)})")
    match = _NUMBER_AND_UNIT.fullmatch(text.strip())
    if match:
        return Decimal(match[1]), match[2]
    if _BARE_NUMBER.fullmatch(text):
        raise wrong(f"{shown(text)} has no unit: write a {kind} with its unit, for example 5{example_unit}")
    raise wrong(f"{shown(text)} is not a {kind}: write a number and a unit ({', '.join(units)})")


def _meant(unit: str, units: tuple[str, ...], slips: dict[str, str]) -> str | None:
    by_lower_case = {known.lower(): known for known in units}
    return by_lower_case.get(unit.lower()) or slips.get(unit.lower())


def _unknown_unit(text: object, kind: str, meant: str | None, units: str) -> Exception:
    hint = f": did you mean {meant}?" if meant else ""
    return wrong(f"{shown(text)} is not a {kind} with a known unit ({units}){hint}")


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN}),
]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    PlainSerializer(format_size, return_type=str),
    WithJsonSchema({"type": "string", "pattern": SIZE_PATTERN}),
]

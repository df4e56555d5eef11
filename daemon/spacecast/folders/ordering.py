"""The order in which people expect numbered names: `frame_2` before `frame_10`."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

_NUMBER = re.compile(r"[0-9]+")


def natural_key(name: str) -> str:
    """Return a text that sorts as `name` does when its runs of digits are compared as numbers."""
    return _NUMBER.sub(_with_length, name)


def _with_length(run: re.Match[str]) -> str:
    # The length in front makes texts of digits compare as numbers. One text per name, not a tuple of
    # parts: a folder may hold a million names.
    digits = run[0].lstrip("0")
    return f"0{chr(len(digits))}{digits}"


def first_in_natural_order(names: Iterable[str]) -> str | None:
    """Return the name that comes first naturally, None where there is none; holds one name at a time."""
    return min(names, key=lambda name: (natural_key(name), name), default=None)


def in_natural_order(names: Iterable[str]) -> list[str]:
    """Return the names sorted naturally; names that differ in leading zeros only keep one fixed order."""
    ordered = sorted(names)
    ordered.sort(key=natural_key)
    return ordered


def in_natural_order_where_few(names: Iterable[str], most: int | None) -> Iterator[str]:
    """Yield the names sorted naturally where they are at most so many, None for any number; else as they come.

    Holds no more than these.
    """
    left = iter(names)
    first = list(islice(left, most))
    if (following := next(left, None)) is None:
        return iter(in_natural_order(first))
    return chain(first, [following], left)

"""Tolerant reading of JSON objects: several spellings of a key, missing keys, values of an unexpected type."""

import re
from collections.abc import Mapping
from typing import Any

_NUMBERS = re.compile(r"\d+")


class Fields:
    """A JSON object as it came; keys are tried in the order given, and null counts as missing."""

    def __init__(self, body: Any) -> None:
        self._body: Mapping[str, Any] = body if isinstance(body, dict) else {}

    def value(self, *keys: str) -> Any:
        """Give the first value that is there, else None."""
        return next((self._body[key] for key in keys if self._body.get(key) is not None), None)

    def text(self, *keys: str) -> str:
        """Give a text, empty where there is none."""
        value = self.value(*keys)
        return value if isinstance(value, str) else ""

    def optional_text(self, *keys: str) -> str | None:
        """Give a text, None where the release does not know the key."""
        value = self.value(*keys)
        return value if isinstance(value, str) else None

    def number(self, *keys: str) -> int | None:
        """Give a whole number, None where there is none."""
        value = self.value(*keys)
        return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def count(self, *keys: str) -> int:
        """Give a whole number, 0 where there is none."""
        return self.number(*keys) or 0

    def flag(self, *keys: str, default: bool = False) -> bool:
        """Give a truth value."""
        value = self.value(*keys)
        return value if isinstance(value, bool) else default

    def texts(self, *keys: str) -> tuple[str, ...]:
        """Give a list of texts; other members are left out."""
        value = self.value(*keys)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def all_texts(self) -> frozenset[str]:
        """Give the texts of all lists in this object."""
        return frozenset(text for key in self._body for text in self.texts(key))

    def inner(self, *keys: str) -> "Fields":
        """Give an object inside this one, empty where there is none."""
        return Fields(self.value(*keys))

    def mapping(self, *keys: str) -> Mapping[str, Any]:
        """Give an object inside this one as it is, empty where there is none."""
        value = self.value(*keys)
        return value if isinstance(value, dict) else {}

    def objects(self, *keys: str) -> tuple["Fields", ...]:
        """Give a list of objects; other members are left out."""
        value = self.value(*keys)
        return tuple(Fields(item) for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def version_numbers(version: str) -> tuple[int, ...]:
    """Read a release like `21.02.7` or `25.0-rc1` into numbers that compare in order; () where there are none."""
    return tuple(int(number) for number in _NUMBERS.findall(version.partition("-")[0])[:3])


def last_segment(location: str) -> str:
    """Give the id at the end of a `Location`: absolute or path only, with or without query and trailing slash."""
    return location.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]

"""Reading request bodies as strictly as the servers do: types, names, ranges, allowed values."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from spacecast.sandbox.onedata import errors

NAME_RULE = re.compile(r"[)(\w][)(\w .\-]{0,126}[)(\w]")
LONGEST_DESCRIPTION = 100_000

Body = Mapping[str, Any]


def valid_name(name: object) -> bool:
    """Tell whether a name obeys the rule for spaces, groups, tokens, shares and storages."""
    return isinstance(name, str) and NAME_RULE.fullmatch(name) is not None


def require(body: Body, key: str) -> Any:
    """Give a value that must be there."""
    if key not in body:
        raise errors.missing_required(key)
    return body[key]


def require_name(body: Body) -> str:
    """Give the required `name`."""
    name = require(body, "name")
    if not valid_name(name):
        raise errors.bad_name()
    return str(name)


def name_if_given(body: Body) -> str | None:
    """Give the optional `name`."""
    return require_name(body) if "name" in body else None


def text(body: Body, key: str, default: str | None = None, *, longest: int | None = None) -> str:
    """Give a string, required unless there is a default."""
    value = require(body, key) if default is None else body.get(key, default)
    if not isinstance(value, str):
        raise errors.bad_value("badValueString", key, "a string")
    if longest is not None and len(value) > longest:
        raise errors.text_too_large(key, longest)
    return value


def filled_text(body: Body, key: str) -> str:
    """Give a required string that is not empty."""
    value = text(body, key)
    if not value:
        raise errors.bad_value("badValueEmpty", key, "not empty")
    return value


def boolean(body: Body, key: str, *, default: bool, named: str | None = None) -> bool:
    """Give a boolean; `named` is the key as error messages show it."""
    value = body.get(key, default)
    if not isinstance(value, bool):
        raise errors.bad_value("badValueBoolean", named or key, "a boolean")
    return value


def integer(
    body: Body, key: str, default: int | None = None, *, low: int | None = None, named: str | None = None
) -> int:
    """Give an integer, required unless there is a default; `named` is the key as error messages show it."""
    shown = named or key
    if key not in body and default is None:
        raise errors.missing_required(shown)
    value = body.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise errors.bad_value("badValueInteger", shown, "an integer")
    if low is not None and value < low:
        raise errors.too_low(shown, low)
    return value


def one_of(body: Body, key: str, allowed: Sequence[str], default: str) -> str:
    """Give one of the allowed values."""
    value = body.get(key, default)
    if value not in allowed:
        raise errors.not_allowed(key, allowed)
    return str(value)


def mapping(body: Body, key: str, *, named: str | None = None) -> dict[str, Any]:
    """Give a JSON object, empty when it is absent."""
    value = body.get(key, {})
    if not isinstance(value, dict):
        raise errors.bad_value("badValueJSON", named or key, "a JSON object")
    return value


def strings(body: Body, key: str) -> list[str] | None:
    """Give a list of strings, None when it is absent; an explicit null is an error."""
    if key not in body:
        return None
    value = body[key]
    if not isinstance(value, list) or not all(isinstance(member, str) for member in value):
        raise errors.bad_value("badValueListOfStrings", key, "a list of strings")
    return value


def privileges(body: Body, key: str, known: Sequence[str]) -> list[str] | None:
    """Give a list of known privileges, None when it is absent."""
    given = strings(body, key)
    if given is not None and not set(given) <= set(known):
        raise errors.list_not_allowed(key, known)
    return given


def at_least_one(body: Body, keys: Sequence[str]) -> None:
    """Refuse a change that changes nothing known."""
    if not any(key in body for key in keys):
        raise errors.missing_at_least_one(keys)

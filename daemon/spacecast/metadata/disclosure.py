"""What of a metadata file may be shown to others: plain JSON, without our blocks and without secrets."""

import base64
import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from spacecast.metadata.blocks import EARLIER_NAMES, invite_tokens
from spacecast.secrecy import holds_secret, secret_forms

WITHHELD = "(withheld)"
TOO_DEEP = "(nested too deeply)"
LIMIT_DEPTH = 32

_LARGEST = 2**63 - 1
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def publishable(
    document: Mapping[Any, Any],
    block_names: Collection[str] = ("Onedata", "Tiled"),
    secrets: Iterable[str] = (),
) -> dict[str, Any]:
    """Return a JSON-able copy without the blocks and without secrets.

    The blocks called `block_names` and those of earlier tools are left out. A text in which one of `secrets`, an
    invite token of the document, or anything like an Onedata token is found (as it is, in base64, or broken over
    lines) becomes "(withheld)".

    Of a document from `parse` every number, date and time shows as its author wrote it: numbers that JSON would
    write differently (`000417`, `0755`, `1.10`, `12:30:45`) and all dates are text already, and are left so.
    `yes`, `no`, `on` and `off` without quotes are booleans. Integers beyond 64 bits become text, bytes base64,
    floats that JSON has no number for null, keys text without control characters.
    """
    hidden = {*block_names, *EARLIER_NAMES}
    copy = _Copy((*secrets, *invite_tokens(document)))
    return copy.mapping({key: value for key, value in document.items() if key not in hidden}, 1)


class _Copy:
    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = [form for secret in secrets for form in secret_forms(secret)]

    def mapping(self, mapping: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        copy: dict[str, Any] = {}
        numbers: dict[str, int] = {}
        for key, value in mapping.items():
            text = self._key(key)
            name = _free(text, copy, numbers)
            copy[name] = WITHHELD if _is_token_key(text) else self.value(value, depth + 1)
        return copy

    def value(self, value: Any, depth: int) -> Any:
        if depth > LIMIT_DEPTH and isinstance(value, (Mapping, list, tuple, set)):
            return TOO_DEEP
        if isinstance(value, Mapping):
            return self.mapping(value, depth)
        if isinstance(value, set):
            value = sorted(value, key=str)
        if isinstance(value, (list, tuple)):
            return [self.value(item, depth + 1) for item in value]
        return self._scalar(value)

    def _scalar(self, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value if -_LARGEST - 1 <= value <= _LARGEST else str(value)
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        return self._text(value)

    def _text(self, value: Any) -> str:
        if isinstance(value, bytes) and holds_secret(value.decode("latin-1"), self._forms):
            return WITHHELD
        text = _as_text(value)
        return WITHHELD if holds_secret(text, self._forms) else _CONTROL_IN_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)

    def _key(self, key: Any) -> str:
        if key is None or isinstance(key, bool):
            return {None: "null", True: "true", False: "false"}[key]
        return self._text(_CONTROL.sub("", _as_text(key))) or "(empty)"


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return str(value)


def _is_token_key(key: str) -> bool:
    return re.sub("[^a-z]", "", key.lower()) == "invitetoken"


def _free(name: str, taken: Collection[str], numbers: dict[str, int]) -> str:
    """Return `name`, numbered where two keys differ in type only (`1` and `"1"`); `numbers` says how far it is."""
    free = name
    while free in taken:
        # Counted on from the last time: thousands of keys that clean to the same text must not take minutes.
        numbers[name] = numbers.get(name, 1) + 1
        free = f"{name} ({numbers[name]})"
    return free

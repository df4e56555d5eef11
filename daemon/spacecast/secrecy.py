"""Secrets inside texts, in every form in which they turn up: found, and taken out before the text goes anywhere.

A service that echoes a request in its error message, or a proxy that shows its headers, must not make us say a token.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

HIDDEN = "[secret]"
SHORTEST_SECRET = 6
"""Characters; anything shorter would be found by chance in ordinary words."""

# The start of every token that Onedata makes: base64 of a macaroon's first packet, `00xxlocation …`; also in base64.
_ONEDATA_TOKEN = re.compile(r"MDA[w-z][A-Za-z0-9_-]{20,}|TURB[de][A-Za-z0-9+/_-]{26,}")
_ONEDATA_TOKEN_IN_BYTES = re.compile(_ONEDATA_TOKEN.pattern.encode())
_SPACE = re.compile(r"\s+")
# A text that was cut may end in the middle of a secret; so much of its beginning is taken for it.
_TELLING_CHARACTERS = 12


@lru_cache(maxsize=64)
def secret_forms(secret: str) -> tuple[str, ...]:
    """Return a secret as it is, and as base64 wherever in a longer text it starts; nothing for one too short."""
    if len(secret) < SHORTEST_SECRET:
        return ()
    raw = _SPACE.sub("", secret).encode()
    encoded = [base64.b64encode(b"\0" * shift + raw).decode("ascii") for shift in range(3)]
    # The characters at both ends also depend on the neighbours.
    cores = [
        text[(shift * 8 + 5) // 6 : len(text) - _uncertain(len(raw) + shift)] for shift, text in enumerate(encoded)
    ]
    urlsafe = [core.replace("+", "-").replace("/", "_") for core in cores]
    return tuple(dict.fromkeys([raw.decode(), *(form for form in (*cores, *urlsafe) if len(form) >= SHORTEST_SECRET)]))


def is_onedata_token(text: str) -> bool:
    """Say whether there is anything like an Onedata token in a text."""
    return _ONEDATA_TOKEN.search(text) is not None


def holds_secret(text: str, forms: Iterable[str]) -> bool:
    """Say whether one of `forms` stands in a text, broken over lines too, or anything like an Onedata token."""
    if is_onedata_token(text):
        return True
    without_space = _SPACE.sub("", text)
    return any(form in without_space for form in forms)


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text with `secrets`, and everything like an Onedata token, written as ``[secret]``.

    A secret counts in base64 too, and where the text was cut in the middle of it.
    """
    # Tokens first: all begin alike, and what is left of one after its beginning was taken out would not be recognised.
    text = _ONEDATA_TOKEN.sub(HIDDEN, text)
    for secret in secrets:
        for form in secret_forms(secret):
            text = _without(text, form)
    return text


def without_tokens(data: bytes) -> bytes:
    """Return the bytes of a file with everything like an Onedata token written as ``[secret]``."""
    return _ONEDATA_TOKEN_IN_BYTES.sub(HIDDEN.encode(), data)


def _without(text: str, form: str) -> str:
    start = form[:_TELLING_CHARACTERS]
    place = text.find(start)
    while place >= 0:
        end = place + _common_length(text[place : place + len(form)], form)
        text = f"{text[:place]}{HIDDEN}{text[end:]}"
        place = text.find(start, place + len(HIDDEN))
    return text


def _common_length(one: Sequence[str], other: Sequence[str]) -> int:
    for length, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return length
    return min(len(one), len(other))


def _uncertain(length: int) -> int:
    return {0: 0, 1: 3, 2: 2}[length % 3]

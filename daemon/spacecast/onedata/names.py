r"""Names that Onedata accepts for spaces, groups, tokens, shares and storages.

2 to 128 code points; letters and digits of any script, `_`, `(`, `)`, and between the ends also blank, `.` and `-`.
"""

import re
import unicodedata
from dataclasses import dataclass

from spacecast.faults import NeedsPerson

LONGEST_NAME = 128
SHORTEST_NAME = 2

_VALID = re.compile(r"[)(\w][)(\w .\-]{0,126}[)(\w]")
_NOT_INSIDE = re.compile(r"[^)(\w .\-]")
_NOT_AT_AN_END = " .-"
_STAND_IN = "_"


class UnusableName(NeedsPerson):
    """No name that Onedata accepts can be made from a text."""


@dataclass(frozen=True)
class ValidName:
    """A name that Onedata accepts; `changed` tells that it differs from what was asked for, so may collide."""

    text: str
    changed: bool

    def __str__(self) -> str:
        return self.text


def is_valid_name(text: str) -> bool:
    """Whether Onedata accepts `text` as it is."""
    return _VALID.fullmatch(text) is not None and unicodedata.is_normalized("NFC", text)


def valid_name(text: str, prefix: str = "") -> ValidName:
    """Make a valid name of `prefix` and `text`, always the same for the same input.

    Characters that are not allowed become `_`, too long names are cut, a single character gets a `_`. Composing
    accents (NFC) does not count as a change. Raises UnusableName where `text` has no letter and no digit.
    """
    composed = unicodedata.normalize("NFC", text)
    if not any(character.isalnum() for character in composed):
        raise UnusableName(
            f"{text[:80]!r} cannot become a name in Onedata: it has no letter and no digit. Rename the folder, "
            "or set another name template in the config."
        )
    wanted = unicodedata.normalize("NFC", prefix + text)
    name = _with_valid_ends(_NOT_INSIDE.sub(_STAND_IN, wanted)[:LONGEST_NAME]).ljust(SHORTEST_NAME, _STAND_IN)
    return ValidName(name, changed=name != wanted)


def _with_valid_ends(name: str) -> str:
    first = _STAND_IN if name[0] in _NOT_AT_AN_END else name[0]
    if len(name) == 1:
        return first
    last = _STAND_IN if name[-1] in _NOT_AT_AN_END else name[-1]
    return f"{first}{name[1:-1]}{last}"

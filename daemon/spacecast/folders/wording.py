"""How names from disk are shown to people: on one line, with nothing in them that a terminal obeys."""

import os
import unicodedata
from pathlib import Path


def shown(name: str | Path) -> str:
    r"""Return `name` with control characters and undecodable bytes escaped (`\n`, `\x1b`, `\xff`)."""
    text = str(name)
    return text if text.isprintable() else "".join(map(_shown_character, text))


def _shown_character(character: str) -> str:
    if character.isprintable():
        return character
    if _is_undecodable(character):
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def _is_undecodable(character: str) -> bool:
    return 0xDC80 <= ord(character) <= 0xDCFF  # noqa: PLR2004  the surrogates that os.fsdecode makes of bytes


def naming_problem(name: str) -> str | None:
    """Return why nothing downstream can carry this name, or None when it can be carried."""
    if name.isprintable():
        return None
    if not _is_utf8(name):
        return f"its name {shown(name)} is not valid UTF-8. Rename it"
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in name):
        return f"its name {shown(name)} has control characters or line breaks in it. Rename it"
    return None


def _is_utf8(name: str) -> bool:
    try:
        os.fsencode(name).decode("utf-8")
        name.encode("utf-8")
    except UnicodeError:
        return False
    return True

"""From bytes to text: the checks that come before any YAML parser sees a metadata file."""

import re
from dataclasses import dataclass

from spacecast.metadata.faults import ADVICE, Unreadable

LIMIT_BYTES = 1024 * 1024
"""Larger files are not metadata: splicing takes seconds from here on."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What YAML allows in a stream; everything else is refused by the parser with no line number.
_FORBIDDEN = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


@dataclass(frozen=True)
class Place:
    """Line and column in a text, both counted from 1."""

    line: int
    column: int


def place_of(text: str, index: int) -> Place:
    """Return the place of the character at `index`, as an editor would show it."""
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    return Place(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def decode(data: bytes, name: str) -> tuple[bytes, str]:
    """Return the byte order mark (or nothing) and the text; raises Unreadable with the place of the fault."""
    if len(data) > LIMIT_BYTES:
        raise Unreadable(name, "too-large", f"it has {len(data)} bytes", ADVICE["too-large"])
    if data.startswith(_UTF16_OR_32):
        raise Unreadable(name, "not-utf8", "it is UTF-16 or UTF-32", ADVICE["not-utf8"])
    mark = BYTE_ORDER_MARK if data.startswith(BYTE_ORDER_MARK) else b""
    text = _utf8(data[len(mark) :], name)
    _refuse_forbidden(text, name)
    return mark, text


def _utf8(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = place_of(data[: error.start].decode("utf-8"), error.start)
        problem = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        raise Unreadable(name, "not-utf8", problem, ADVICE["not-utf8"], line=place.line, column=place.column) from None


def _refuse_forbidden(text: str, name: str) -> None:
    found = _FORBIDDEN.search(text)
    if found is None:
        return
    place = place_of(text, found.start())
    problem = f"the control character U+{ord(found[0]):04X} is not allowed in YAML"
    raise Unreadable(name, "unparsable", problem, ADVICE["unparsable"], line=place.line, column=place.column)

"""How an inventory's table holds paths, their order, and what was found in files."""

import json
import re
from dataclasses import fields

from spacecast.catalog.plan import plain
from spacecast.formats import Readable

_NUMBER = re.compile(r"[0-9]+")
_READABLE = tuple(field.name for field in fields(Readable))


def stored(path: str) -> bytes:
    """Give a path as it is stored; names that are not UTF-8 hold surrogates."""
    return path.encode("utf-8", "surrogatepass")


def restored(path: bytes) -> str:
    """Give a stored path."""
    return path.decode("utf-8", "surrogatepass")


def place_of(path: str) -> bytes:
    """Give what sorts paths folder by folder, names naturally: `frame_2` before `frame_10`."""
    return _NUMBER.sub(_with_length, path.replace("/", "\0")).encode("utf-8", "surrogatepass")


def _with_length(run: re.Match[str]) -> str:
    digits = run[0].lstrip("0")
    return f"0{chr(len(digits))}{digits}"


def as_stored(readable: Readable) -> Readable:
    """Give what was found in a file as it is when it comes back from the text."""
    found = {name: plain(getattr(readable, name)) for name in _READABLE}
    return Readable(**{**found, "shape": readable.shape})


def to_text(stored_readable: Readable) -> str:
    """Give what was found in a file, as it is stored, as text."""
    return json.dumps({name: getattr(stored_readable, name) for name in _READABLE})


def from_text(text: str) -> Readable:
    """Give what was found in a file from the text."""
    found = json.loads(text)
    shape = found.pop("shape")
    return Readable(**found, shape=None if shape is None else tuple(shape))

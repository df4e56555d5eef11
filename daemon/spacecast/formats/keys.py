"""Keys of the catalog: a file's name where that can be a key, else something like it."""

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")

_LONGEST_KEY = 128
_HASH_DIGITS = 10


def entry_key(name: str, *, reserved: frozenset[str] = frozenset()) -> str:
    """Return the key of a file or folder called `name`; the same name gives the same key, and extensions are kept.

    A name that cannot be a key, or is reserved, is spelled in plain letters and gets a hash of the real name, so that
    two different names never share a key.
    """
    if KEY.match(name) and name not in reserved:
        return name
    extension = _plain(PurePosixPath(name).suffix)[:20]
    stem = _plain(name[: len(name) - len(PurePosixPath(name).suffix)]).strip("._-") or "file"
    digest = hashlib.sha256(name.encode("utf-8", errors="surrogateescape")).hexdigest()[:_HASH_DIGITS]
    room = _LONGEST_KEY - len(extension) - _HASH_DIGITS - 1
    return f"{stem[:room]}-{digest}{extension}"


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key by which `frame_2` comes before `frame_10`."""
    parts = re.split(r"([0-9]+)", name)
    return tuple(
        # Very long runs of digits are text: Python refuses to make numbers of them.
        (1, int(part), part) if part.isdecimal() and len(part) <= 1000 else (0, 0, part)  # noqa: PLR2004 - as above
        for part in parts
        if part
    )


def _plain(text: str) -> str:
    """Accents taken off, everything that a key must not hold replaced."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", errors="ignore").decode("ascii")
    return re.sub(r"[^A-Za-z0-9._-]+", "_", ascii_text)

"""Keys of the catalog: the name of a dataset's folder or of a file where that can be a key, else something like it."""

import hashlib
import re
import unicodedata
from posixpath import basename

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")

LONGEST_KEY = 128
_HASH_DIGITS = 10
_DATASET_HASH_DIGITS = 8
_UNUSABLE = re.compile(r"[^A-Za-z0-9._-]+")


def entry_key(name: str, *, reserved: frozenset[str] = frozenset()) -> str:
    """Return the key of a file or folder called `name`; the same name gives the same key, and extensions are kept.

    A name that cannot be a key, or is reserved, is spelled in plain letters and gets a hash of the real name, so that
    two different names never share a key.
    """
    if KEY.match(name) and name not in reserved:
        return name
    written = extension_of(name)
    extension = _plain(written)[:20]
    stem = _plain(name.removesuffix(written)).strip("._-") or "file"
    digest = hashlib.sha256(name.encode("utf-8", errors="surrogateescape")).hexdigest()[:_HASH_DIGITS]
    room = LONGEST_KEY - len(extension) - _HASH_DIGITS - 1
    return f"{stem[:room]}-{digest}{extension}"


def dataset_key(folder_name: str) -> str:
    """Return the key for a folder name: the name itself where it can stand in an address.

    Otherwise its readable part and a hash, so that two names never share a key by cleaning. Anybody who
    knows the folder's name can compute it, without a network.
    """
    plain = unicodedata.normalize("NFKD", folder_name).encode("ascii", "ignore").decode()
    slug = _UNUSABLE.sub("-", plain).strip("-._")
    if slug == folder_name and len(slug) <= LONGEST_KEY:
        return slug
    digest = hashlib.sha256(folder_name.encode("utf-8", "surrogateescape")).hexdigest()[:_DATASET_HASH_DIGITS]
    return f"{slug[: LONGEST_KEY - _DATASET_HASH_DIGITS - 1] or 'dataset'}-{digest}"


def extension_of(path: str) -> str:
    """Return the extension of a path's last part as it is written, dot included; empty where it has none."""
    # As that of a path object, at a tenth of its price.
    stem, _, extension = basename(path).rpartition(".")
    return f".{extension}" if stem and extension else ""


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
    return _UNUSABLE.sub("_", ascii_text)

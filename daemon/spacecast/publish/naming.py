"""The names of a dataset: its key in Tiled and refs, and the title its Onedata objects share."""

import hashlib
import re
import unicodedata
from collections.abc import Callable
from itertools import count
from pathlib import Path

_UNUSABLE_IN_KEY = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_KEY = 128
_LONGEST_TITLE = 128
_HASH_DIGITS = 8


def dataset_key(folder_name: str) -> str:
    """Return the key for a folder name: the name itself where it can stand in an address.

    Otherwise its readable part and a hash, so that two names never share a key by cleaning. Anybody who
    knows the folder's name can compute it, without a network.
    """
    plain = unicodedata.normalize("NFKD", folder_name).encode("ascii", "ignore").decode()
    slug = _UNUSABLE_IN_KEY.sub("-", plain).strip("-._")
    if slug == folder_name and len(slug) <= _LONGEST_KEY:
        return slug
    return f"{slug[: _LONGEST_KEY - _HASH_DIGITS - 1] or 'dataset'}-{_hash(folder_name)}"


def free_key(root: Path, folder_name: str, is_taken: Callable[[str], bool]) -> str:
    """Return the dataset's key, told apart by a hash of its path where another dataset has it already."""
    key = dataset_key(folder_name)
    if not is_taken(key):
        return key
    return _with_suffix(key, "-{}", str(root / folder_name), _LONGEST_KEY, is_taken)


def free_title(title: str, path: str, is_taken: Callable[[str], bool]) -> str:
    """Return the title, told apart by a hash of the dataset's path where another dataset has it already."""
    if not is_taken(title):
        return title
    return _with_suffix(title, " ({})", path, _LONGEST_TITLE, is_taken)


def _with_suffix(text: str, form: str, path: str, longest: int, is_taken: Callable[[str], bool]) -> str:
    # Salted until it is free: a hash of a path can be computed by anybody, and taken on purpose.
    for salt in count():
        suffix = form.format(_hash(f"{path}\0{salt}" if salt else path))
        candidate = text[: longest - len(suffix)].rstrip(" .-") + suffix
        if not is_taken(candidate):
            return candidate
    raise AssertionError("numbers do not end")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_HASH_DIGITS]

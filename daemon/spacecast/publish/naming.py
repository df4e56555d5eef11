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
    return f"{key[: _LONGEST_KEY - _HASH_DIGITS - 1]}-{_hash(str(root / folder_name))}"


def free_title(title: str, is_taken: Callable[[str], bool]) -> str:
    """Return the title, numbered where another dataset has it already as in `run (2)`."""
    if not is_taken(title):
        return title
    for number in count(2):
        suffix = f" ({number})"
        numbered = title[: _LONGEST_TITLE - len(suffix)].rstrip(" .-") + suffix
        if not is_taken(numbered):
            return numbered
    raise AssertionError("numbers do not end")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_HASH_DIGITS]

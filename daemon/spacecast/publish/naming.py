"""The names of a dataset: its key in Tiled and refs, the title its Onedata objects share, and its marker."""

import hashlib
import uuid
from collections.abc import Callable
from itertools import count
from pathlib import Path

from spacecast.formats import LONGEST_KEY, dataset_key

_LONGEST_TITLE = 128
_HASH_DIGITS = 8
_MARKERS = uuid.UUID("6e2b7a0c-3c0f-5d5e-9b7b-0d6c1a4f8e21")


def free_key(root: Path, folder_name: str, is_taken: Callable[[str], bool]) -> str:
    """Return the dataset's key, told apart by a hash of its path where another dataset has it already."""
    key = dataset_key(folder_name)
    if not is_taken(key):
        return key
    return _with_suffix(key, "-{}", str(root / folder_name), LONGEST_KEY, is_taken)


def free_title(title: str, path: str, is_taken: Callable[[str], bool]) -> str:
    """Return the title, told apart by a hash of the dataset's path where another dataset has it already."""
    if not is_taken(title):
        return title
    return _with_suffix(title, " ({})", path, _LONGEST_TITLE, is_taken)


def free_marker(provider_host: str, path: str, is_taken: Callable[[str], bool]) -> str:
    """Return the dataset's marker: a UUID made from where the folder lies, as the provider sees it.

    Whoever publishes this folder comes to the same one, so that what an earlier ledger, or another daemon, has made
    is found. A folder in a place from which a published one was moved gets the next one.
    """
    for salt in count():
        marker = str(uuid.uuid5(_MARKERS, f"{provider_host.lower()}\n{path}" + (f"\0{salt}" if salt else "")))
        if not is_taken(marker):
            return marker
    raise AssertionError("numbers do not end")


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

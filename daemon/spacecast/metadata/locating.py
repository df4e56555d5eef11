"""Finds where a value stands in a metadata file, so that a message can name the line."""

from spacecast.metadata.events import read_events, start_of
from spacecast.metadata.text import decode, place_of
from spacecast.metadata.tree import Pair, pairs_of


def place_of_key(data: bytes, block: str, key: str, name: str) -> str:
    """Return `NAME, line 7` for the key of a top-level block, or `NAME` alone where it is not to be found.

    Raises as `parse` does for a file that cannot be read.
    """
    _, text = decode(data, name)
    outer = _last(pairs_of(read_events(text, name)), block)
    # What an alias stands for, or a merge brought in, has no line of its own here.
    inner = _last(pairs_of(outer.value, 0), key) if outer is not None and len(outer.value) > 1 else None
    found = inner or outer
    return name if found is None else f"{name}, line {place_of(text, start_of(found.key[0])).line}"


def _last(pairs: list[Pair], name: str) -> Pair | None:
    # Of a key that stands there twice the later value counts.
    return next((pair for pair in reversed(pairs) if pair.name == name), None)

"""Set top-level blocks of a metadata file; every other byte stays as its author wrote it.

The new text is proved before it is returned: read again, it has the same events outside the block, the same
entries of others inside it, and our values exactly as meant. What cannot be proved is refused.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import yaml

from spacecast.metadata import render
from spacecast.metadata.edits import Edit, applied, change, drop, insert
from spacecast.metadata.events import read_events, start_of
from spacecast.metadata.faults import NotYet, Refused, Unreadable
from spacecast.metadata.text import decode
from spacecast.metadata.tree import ROOT, Pair, pairs_of, shape, shape_without

_DEFAULT_NAME = "the metadata file"


@dataclass(frozen=True)
class _File:
    """A metadata file's text and what its events say about it."""

    name: str
    text: str
    events: list[yaml.Event]
    pairs: list[Pair]
    pair: Pair | None
    """The block, where there is one."""


def set_blocks(old: bytes, blocks: Mapping[str, Mapping[str, str]], name: str = _DEFAULT_NAME) -> bytes:
    """Return the file with every block set; doing it twice gives the same bytes as doing it once.

    Entries and comments of others in an existing block stay. Raises Refused (see its `code`), and then none of
    the blocks can be set.
    """
    for key, values in blocks.items():
        old = set_block(old, key, values, name) if values else old
    return old


def set_block(old: bytes, key: str, values: Mapping[str, str], name: str = _DEFAULT_NAME) -> bytes:
    """Return the file with the block `key` holding `values`; see `set_blocks`."""
    render.check(key, values, name)
    mark, text = _decoded(old, name)
    file = _scan(text, key, name)
    if file.pair is not None and _holds(file.pair, values):
        return old
    for edits in _ways(file, key, values):
        new = applied(text, edits)
        if _is_proved(file, new, key, values):
            return mark + new.encode("utf-8")
    raise Refused(name, "unsafe-splice", key)


def remove_entries(old: bytes, key: str, names: Collection[str], name: str = _DEFAULT_NAME) -> bytes:
    """Return the file without the entries `names` of the block `key`, and without the block if nothing else is in it.

    Entries and comments of others stay. Raises Refused where that cannot be done safely.
    """
    mark, text = _decoded(old, name)
    file = _scan(text, key, name)
    if file.pair is None or not _has_any(file.pair, names):
        return old
    for edits in drop(text, file.pair, names, name):
        new = applied(text, edits)
        if _is_proved_without(file, new, key, names):
            return mark + new.encode("utf-8")
    raise Refused(name, "unsafe-splice", key)


def _is_proved_without(old: _File, new_text: str, key: str, names: Collection[str]) -> bool:
    try:
        new = _scan(new_text, key, old.name)
    except Refused:
        return False
    same_outside = list(shape_without(old.events, old.pair)) == list(shape_without(new.events, new.pair))
    return same_outside and _others(old.pair, names) == _others(new.pair, names) and not _has_any(new.pair, names)


def _has_any(pair: Pair | None, names: Collection[str]) -> bool:
    if pair is None or not isinstance(pair.value[0], yaml.MappingStartEvent):
        return False
    return any(entry.name in names for entry in pairs_of(pair.value, 0))


def _decoded(old: bytes, name: str) -> tuple[bytes, str]:
    try:
        mark, text = decode(old, name)
    except Unreadable as error:
        raise _refusal(error, name) from None
    if "\ufeff" in text:  # the parsers count it differently
        raise Refused(name, "inner-bom")
    return mark, text


def _refusal(error: Unreadable, name: str) -> Refused:
    place = f"line {error.line}, column {error.column}" if error.line else ""
    return Refused(name, error.code, place)


def _scan(text: str, key: str, name: str) -> _File:
    try:
        events = read_events(text, name)
    except Unreadable as error:
        raise _refusal(error, name) from None
    except NotYet:
        raise Refused(name, "not-one-document", "it is empty") from None
    pairs = pairs_of(events)
    hits = [pair for pair in pairs if pair.name == key]
    if len(hits) > 1:
        raise Refused(name, "duplicate-key", key)
    return _File(name, text, events, pairs, hits[0] if hits else None)


def _ways(file: _File, key: str, values: Mapping[str, str]) -> Iterator[list[Edit]]:
    """Yield the ways to write the block, the best first; raises Refused where there can be none."""
    indent = _indent(file)
    if file.pair is None:
        top = render.line_start(file.text, file.pairs[0].start)
        for spot in (_tail(file), top):
            yield insert(file.text, spot, key, values, indent)
        return
    start = file.pair.start
    if file.text[render.line_start(file.text, start) : start] != indent:
        raise Refused(file.name, "key-not-at-line-start", key)
    yield from change(file.text, file.pair, values, indent, file.name)


def _indent(file: _File) -> str:
    root = file.events[ROOT]
    if getattr(root, "flow_style", False):
        raise Refused(file.name, "flow-root")
    if getattr(root, "anchor", None):  # an alias to the root would see the new key
        raise Refused(file.name, "anchored-root")
    first = file.pairs[0].start
    indent = file.text[render.line_start(file.text, first) : first]
    if indent.strip(" "):
        raise Refused(file.name, "key-not-at-line-start", file.pairs[0].name or "")
    return indent


def _tail(file: _File) -> int:
    """Return the end of the document: before `...`, else the end of the file."""
    end = file.events[-2]
    return start_of(end) if getattr(end, "explicit", False) else len(file.text)


def _is_proved(old: _File, new_text: str, key: str, values: Mapping[str, str]) -> bool:
    try:
        new = _scan(new_text, key, old.name)
    except Refused:
        return False
    if new.pair is None or not _holds(new.pair, values):
        return False
    same_outside = list(shape_without(old.events, old.pair)) == list(shape_without(new.events, new.pair))
    return same_outside and _others(old.pair, values) == _others(new.pair, values)


def _holds(pair: Pair, values: Mapping[str, str]) -> bool:
    """Whether each of our values stands in the block exactly once, as it is meant; raises Refused if twice."""
    if not isinstance(pair.value[0], yaml.MappingStartEvent):
        return False
    inner = pairs_of(pair.value, 0)
    return all(_stands(inner, key, value) for key, value in values.items())


def _stands(inner: list[Pair], key: str, value: str) -> bool:
    found = [pair.value[0] for pair in inner if pair.name == key]
    return len(found) == 1 and render.reads_as(found[0], value)


def _others(pair: Pair | None, values: Collection[str]) -> list[tuple[str, ...]]:
    """Return the shapes of what is in the block and not ours."""
    if pair is None or not isinstance(pair.value[0], yaml.MappingStartEvent):
        return []
    entries = [entry for entry in pairs_of(pair.value, 0) if entry.name not in values]
    return [shape(event) for entry in entries for event in (*entry.key, *entry.value)]

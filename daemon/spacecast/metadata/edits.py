"""Where a block's text goes: the ways to change a file so that a block says what it should.

Each way is a list of edits; whether one of them is safe is proved by the caller, on the edited text. So these
functions may guess about rare shapes: a wrong guess costs a refusal, never a file.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import yaml

from spacecast.metadata import render
from spacecast.metadata.events import start_of
from spacecast.metadata.faults import Refused
from spacecast.metadata.tree import Pair, pairs_of

_COLON = re.compile(r"[ \t]*:")


@dataclass(frozen=True)
class Edit:
    """Replace the characters from `start` to `end` by `text`."""

    start: int
    end: int
    text: str


def applied(text: str, edits: list[Edit]) -> str:
    """Return `text` with all edits made; they must not overlap, and those at one place keep their order."""
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        pieces += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join(pieces) + text[at:]


def insert(text: str, spot: int, key: str, values: Mapping[str, str], indent: str) -> list[Edit]:
    """Put a new block in front of the line that starts at `spot`, or behind the end of the text."""
    end_of_line = render.end_of_line_at(text, spot)
    lead = "" if not spot or text[spot - 1] in "\r\n" else end_of_line
    return [Edit(spot, spot, lead + render.block(key, values, indent, end_of_line))]


def change(text: str, pair: Pair, values: Mapping[str, str], indent: str, name: str) -> Iterator[list[Edit]]:
    """Yield ways to make the existing block `pair` hold `values`, the best first; raises Refused."""
    if pair.is_anchored:
        raise Refused(name, "anchor-in-block", pair.name or "")
    value = pair.value[0]
    if isinstance(value, yaml.MappingStartEvent) and len(pair.value) > 2:  # noqa: PLR2004  start and end alone: `{}`
        yield from _merge(text, pair, values, name)
    elif isinstance(value, yaml.ScalarEvent) or _is_empty_collection(pair):
        yield _fill(text, pair, values, indent, name)
    else:
        raise Refused(name, "foreign-block", pair.name or "")


def _is_empty_collection(pair: Pair) -> bool:
    return len(pair.value) == 2 and not isinstance(pair.value[0], yaml.AliasEvent)  # noqa: PLR2004  start and end


def _merge(text: str, pair: Pair, values: Mapping[str, str], name: str) -> Iterator[list[Edit]]:
    """Change our values, add the missing ones, leave the lines of others alone."""
    inner = pairs_of(pair.value, 0)
    is_flow = bool(getattr(pair.value[0], "flow_style", False))
    present = {entry.name: entry for entry in inner if entry.name in values}
    if len(present) < sum(entry.name in values for entry in inner):
        raise Refused(name, "duplicate-key", f"in {pair.name}")
    changes = [
        _replace_value(text, present[key], value, is_flow=is_flow, name=name)
        for key, value in values.items()
        if key in present and not render.reads_as(present[key].value[0], value)
    ]
    missing = {key: value for key, value in values.items() if key not in present}
    if not missing:
        yield changes
    elif is_flow:
        yield [*changes, _add_in_flow(inner[-1], missing)]
    else:
        yield from ([*changes, edit] for edit in _add_lines(text, inner, missing, name))


def _replace_value(text: str, pair: Pair, value: str, *, is_flow: bool, name: str) -> Edit:
    start, end = start_of(pair.value[0]), pair.end
    if start < end and not render.END_OF_LINE.search(text, start, end):
        return Edit(start, end, render.quoted(value))
    behind_colon = _behind_colon(text, pair, name, is_flow=is_flow)
    if behind_colon is None:
        return Edit(pair.key_end, pair.key_end, f": {render.quoted(value)}")
    end = max(end, behind_colon)
    end_of_line = render.end_of_line_at(text, end) if text[end - 1] in "\r\n" else ""
    return Edit(behind_colon, end, f" {render.quoted(value)}{end_of_line}")


def _behind_colon(text: str, pair: Pair, name: str, *, is_flow: bool = False) -> int | None:
    found = _COLON.match(text, pair.key_end)
    if found is None and not is_flow:  # `? key`, or a comment between key and colon
        raise Refused(name, "key-not-at-line-start", pair.name or "")
    return found.end() if found else None


def _add_in_flow(last: Pair, missing: Mapping[str, str]) -> Edit:
    entries = "".join(f", {key}: {render.quoted(value)}" for key, value in missing.items())
    return Edit(last.end, last.end, entries)


def _add_lines(text: str, inner: list[Pair], missing: Mapping[str, str], name: str) -> Iterator[Edit]:
    """Behind the last line of the block; else before its first, where the last value forbids a neighbour."""
    top = render.line_start(text, inner[0].start)
    indent = text[top : inner[0].start]
    if indent.strip(" "):
        raise Refused(name, "key-not-at-line-start", inner[0].name or "")
    spot = render.next_line(text, inner[-1].end)
    end_of_line = render.end_of_line_at(text, spot)
    lines = render.entries(missing, indent, end_of_line)
    if text[spot - 1] in "\r\n":
        yield Edit(spot, spot, lines)
    else:
        yield Edit(spot, spot, end_of_line + lines.removesuffix(end_of_line))
    yield Edit(top, top, lines)


def _fill(text: str, pair: Pair, values: Mapping[str, str], indent: str, name: str) -> list[Edit]:
    """Put our entries below the key, in place of its value; a comment behind the value stays."""
    behind_colon = _behind_colon(text, pair, name)
    start = pair.key_end if behind_colon is None else behind_colon
    end = max(pair.end, start)
    end_of_line = render.end_of_line_at(text, end)
    lines = render.entries(values, indent + "  ", end_of_line)
    behind = render.next_line(text, end)
    rest = text[end:behind]
    if text[behind - 1] not in "\r\n":
        return [Edit(start, behind, rest + end_of_line + lines.removesuffix(end_of_line))]
    return [Edit(start, behind, (rest or end_of_line) + lines)]


def drop(text: str, pair: Pair, names: Collection[str], name: str) -> Iterator[list[Edit]]:
    """Yield ways to take the entries called `names` out of the block `pair`, the best first; raises Refused.

    The block goes with its last entry; its comments stay. Where nothing but the block is in the file, its key stays.
    """
    if pair.is_anchored:
        raise Refused(name, "anchor-in-block", pair.name or "")
    inner = pairs_of(pair.value, 0)
    leaving = [entry for entry in inner if entry.name in names]
    if len(leaving) < len(inner):
        is_flow = bool(getattr(pair.value[0], "flow_style", False))
        yield _drop_in_flow(inner, leaving) if is_flow else [_drop_lines(text, entry) for entry in leaving]
        return
    key_line = Edit(render.line_start(text, pair.start), render.next_line(text, pair.key_end), "")
    yield [key_line, *(_drop_lines(text, entry) for entry in leaving)]
    yield [_drop_lines(text, pair)]
    yield [Edit(pair.key_end, pair.end, ":")]


def _drop_lines(text: str, pair: Pair) -> Edit:
    return Edit(render.line_start(text, pair.start), render.next_line(text, pair.end), "")


def _drop_in_flow(inner: list[Pair], leaving: list[Pair]) -> list[Edit]:
    edits = []
    for entry in leaving:
        place = inner.index(entry)
        is_last_kept = all(later in leaving for later in inner[place + 1 :])
        if not is_last_kept:
            edits.append(Edit(entry.start, inner[place + 1].start, ""))
    kept = [entry for entry in inner if entry not in leaving]
    if inner[-1] in leaving:
        edits.append(Edit(kept[-1].end, inner[-1].end, ""))
    return edits

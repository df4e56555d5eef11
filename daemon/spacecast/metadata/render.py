"""How our values are written: double-quoted printable ASCII on one line.

Bare values are read differently by YAML 1.1 and 1.2 readers (`no`, `0123`, `12345e67`, `12:30:45`); a
double-quoted one is the same text for all of them.
"""

import json
import re
from collections.abc import Mapping

import yaml

from spacecast.metadata.faults import Refused

END_OF_LINE = re.compile(r"\r\n|\n|\r")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_NUMBER_TO_OTHERS = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?\Z|0[box][0-9a-fA-F]+\Z")
_RESOLVER = yaml.resolver.Resolver()
_TEXT_TAG = "tag:yaml.org,2002:str"


def check(key: str, values: Mapping[str, str], name: str) -> None:
    """Raise Refused where a key or value cannot be written so that every reader reads the same."""
    for word in (key, *values):
        if not _KEY.match(word):
            raise Refused(name, "bad-value", f"{word!r} as a key")
    for word, value in values.items():
        if not value.isascii() or not value.isprintable():
            raise Refused(name, "bad-value", f"the value of {word}")


def quoted(value: str) -> str:
    """Return `value` as a double-quoted YAML scalar."""
    return json.dumps(value)


def entries(values: Mapping[str, str], indent: str, end_of_line: str) -> str:
    """Return one line for each value, each with its line end."""
    return "".join(f"{indent}{key}: {quoted(value)}{end_of_line}" for key, value in values.items())


def block(key: str, values: Mapping[str, str], indent: str, end_of_line: str) -> str:
    """Return a whole block, each line with its line end."""
    return f"{indent}{key}:{end_of_line}" + entries(values, indent + "  ", end_of_line)


def end_of_line_at(text: str, index: int) -> str:
    r"""Return the line end in use just before `index`; `\n` in a text without any."""
    before = END_OF_LINE.findall(text, 0, index) or END_OF_LINE.findall(text) or ["\n"]
    return str(before[-1])


def line_start(text: str, index: int) -> int:
    """Return where the line of the character at `index` starts."""
    return max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1


def next_line(text: str, index: int) -> int:
    """Return where the line after the one that ends at `index` or later starts, or the end of the text."""
    if index and text[index - 1] in "\r\n":
        return index
    found = END_OF_LINE.search(text, index)
    return found.end() if found else len(text)


def reads_as(event: yaml.Event, wanted: str) -> bool:
    """Whether every YAML reader takes this node for the text `wanted`."""
    if not isinstance(event, yaml.ScalarEvent) or event.value != wanted or event.tag not in (None, _TEXT_TAG):
        return False
    return event.tag is not None or not event.implicit[0] or _is_text_when_bare(wanted)


def _is_text_when_bare(value: str) -> bool:
    tag = _RESOLVER.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]  # as above
    return tag == _TEXT_TAG and not _NUMBER_TO_OTHERS.match(value)

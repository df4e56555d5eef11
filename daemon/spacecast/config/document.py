"""A YAML file as values, together with the line of every key, so that problems can be pointed at."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from spacecast.config.problems import KeyPath, Problem

_TEXT_TAG = "tag:yaml.org,2002:str"
_MERGE_TAG = "tag:yaml.org,2002:merge"
# Quotations in the parser's words, but for its own names of tokens and for single characters.
_QUOTATION = re.compile(r" '(?!<)[^']{5,}'")


@dataclass(frozen=True, slots=True)
class Document:
    """What the file says, where each key stands, and what is wrong with the YAML itself."""

    values: Any
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def line_of(self, path: KeyPath) -> int:
        """Give the line of the key, or of the innermost section around it that is in the file."""
        return next((self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), 1)


def read_document(data: bytes) -> Document:
    """Read one YAML document; whatever is wrong with it is in `problems`, with lines, and never quotes the file."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        return Document(None, problems=(Problem(line, (), "is not UTF-8. Save the file as UTF-8"),))
    try:
        return _read_text(text)
    except yaml.YAMLError as fault:
        return Document(None, problems=(_syntax_problem(fault, text),))
    except RecursionError:
        return Document(None, problems=(Problem(1, (), "is nested too deeply for a config"),))


def _read_text(text: str) -> Document:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    walk = _Walk()
    if root is not None:
        walk.visit(root, (), ())
    if walk.unusable:
        return Document(None, walk.lines, tuple(walk.problems))
    values = yaml.constructor.SafeConstructor().construct_document(root) if root is not None else None
    return Document(values, walk.lines, tuple(walk.problems))


def _syntax_problem(fault: yaml.YAMLError, text: str) -> Problem:
    # The error's own text shows the line, which may hold a secret: only its kind and place are taken.
    if isinstance(fault, yaml.MarkedYAMLError):
        mark = fault.problem_mark or fault.context_mark
        what = _QUOTATION.sub("", fault.problem or fault.context or "cannot be read")
        if mark is not None:
            return Problem(mark.line + 1, (), f"is not YAML at column {mark.column + 1}: {what}")
        return Problem(1, (), f"is not YAML: {what}")
    at = fault.position if isinstance(fault, yaml.reader.ReaderError) else 0
    return Problem(text.count("\n", 0, at) + 1, (), "is not YAML: there is a control character")


class _Walk:
    """Collects lines and problems while it goes through the nodes."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self.unusable = False

    def visit(self, node: yaml.Node, path: KeyPath, around: tuple[yaml.Node, ...]) -> None:
        if any(node is outer for outer in around):
            self.unusable = True
            self._complain(node, path, "contains itself through an alias")
            return
        inner = (*around, node)
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.lines.setdefault((*path, index), item.start_mark.line + 1)
                self.visit(item, (*path, index), inner)
        elif isinstance(node, yaml.MappingNode):
            self._visit_mapping(node, path, inner)
        else:
            self._visit_scalar(node, path)

    def _visit_scalar(self, node: yaml.Node, path: KeyPath) -> None:
        # YAML takes 2024-99-99 for a date, and then fails on it.
        try:
            yaml.constructor.SafeConstructor().construct_document(node)
        except (ValueError, OverflowError):
            self.unusable = True
            self._complain(node, path, "looks like a date or number but is none: put quotes around it")

    def _visit_mapping(self, node: yaml.MappingNode, path: KeyPath, around: tuple[yaml.Node, ...]) -> None:
        own: dict[str, int] = {}
        for key, value in node.value:
            if key.tag == _MERGE_TAG:
                continue
            if not isinstance(key, yaml.ScalarNode) or key.tag != _TEXT_TAG:
                self._complain(key, path, "has a key that is not text: put quotes around it")
                continue
            if key.value in own:
                self._complain(key, (*path, key.value), f"is given twice, first on line {own[key.value]}. Keep one")
            own[key.value] = self.lines[*path, key.value] = key.start_mark.line + 1
            self.visit(value, (*path, key.value), around)
        for merged in _merged(node):
            self._visit_merged(merged, path, around)

    def _visit_merged(self, node: yaml.Node, path: KeyPath, around: tuple[yaml.Node, ...]) -> None:
        mine = dict(self.lines)
        self.visit(node, path, around)
        self.lines.update(mine)

    def _complain(self, node: yaml.Node, path: KeyPath, text: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, path, text))


def _merged(node: yaml.MappingNode) -> Iterator[yaml.Node]:
    for key, value in node.value:
        if key.tag == _MERGE_TAG:
            yield from value.value if isinstance(value, yaml.SequenceNode) else [value]

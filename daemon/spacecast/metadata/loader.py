"""The YAML loader for metadata files: the safe C loader, made tolerant of what people really write.

Values are published, so they keep the form that their author gave them:

- A number is a number where JSON writes it just as it stands in the file: `42`, `-3`, `0.5`, `1.0`. Any other is
  the text that stands there: `000417`, `0755`, `1_000`, `0x1F`, `12:30:45`, `1.10`, `+5`, `.5`, `1.0e+3`, `.inf`.
- A date or time is the text that stands there, with its own zone and form.
- `true`, `yes`, `on`, `false`, `no` and `off` without quotes are booleans, as in YAML 1.1; authors mean them so
  (`NotifyCompletion: yes`). As a key they are text: keys are text in JSON (`No: 12` is not about falsehood).
- What only looks like one of these (`2024-13-45`, `!!bool perhaps`), an unknown tag, a bare `=` or a list as a key
  does not make a whole file unreadable: it is the text or plain data that stands there.
"""

import json
from collections.abc import Hashable
from typing import Any

import yaml

_BOOLEAN, _INTEGER, _FLOAT, _TIMESTAMP = (f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "float", "timestamp"))
_LONGEST_NUMBER = 300
"""Characters; base-60 and hexadecimal numbers of a megabyte would cost minutes to convert."""


class MetadataLoader(yaml.CSafeLoader):
    """Constructs nothing but plain data; run it only on what `read_events` has let through."""

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Hashable, Any]:
        """Return the mapping; keys that are collections become their JSON text, `yes` and its like stay text."""
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(None, None, "expected a mapping here", node.start_mark)
        self.flatten_mapping(node)
        return {self._construct_key(key): self.construct_object(value, deep=deep) for key, value in node.value}

    def _construct_key(self, node: yaml.Node) -> Hashable:
        if isinstance(node, yaml.ScalarNode) and node.tag == _BOOLEAN:
            return str(node.value)
        return _hashable(self.construct_object(node, deep=True))


def _hashable(key: Any) -> Hashable:
    try:
        hash(key)
    except TypeError:
        return _as_text(key)
    return key  # type: ignore[no-any-return]  # hash() has just shown that it is


def _as_text(key: Any) -> str:
    try:
        return json.dumps(key, default=str, ensure_ascii=False)
    except TypeError:
        # Keys inside it that JSON has no form for.
        return repr(key)


def _or_text(tag: str) -> None:
    """Convert values of this kind where nothing of what was written is lost; else they are that text."""
    convert = yaml.CSafeLoader.yaml_constructors[tag]

    def construct(loader: MetadataLoader, node: yaml.ScalarNode) -> Any:
        if not isinstance(node, yaml.ScalarNode) or len(node.value) > _LONGEST_NUMBER:
            return _as_written(loader, node)
        try:
            value = convert(loader, node)
        except (ValueError, OverflowError, IndexError, KeyError, AttributeError):
            return node.value
        return value if isinstance(value, bool) or repr(value) == node.value else node.value

    MetadataLoader.add_constructor(tag, construct)


def _plain(loader: MetadataLoader, _suffix: str, node: yaml.Node) -> Any:
    """Return what stands there, without its tag."""
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return node.value


def _as_written(loader: MetadataLoader, node: yaml.Node) -> Any:
    return _plain(loader, "", node)


for _tag in (_BOOLEAN, _INTEGER, _FLOAT):
    _or_text(_tag)
MetadataLoader.add_constructor(_TIMESTAMP, _as_written)
# Every other tag, the application's own ones and YAML's `=` included.
MetadataLoader.add_multi_constructor("", _plain)

"""The YAML loader for metadata files: the safe C loader, made tolerant of what people really write.

A value that looks like a number or date but is none, an unknown tag, a bare `=` or a list as a key does not
make a whole metadata file unreadable: it is read as the text or plain data that stands there.
"""

import json
from collections.abc import Hashable
from typing import Any

import yaml

_LONGEST_NUMBER = 300
"""Characters; base-60 and hexadecimal numbers of a megabyte would cost minutes to convert."""


class MetadataLoader(yaml.CSafeLoader):
    """Constructs nothing but plain data; run it only on what `read_events` has let through."""

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Hashable, Any]:
        """Return the mapping; keys that are collections become their JSON text."""
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(None, None, "expected a mapping here", node.start_mark)
        self.flatten_mapping(node)
        return {
            _hashable(self.construct_object(key, deep=True)): self.construct_object(value, deep=deep)
            for key, value in node.value
        }


def _hashable(key: Any) -> Hashable:
    try:
        hash(key)
    except TypeError:
        return json.dumps(key, default=str, ensure_ascii=False)
    return key  # type: ignore[no-any-return]  # hash() has just shown that it is


def _or_text(tag: str) -> None:
    """Let values of this kind fall back to the text that was written when they cannot be converted."""
    convert = yaml.CSafeLoader.yaml_constructors[tag]

    def construct(loader: MetadataLoader, node: yaml.ScalarNode) -> Any:
        if not isinstance(node, yaml.ScalarNode) or len(node.value) > _LONGEST_NUMBER:
            return _plain(loader, "", node)
        try:
            return convert(loader, node)
        except (ValueError, OverflowError, IndexError, KeyError, AttributeError):
            return node.value

    MetadataLoader.add_constructor(tag, construct)


def _plain(loader: MetadataLoader, _suffix: str, node: yaml.Node) -> Any:
    """Return what stands there, without its tag."""
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return node.value


for _tag in ("bool", "int", "float", "timestamp"):
    _or_text(f"tag:yaml.org,2002:{_tag}")
# Every other tag, the application's own ones and YAML's `=` included.
MetadataLoader.add_multi_constructor("", _plain)

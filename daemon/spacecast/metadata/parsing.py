"""From the bytes of a metadata file to the document that the rest of Spacecast works with."""

from typing import Any

import yaml

from spacecast.metadata.events import read_events
from spacecast.metadata.faults import ADVICE, Unreadable, shown
from spacecast.metadata.loader import MetadataLoader
from spacecast.metadata.text import decode


def parse(data: bytes, name: str = "the metadata file") -> dict[Any, Any]:
    """Return the content of a metadata file.

    Keys may be of any hashable type, values of the types of YAML 1.1 (bytes and sets too); numbers that would lose
    the form in which they were written, and all dates and times, are text (see `MetadataLoader`). Raises NotYet
    where nothing but white space and comments is in it, Unreadable (with line and column) where it cannot be
    used. Time and memory are bounded whatever the bytes are.
    """
    _, text = decode(data, name)
    read_events(text, name)
    try:
        document = yaml.load(text, Loader=MetadataLoader)  # noqa: S506  a loader of ours, derived from the safe one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        problem = shown(error.problem or "a value cannot be read")
        raise Unreadable(name, "unparsable", problem, ADVICE["unparsable"], line=line, column=column) from None
    return _mapping(document, name)


def _mapping(document: Any, name: str) -> dict[Any, Any]:
    if isinstance(document, dict):
        return document
    problem = "its content is tagged as something else than a mapping"
    raise Unreadable(name, "root-not-mapping", problem, ADVICE["root-not-mapping"])

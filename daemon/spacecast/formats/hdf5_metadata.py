"""What an HDF5 file says of its acquisition: the attributes and small datasets in its tree, as in NeXus and EMD.

Read with bounds on objects, bytes and characters; what does not fit, or is not understood, is left to be read in the
file's tree. Nothing here makes a file unreadable.
"""

import struct
from collections import deque
from collections.abc import Mapping
from typing import Any, BinaryIO

from spacecast.formats import hdf5_velox
from spacecast.formats.hdf5_objects import Hdf5File, Message
from spacecast.formats.hdf5_values import attributes, is_dataset, small_dataset
from spacecast.formats.model import NotThisFormat
from spacecast.formats.nexus import common

_MOST_OBJECTS = 300
_DEEPEST = 8
_MOST_CHARACTERS = 20_000
_CHARACTERS_OF_A_VALUE = 8


def metadata(file: BinaryIO, place: int) -> dict[str, Any]:
    """Return `contents`, the tree under the file's own names, and the common vocabulary; an OSError is passed on.

    A group is a mapping of its attributes and members; a small dataset one of its attributes and its `value`.
    """
    tree = _Tree()
    try:
        tree.walk(Hdf5File(file, place))
    except (NotThisFormat, struct.error, IndexError):
        # Bytes that are not what they claim to be: what was found until then stands.
        tree.is_cut = True
    contents = _without_empty(tree.contents)
    found: dict[str, Any] = {"format": "HDF5"}
    if contents:
        found["contents"] = contents
    if tree.is_cut:
        found["contents_cut"] = True
    said = hdf5_velox.common(tree.velox) if tree.velox else common(contents)
    if tree.velox:
        found["velox"] = tree.velox
    return {**found, **said}


class _Tree:
    """What has been found so far, breadth first: what stands high up is worth most."""

    def __init__(self) -> None:
        self.contents: dict[str, Any] = {}
        self.velox: dict[str, Any] = {}
        self.is_cut = False
        self._characters_left = _MOST_CHARACTERS

    def walk(self, file: Hdf5File) -> None:
        """Go through the file's objects."""
        waiting = deque([(file.root, "", self.contents, 0)])
        seen = set()
        while waiting:
            address, path, here, depth = waiting.popleft()
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > _MOST_OBJECTS or self._characters_left <= 0:
                self.is_cut = True
                return
            messages = file.messages(address)
            self._enter(file, messages, here)
            self.is_cut = self.is_cut or file.has_more(messages)
            if is_dataset(messages):
                self._velox(file, messages, path)
            elif depth < _DEEPEST:
                for name, target in file.links(messages):
                    waiting.append((target, f"{path}/{name}", here.setdefault(name, {}), depth + 1))

    def _enter(self, file: Hdf5File, messages: list[Message], here: dict[str, Any]) -> None:
        said = dict(attributes(file, messages))
        value = small_dataset(file, messages)
        if value is not None:
            said["value"] = value
        for name, one in said.items():
            self._characters_left -= len(name) + len(str(one)) + _CHARACTERS_OF_A_VALUE
            if self._characters_left <= 0:
                return
            here.setdefault(name, one)

    def _velox(self, file: Hdf5File, messages: list[Message], path: str) -> None:
        if not self.velox and hdf5_velox.is_metadata(path):
            found = hdf5_velox.read(file, messages)
            if found:
                self.velox = {"of": path.rpartition("/")[0].lstrip("/"), **found}


def _without_empty(tree: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: _without_empty(value) if isinstance(value, Mapping) else value for name, value in tree.items()}
    return {name: value for name, value in shown.items() if value != {}}

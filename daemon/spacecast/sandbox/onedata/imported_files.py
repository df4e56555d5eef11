"""The files of a space as Onedata's database has them: what the last scan saw, not what is on the disk now."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from spacecast.sandbox.onedata.identifiers import new_id, root_uuid

ROOT_MODE = 0o775
"""The root directory of a space has this mode whatever the folder on the storage has."""


@dataclass
class FileStamp:
    """What a scan notes of a file."""

    mode: int
    size: int
    modified: int
    changed: int
    accessed: int
    modified_ns: int = 0
    changed_ns: int = 0
    user: int = 0
    group: int = 0


@dataclass
class StoredFile:
    """A file or directory of a space."""

    uuid: str
    name: str
    parent: "StoredFile | None"
    is_directory: bool
    stamp: FileStamp
    creation_time: int
    children: dict[str, "StoredFile"] = field(default_factory=dict)
    json_metadata: Any = None
    has_json: bool = False
    xattrs: dict[str, Any] = field(default_factory=dict)
    rdf: bytes | None = None

    @property
    def permissions(self) -> int:
        """The permission bits."""
        return stat.S_IMODE(self.stamp.mode)

    def ancestors(self) -> Iterator["StoredFile"]:
        """Give the parent, its parent, and so on up to the root."""
        directory = self.parent
        while directory is not None:
            yield directory
            directory = directory.parent

    def relative_path(self) -> PurePosixPath:
        """Give the path below the root of the space."""
        names = [self.name, *(directory.name for directory in self.ancestors())]
        return PurePosixPath(*reversed(names[:-1]))

    def total_size(self) -> int:
        """Give the size of a file, or of everything in a directory."""
        if not self.is_directory:
            return self.stamp.size
        return sum(child.total_size() for child in self.children.values())


class SpaceFiles:
    """All files of one space."""

    def __init__(self, space_id: str, creation_time: int) -> None:
        stamp = FileStamp(stat.S_IFDIR | ROOT_MODE, 0, creation_time, creation_time, creation_time)
        self.root = StoredFile(root_uuid(space_id), "", None, True, stamp, creation_time)
        self._by_uuid: dict[str, StoredFile] = {self.root.uuid: self.root}

    def find(self, uuid: str) -> StoredFile | None:
        """Give a file by its uuid."""
        return self._by_uuid.get(uuid)

    def at(self, path: PurePosixPath) -> StoredFile | None:
        """Give a file by its path below the root."""
        file: StoredFile | None = self.root
        for name in path.parts:
            file = None if file is None else file.children.get(name)
        return file

    def add(self, parent: StoredFile, name: str, stamp: FileStamp, creation_time: int) -> StoredFile:
        """Put a new file or directory into a directory."""
        file = StoredFile(new_id(), name, parent, stat.S_ISDIR(stamp.mode), stamp, creation_time)
        parent.children[name] = file
        self._by_uuid[file.uuid] = file
        return file

    def remove(self, file: StoredFile) -> int:
        """Take a file out, a directory with everything in it; give how many that were."""
        count = 1 + sum(self.remove(child) for child in list(file.children.values()))
        if file.parent is not None:
            file.parent.children.pop(file.name, None)
        self._by_uuid.pop(file.uuid, None)
        return count

    def walk(self, directory: StoredFile) -> Iterator[tuple[str, StoredFile]]:
        """Give everything below a directory, ordered by name, with its path relative to the directory."""
        for name in sorted(directory.children):
            child = directory.children[name]
            yield name, child
            if child.is_directory:
                for path, file in self.walk(child):
                    yield f"{name}/{path}", file

    def __len__(self) -> int:
        return len(self._by_uuid) - 1

"""The root map: where on this computer, and on others, the folders are that become datasets.

One file serves all computers of a facility; each finds its own folders in it.
"""

import fnmatch
from collections.abc import Mapping
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Self

import yaml

from spacecast.data.faults import BadReference


class RootMap:
    """Maps folders of a computer to places below the datasets' root.

    The place `""` is the root itself: each folder in it is a dataset. The place `20211227125_Demo/gatan` says that
    everything in the folder gets into that folder of that dataset. Wildcards stand for one folder each
    (`/data/users/*/datasets`). Windows and other paths may stand side by side; the longest match counts.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        for folder, place in places.items():
            if not isinstance(folder, str) or not is_absolute(folder) or not _is_place(place):
                raise BadReference(
                    f"root map: {folder!r}: {place!r} does not map an absolute folder to a place below the datasets' "
                    'root, such as "" or "20211227125_Demo/gatan".'
                )
        self._places = {_path(folder): PurePosixPath(place) for folder, place in places.items()}

    def __repr__(self) -> str:
        return f"RootMap({ {str(folder): str(place) for folder, place in self._places.items()} })"

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the map from a YAML file, `folder: place` on each line; raises BadReference where it cannot."""
        try:
            found = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise BadReference(f"{path}: the root map cannot be read: {error}") from error
        if not isinstance(found, Mapping):
            raise BadReference(f'{path}: a root map has lines such as `"D:\\data": ""`, and this file has none.')
        return cls({str(folder): "" if place is None else place for folder, place in found.items()})

    def place_of(self, path: str) -> PurePosixPath:
        """Give the place of a folder or file below the datasets' root; raises BadReference where there is none."""
        wanted = _path(path)
        if ".." in wanted.parts:
            raise BadReference(f"{path} has `..` in it: give the path without it.")
        for depth in range(len(wanted.parts), 0, -1):
            above = type(wanted)(*wanted.parts[:depth])
            for folder, place in self._places.items():
                if _matches(above, folder):
                    return place.joinpath(*wanted.parts[depth:])
        known = ", ".join(map(str, self._places)) or "none"
        raise BadReference(f"{path} is below no root of the root map ({known}). Add its root there.")


def is_absolute(text: str) -> bool:
    """Whether a text is an absolute path, of this system or of another."""
    return PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute()


def _path(text: str) -> PurePath:
    return PurePosixPath(text) if text.startswith("/") else PureWindowsPath(text)


def _is_place(place: object) -> bool:
    if not isinstance(place, str):
        return False
    path = PurePosixPath(place)
    return not path.is_absolute() and ".." not in path.parts


def _matches(path: PurePath, folder: PurePath) -> bool:
    if type(path) is not type(folder) or len(path.parts) != len(folder.parts):
        return False
    # Windows does not tell upper from lower case.
    fold = str.casefold if isinstance(path, PureWindowsPath) else str
    return all(
        fnmatch.fnmatchcase(fold(part), fold(pattern)) for part, pattern in zip(path.parts, folder.parts, strict=True)
    )

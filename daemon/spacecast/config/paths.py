"""Paths in the config: always absolute, there when the machine is checked, mapped for other machines."""

import glob
import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema

from spacecast.config.surroundings import surroundings_of
from spacecast.config.wrong import wrong


def map_path(path: PurePosixPath, mount_points: Mapping[PurePosixPath, PurePosixPath]) -> PurePosixPath:
    """Give the path as the machine behind the mount points sees it.

    The longest prefix decides, in whole components; a path below none of them is the same there.
    """
    pure = PurePosixPath(path)
    for here in sorted(mount_points, key=lambda prefix: -len(prefix.parts)):
        if pure.is_relative_to(here):
            return mount_points[here] / pure.relative_to(here)
    return pure


def is_pattern(folder: PurePath) -> bool:
    """Tell whether the path holds a wildcard (`*`, `?` or `[`) and so names several folders."""
    return glob.has_magic(str(folder))


def fixed_part(folder: Path) -> Path:
    """Give the part of a pattern above its first wildcard; the folder itself where it has none."""
    fixed = Path(folder.anchor)
    for part in folder.parts[1:]:
        if glob.has_magic(part):
            break
        fixed /= part
    return fixed


def _absolute(value: object) -> PurePosixPath:
    # The value is not repeated in messages: a secret may have been written where its file's path belongs.
    text = value if isinstance(value, str) else str(value) if isinstance(value, os.PathLike) else None
    if not text:
        raise wrong("must be an absolute path, such as /data/datasets")
    if not text.startswith("/"):
        raise wrong("is not absolute: write the whole path from / on")
    if not text.isprintable():
        raise wrong("holds a control character")
    path = PurePosixPath("/" + text.lstrip("/"))
    if ".." in path.parts:
        raise wrong("holds '..': write the path without it")
    return path


def _absolute_here(value: object) -> Path:
    return Path(_absolute(value))


def _watched_folder(folder: Path, info: ValidationInfo) -> Path:
    if folder == Path("/"):
        raise wrong("the whole machine cannot be watched: name the folder whose sub-folders are datasets")
    if "**" in folder.parts:
        raise wrong("'**' is not supported: write one * for each level of folders")
    if surroundings_of(info).check_machine:
        _require_folder(fixed_part(folder), "Create it, mount it, or correct the path")
    return folder


def _readable_file(path: Path, info: ValidationInfo) -> Path:
    if surroundings_of(info).check_machine:
        if not stat.S_ISREG(_mode(path, "file", "Create it or correct the path")):
            raise wrong(f"{path} is not a regular file. Correct the path")
        if not os.access(path, os.R_OK):
            raise wrong(f"{path} cannot be read by this user: change its owner or mode")
    return path


def _readable_folder(folder: Path, info: ValidationInfo) -> Path:
    if surroundings_of(info).check_machine:
        _require_folder(folder, "Create it or correct the path")
    return folder


def _own_folder(folder: Path, info: ValidationInfo) -> Path:
    if surroundings_of(info).check_machine:
        # The daemon makes the last component itself, with the right mode.
        there = folder if os.path.lexists(folder) else folder.parent
        _require_folder(there, f"Create it: mkdir -p -m 0700 {folder}")
    return folder


def _mode(path: Path, kind: str, remedy: str) -> int:
    try:
        return path.stat().st_mode
    except OSError as fault:
        raise wrong(f"{kind} {path}: {fault.strerror}. {remedy}") from None


def _require_folder(path: Path, remedy: str) -> None:
    if not stat.S_ISDIR(_mode(path, "folder", remedy)):
        raise wrong(f"{path} is not a folder. {remedy}")


_AS_TEXT = PlainSerializer(str, return_type=str)
_SCHEMA = WithJsonSchema({"type": "string", "pattern": "^/"})

RemotePath = Annotated[PurePosixPath, BeforeValidator(_absolute), _AS_TEXT, _SCHEMA]
AbsolutePath = Annotated[Path, BeforeValidator(_absolute_here), _AS_TEXT, _SCHEMA]
WatchedFolder = Annotated[AbsolutePath, AfterValidator(_watched_folder)]
ReadableFile = Annotated[AbsolutePath, AfterValidator(_readable_file)]
ReadableFolder = Annotated[AbsolutePath, AfterValidator(_readable_folder)]
OwnFolder = Annotated[AbsolutePath, AfterValidator(_own_folder)]

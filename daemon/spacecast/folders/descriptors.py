"""Directory descriptors: opening folders so that nobody can slip a symbolic link underneath.

A path that was checked and is then opened by name may be another one by then. So a root is opened component
by component, and everything below it through the descriptor of its folder.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spacecast.folders.faults import Unusable, Vanished
from spacecast.folders.sightings import Identity
from spacecast.folders.wording import shown

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
PASSAGE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a pipe that took the file's place would wait for a writer for ever.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def identity_of(status: os.stat_result) -> Identity:
    """Return device and inode."""
    return status.st_dev, status.st_ino


def open_below(start: int, parts: tuple[str, ...], *, last: int = FOLDER) -> int:
    """Open `parts` below the descriptor `start` one by one, following no link; the caller closes it.

    The folders on the way need search permission only. Raises OSError.
    """
    passages: list[int] = []
    try:
        for part in parts[:-1]:
            passages.append(os.open(part, PASSAGE, dir_fd=passages[-1] if passages else start))
        return os.open(parts[-1] if parts else ".", last, dir_fd=passages[-1] if passages else start)
    finally:
        for passage in passages:
            os.close(passage)


def open_root(root: Path) -> int:
    """Open a resolved root for reading; raises OSError, also when a component has become a symbolic link."""
    slash = os.open("/", PASSAGE)
    try:
        return open_below(slash, root.parts[1:])
    finally:
        os.close(slash)


@contextmanager
def opened_root(root: Path) -> Iterator[int]:
    """Give the descriptor of a root for the length of a `with` block; raises OSError."""
    descriptor = open_root(root)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def single_component(name: str) -> str:
    """Return `name` when it is one plain path component; raises Unusable otherwise."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise Unusable(f"{shown(name)!r} is not the name of a folder or file.")
    return name


def relative_parts(path: str) -> tuple[str, ...]:
    """Return the components of a path below a folder; raises Unusable when it could lead out of it."""
    if not path or path.startswith("/"):
        raise Unusable(f"{shown(path)} is not a path below a dataset's folder.")
    return tuple(single_component(part) for part in path.split("/"))


def open_regular(folder: int, name: str, what: str) -> int:
    """Open a regular file in a folder for reading, without ever opening anything else.

    Raises OSError; Unusable when it is not a regular file; Vanished when it was swapped meanwhile.
    """
    before = os.stat(name, dir_fd=folder, follow_symlinks=False)
    refuse_irregular(before, what)
    descriptor = os.open(name, FILE, dir_fd=folder)
    if identity_of(os.fstat(descriptor)) == identity_of(before):
        return descriptor
    os.close(descriptor)
    raise Vanished(f"{what} was replaced while it was opened.")


def refuse_irregular(status: os.stat_result, what: str) -> None:
    """Raise Unusable unless `status` is that of a regular file."""
    if not stat.S_ISREG(status.st_mode):
        raise Unusable(f"{what} is {kind_of(status)}, not a regular file. Put a regular file in its place.")


def kind_of(status: os.stat_result) -> str:
    """Return the kind of a file in words for people."""
    return _KINDS.get(stat.S_IFMT(status.st_mode), "of an unknown kind")


_KINDS = {
    stat.S_IFREG: "a regular file",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}

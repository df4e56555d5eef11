"""Disks that fail at a chosen call, or from there on until somebody mends them: what the daemon does with files.

Counted are the calls that the discovery, the reading of metadata and data files, and the write-back make. Each is
known by the function that makes it and its how many-th it is there, since looks at the folders come as they come.
"""

import errno
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from spacecast.folders import opening
from spacecast.metadata.operations import SYSTEM, FileOperations

_OPERATIONS = [name for name in vars(FileOperations) if not name.startswith("_")]
_CALLS = ("open", "stat", "fstat", "access", "listdir", "read", "scandir")
_ROOMS = ("spacecast.folders.", "spacecast.publish.", "spacecast.catalog.", "spacecast.formats.")
# Files of the kernel, which no disk serves.
_NOT_OF_A_DISK = {"spacecast.folders.inotify", "spacecast.folders.limits"}
PASSING = {name: getattr(errno, name) for name in ("ENOSPC", "EIO", "ESTALE", "EMFILE")}
FOR_A_PERSON = {name: getattr(errno, name) for name in ("EACCES", "EROFS")}
ERRORS = {**PASSING, **FOR_A_PERSON}
# What must not leak is done, and then fails.
_ALWAYS_DONE = {"close", "release_lease"}
DATA_READ = "data file read"


@dataclass(frozen=True)
class FileCall:
    """One call: where it is made, and its how many-th it is there."""

    place: str
    number: int

    def __str__(self) -> str:
        return f"{self.place} #{self.number}"


class FailingFiles:
    """Fails the chosen call with an error; with `stay` all calls of every kind that follow, too."""

    def __init__(
        self, patch: pytest.MonkeyPatch, chosen: FileCall | None = None, number: int = 0, *, stay: bool = False
    ) -> None:
        self._chosen, self._number, self._stay = chosen, number, stay
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._is_cleared = False
        self.calls: list[FileCall] = []
        self.failed = 0
        for name in _OPERATIONS:
            place = f"metadata {name}"
            patch.setattr(SYSTEM, name, self._around(getattr(SYSTEM, name), lambda place=place: place), raising=False)
        for name in _CALLS:
            patch.setattr(os, name, self._around(getattr(os, name), lambda name=name: _place_of_caller(name)))
        patch.setattr(opening._NotedFile, "readinto", self._reading(opening._NotedFile.readinto))

    def clear(self) -> None:
        """Let everything work from now on."""
        self._is_cleared = True

    def reach(self, place: str) -> bool:
        """Count a call and say whether it fails."""
        with self._lock:
            self._seen[place] += 1
            call = FileCall(place, self._seen[place])
            self.calls.append(call)
            fails = not self._is_cleared and (call == self._chosen or (self._stay and self.failed > 0))
            self.failed += fails
            return fails

    def error(self) -> OSError:
        """Give the error with which calls fail."""
        return OSError(self._number, os.strerror(self._number))

    def _reading(self, original: Callable[[Any, Any], int | None]) -> Callable[[Any, Any], int | None]:
        """Let the reads of data files count and fail as one kind of call, whatever the file."""

        def readinto(file: Any, buffer: Any) -> int | None:
            if self.reach(DATA_READ):
                raise self.error()
            return original(file, buffer)

        return readinto

    def _around(self, original: Callable[..., Any], place_of: Callable[[], str | None]) -> Callable[..., Any]:
        name = original.__name__

        def call(*arguments: Any, **named: Any) -> Any:
            place = place_of()
            if place is None or _is_passage(name, arguments):
                return original(*arguments, **named)
            fails = self.reach(place)
            if fails and name not in _ALWAYS_DONE:
                raise self.error()
            result = original(*arguments, **named)
            if fails:
                raise self.error()
            return _FailingListing(self, place, result) if name == "scandir" else result

        return call


def _is_passage(name: str, arguments: tuple[Any, ...]) -> bool:
    """Whether this is one of the folders on the way to a root: as many as the path happens to have."""
    return name == "open" and len(arguments) == 2 and arguments[0] != "/" and bool(arguments[1] & os.O_PATH)


def _place_of_caller(name: str) -> str | None:
    frame = sys._getframe(3)
    module = frame.f_globals.get("__name__", "")
    if not module.startswith(_ROOMS) or module in _NOT_OF_A_DISK:
        return None
    return f"{module.removeprefix('spacecast.')}.{frame.f_code.co_name} {name}"


class _FailingListing:
    """A listing in progress whose next entry may not come."""

    def __init__(self, failing: FailingFiles, place: str, entries: Any) -> None:
        self._failing, self._place, self._entries = failing, f"{place}, an entry", entries

    def close(self) -> None:
        self._entries.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._failing.reach(self._place):
            raise self._failing.error()
        return next(self._entries)


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """Give a file system of its own that holds so much; skips the test where none may be mounted."""
    folder.mkdir()
    if os.system(f"mount -t tmpfs -o size={size_bytes} tmpfs {folder} 2>/dev/null") != 0:
        pytest.skip("no file system may be mounted here")
    try:
        yield folder
    finally:
        os.system(f"umount -l {folder}")

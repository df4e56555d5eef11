"""Tells whether anybody has opened, read or changed anything in a folder that is none of theirs."""

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spacecast.folders.inotify import Inotify, _libc

_EVERYTHING = 0x00000FFF


class Sentinel:
    """Watches a folder and every file in it: a file with a second name elsewhere is known by itself only."""

    def __init__(self, folder: Path) -> None:
        self._inotify = Inotify()
        self._folder = folder
        for path in (folder, *(path for path in folder.rglob("*") if not path.is_symlink())):
            assert (
                _libc.inotify_add_watch(self._inotify.descriptor, os.fsencode(path), ctypes.c_uint32(_EVERYTHING)) > 0
            )

    def events(self) -> list[tuple[str, str]]:
        """What has happened since the last time: the name and the kind."""
        return [(event.name, hex(event.mask)) for event in self._inotify.read()]

    def is_awake(self) -> bool:
        """Whether an access is really noticed; what it has noticed is forgotten."""
        next(path for path in self._folder.iterdir() if path.is_file()).read_bytes()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if self.events():
                return True
        return False

    def close(self) -> None:
        self._inotify.close()


@contextmanager
def sentinel(folder: Path) -> Iterator[Sentinel]:
    """Watch while the `with` block runs."""
    watching = Sentinel(folder)
    try:
        assert watching.is_awake()
        watching.events()
        yield watching
        assert watching.is_awake()
    finally:
        watching.close()

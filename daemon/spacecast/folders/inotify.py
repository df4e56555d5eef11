"""inotify(7) by ctypes: one descriptor, watches added and removed, events with overflow as a plain value."""

import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ATTRIBUTES = 0x00000004
CLOSE_WRITE = 0x00000008
MOVED_FROM = 0x00000040
MOVED_TO = 0x00000080
CREATE = 0x00000100
DELETE = 0x00000200
DELETE_SELF = 0x00000400
MOVE_SELF = 0x00000800
UNMOUNT = 0x00002000
QUEUE_OVERFLOW = 0x00004000
IGNORED = 0x00008000
ONLY_FOLDERS = 0x01000000
DO_NOT_FOLLOW = 0x02000000
EXCLUDE_UNLINKED = 0x04000000
IS_FOLDER = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_HEADER = struct.Struct("iIII")
_BUFFER_BYTES = 64 * 1024


class Event(NamedTuple):
    """One event: the watch it belongs to (-1 for the queue itself), what happened, and the name in the folder."""

    watch: int
    mask: int
    name: str


def parse(buffer: bytes) -> Iterator[Event]:
    """Yield the events of one read; names that are not UTF-8 keep their bytes as `os.fsdecode` does."""
    position = 0
    while position < len(buffer):
        watch, mask, _cookie, length = _HEADER.unpack_from(buffer, position)
        position += _HEADER.size
        name = buffer[position : position + length].rstrip(b"\0")
        position += length
        yield Event(watch, mask, os.fsdecode(name))


class Inotify:
    """One inotify instance. Raises OSError with EMFILE when the instance limit is reached."""

    def __init__(self) -> None:
        self.descriptor = _checked(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC), "inotify_init1")

    def add(self, folder: Path | str, mask: int) -> int:
        """Watch a folder, never through a link, and return the watch's number; ENOSPC is the watch limit."""
        flags = mask | ONLY_FOLDERS | DO_NOT_FOLLOW
        path = os.fsencode(folder)
        return _checked(_libc.inotify_add_watch(self.descriptor, path, ctypes.c_uint32(flags)), str(folder))

    def remove(self, watch: int) -> None:
        """End a watch; the kernel may have ended it before, then nothing happens."""
        _libc.inotify_rm_watch(self.descriptor, watch)

    def read(self) -> list[Event]:
        """Return the events that wait now; never blocks."""
        try:
            return list(parse(os.read(self.descriptor, _BUFFER_BYTES)))
        except BlockingIOError:
            return []

    def close(self) -> None:
        """End all watches."""
        os.close(self.descriptor)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result

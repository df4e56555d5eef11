"""What makes a folder the same folder after a rename, and another one after it was removed and made again.

File systems use inode numbers again, so the moment of birth belongs to it where the file system keeps it.
"""

import ctypes
import os
import struct
from functools import cache
from pathlib import Path
from typing import NamedTuple

_CURRENT_FOLDER, _NO_FOLLOW, _EMPTY_PATH = -100, 0x100, 0x1000
_BIRTH_TIME = 0x800
_RESULT_BYTES, _SECONDS_AT = 256, 80
_NANOSECONDS = 1_000_000_000


class Origin(NamedTuple):
    """Device, inode and moment of birth, which is None where the file system does not tell it."""

    device: int
    inode: int
    born_ns: int | None

    def is_of(self, recorded: object) -> bool:
        """Say whether a record, as a list of these three or of the first two, is of the same folder."""
        if not isinstance(recorded, (list, tuple)) or list(recorded[:2]) != [self.device, self.inode]:
            return False
        born_ns = recorded[2] if len(recorded) > len(("device", "inode")) else None
        return None in (born_ns, self.born_ns) or born_ns == self.born_ns


def origin_of(folder: int) -> Origin:
    """Return the origin of an open folder; raises OSError."""
    status = os.fstat(folder)
    return Origin(status.st_dev, status.st_ino, _born_ns(folder, b"", _EMPTY_PATH))


def origin_at(path: Path) -> Origin | None:
    """Return the origin of what is at a path now, a link itself included; None where nothing is. Raises OSError."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Origin(status.st_dev, status.st_ino, _born_ns(_CURRENT_FOLDER, os.fsencode(path), _NO_FOLLOW))


def _born_ns(folder: int, path: bytes, flags: int) -> int | None:
    result = ctypes.create_string_buffer(_RESULT_BYTES)
    statx = _statx()
    if statx is None or statx(folder, path, flags, _BIRTH_TIME, result) != 0:
        return None
    (known,) = struct.unpack_from("=I", result, 0)
    seconds, nanoseconds = struct.unpack_from("=qI", result, _SECONDS_AT)
    return int(seconds * _NANOSECONDS + nanoseconds) if known & _BIRTH_TIME else None


@cache
def _statx() -> "ctypes._NamedFuncPointer | None":
    function = getattr(ctypes.CDLL(None, use_errno=True), "statx", None)
    if function is not None:
        function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint, ctypes.c_char_p]
        function.restype = ctypes.c_int
    return function

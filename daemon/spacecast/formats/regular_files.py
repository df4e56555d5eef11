"""Open a file for the Tiled server's adapter so that nobody can lead it elsewhere with a symbolic link."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from spacecast.faults import NeedsPerson

_PASSAGE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a pipe that took the file's place would wait for a writer for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Irregular(NeedsPerson):
    """The path leads through a symbolic link, or to something that is no regular file; the text says which."""


def open_regular(path: Path) -> BinaryIO:
    """Open the regular file at an absolute path, following no link anywhere on the way.

    Raises Irregular, and OSError for anything else that is wrong.
    """
    descriptor = _open(path)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return open(descriptor, "rb", buffering=0)  # noqa: PTH123 - a descriptor has no path
    os.close(descriptor)
    raise Irregular(f"{path.name} is not a regular file.")


def _open(path: Path) -> int:
    folder = os.open(path.anchor, _PASSAGE)
    try:
        for part in path.parts[1:-1]:
            above, folder = folder, os.open(part, _PASSAGE, dir_fd=folder)
            os.close(above)
        return os.open(path.name, _FILE, dir_fd=folder)
    except OSError as error:
        # A link on the way is no folder, a link in the file's place is one too many.
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            raise Irregular(
                f"{path.name} is, or lies behind, a symbolic link, and links are not followed. "
                "Put the file itself there; if the link is one of the server's own, let the dataset be registered "
                "under its resolved path."
            ) from error
        raise
    finally:
        os.close(folder)

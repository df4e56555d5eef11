"""Look into one file of a dataset, without letting its troubles become those of the others."""

import errno
import io
from collections.abc import Callable
from dataclasses import dataclass
from posixpath import basename
from typing import BinaryIO

from spacecast.catalog.selection import MAY_CARRY_TOKEN, MOST_BYTES_SEARCHED, holds_token
from spacecast.faults import Fault, NotPermitted, Passing
from spacecast.formats import Description, Unreadable, describe

CANNOT_BE_OPENED = "it cannot be opened: "
"""How the reason begins for a file that is closed to us."""

Opener = Callable[[str], BinaryIO]
"""Opens a file by its path below the dataset's folder; raises a Fault where it cannot."""


@dataclass(frozen=True)
class Withheld:
    """A file that must not get into the catalog at all."""

    reason: str


@dataclass(frozen=True)
class Unsearched:
    """A small file that could not be read just now: nobody knows yet whether it may be given out."""

    reason: str


@dataclass(frozen=True)
class Obstacle:
    """A file that could not be read for a reason that lies in no property of the file itself."""

    path: str
    lacks_permission: bool
    """Whether somebody must give permission; otherwise the disk did not answer, which passes."""


def look_into(
    open_file: Opener, path: str, size: int, on_obstacle: Callable[[Obstacle], None]
) -> Description | Withheld | Unsearched:
    """Find out how a file can be read as data, and whether it may be given out.

    A file that cannot be opened is an Unreadable. A small one in which no token could be looked for is Unsearched where
    that passes, and Withheld where it stays closed to us. `on_obstacle` hears of a file of which more will be known
    another time.
    """
    is_small = to_be_searched = size <= MOST_BYTES_SEARCHED
    try:
        with open_file(path) as file:
            content = _content(file, size) if is_small else b""
            if holds_token(content):
                return Withheld(MAY_CARRY_TOKEN)
            to_be_searched = False
            # What has been read whole need not be asked of the disk again, piece by piece.
            return describe(io.BytesIO(content) if len(content) == size else file, basename(path), size)
    except Passing as fault:
        on_obstacle(Obstacle(path, lacks_permission=False))
        return _later(f"{CANNOT_BE_OPENED}{fault}", to_be_searched=to_be_searched)
    except Fault as fault:
        if isinstance(fault, NotPermitted):
            on_obstacle(Obstacle(path, lacks_permission=True))
        reason = f"{CANNOT_BE_OPENED}{fault}"
        return (
            Withheld(f"{reason} Until it is known what is in it, it is not given out")
            if is_small
            else Unreadable(reason)
        )
    except OSError as error:
        on_obstacle(Obstacle(path, lacks_permission=error.errno in (errno.EACCES, errno.EPERM)))
        return _later(f"it cannot be read: {error.strerror or error}", to_be_searched=to_be_searched)


def _content(file: BinaryIO, size: int) -> bytes:
    """Read a small file, up to what is searched of one that has grown meanwhile."""
    content = file.read(min(size + 1, MOST_BYTES_SEARCHED))
    return content if len(content) <= size else content + file.read(MOST_BYTES_SEARCHED - len(content))


def _later(reason: str, *, to_be_searched: bool) -> Unreadable | Unsearched:
    return Unsearched(reason) if to_be_searched else Unreadable(reason, try_again=True)

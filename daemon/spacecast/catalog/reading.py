"""Look into one file of a dataset, without letting its troubles become those of the others."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import BinaryIO

from spacecast.faults import Fault, Passing
from spacecast.formats import Description, Unreadable, describe

Opener = Callable[[PurePosixPath], BinaryIO]
"""Opens a file by its path below the dataset's folder; raises a Fault where it cannot."""


def read_header(open_file: Opener, path: PurePosixPath, size: int) -> Description:
    """Find out how a file can be read as data; a file that cannot be opened is an Unreadable."""
    try:
        with open_file(path) as file:
            return describe(file, path.name, size)
    except Fault as fault:
        return Unreadable(f"it cannot be opened: {fault}", try_again=isinstance(fault, Passing))
    except OSError as error:
        return Unreadable(f"it cannot be read: {error.strerror or error}", try_again=True)

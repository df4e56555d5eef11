"""A read lease: while it is held, somebody who opens the file for writing waits, and we get to know.

Without it, an editor that opened the file just before the swap would write into the old file after our last
look at it, and that save would be lost. The kernel breaks a lease after `fs.lease-break-time`; it is held for
milliseconds here.
"""

import contextlib
import errno
import signal
from collections.abc import Iterator

from spacecast.metadata.faults import LostRace, shown
from spacecast.metadata.operations import FileOperations

_OPEN_FOR_WRITING = {errno.EAGAIN, errno.EBUSY}
# Not the owner, or a file system without leases: the comparison after the swap is all there is.
_NOT_TO_BE_HAD = {errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.ENOLCK}


def ignore_lease_signal() -> None:
    """Let a broken lease not end the process; call it once in the main thread at start."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)


class Lease:
    """A lease on an open file, or none where none can be had."""

    def __init__(self, operations: FileOperations, descriptor: int, *, is_held: bool) -> None:
        self._operations = operations
        self._descriptor = descriptor
        self.is_held = is_held

    def is_wanted_back(self) -> bool:
        """Whether somebody is waiting to open the file for writing."""
        return self.is_held and self._operations.is_lease_wanted_back(self._descriptor)


@contextlib.contextmanager
def read_lease(operations: FileOperations, descriptor: int, name: str) -> Iterator[Lease]:
    """Hold a lease on a file opened for reading; raises LostRace where somebody has it open for writing."""
    lease = Lease(operations, descriptor, is_held=_take(operations, descriptor, name))
    try:
        yield lease
    finally:
        if lease.is_held:
            operations.release_lease(descriptor)


def _take(operations: FileOperations, descriptor: int, name: str) -> bool:
    try:
        operations.take_lease(descriptor)
    except OSError as error:
        if error.errno in _OPEN_FOR_WRITING:
            raise LostRace(f"{shown(name)} is open for writing; it is looked at again.") from None
        if error.errno in _NOT_TO_BE_HAD:
            return False
        raise
    return True

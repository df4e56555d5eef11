"""The calls to the file system that writing a metadata file makes, in one replaceable object.

They work on names below an open directory and never follow a symbolic link, so that nobody who swaps a folder
or file for a link can lead a write elsewhere. A test replaces the object to let any single call fail.
"""

import ctypes
import errno
import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from functools import cache

_RENAME_NO_REPLACE = 1
_RENAME_EXCHANGE = 2
NO_SUCH_RENAME = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}
"""What a file system answers that can neither exchange two names nor rename without replacing."""
_OPEN_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not hold us up


class FileOperations:
    """Each method is one system call, or one loop of it; all raise OSError."""

    def open(self, directory: int, name: str, flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
        """Open `name` in the directory; never through a symbolic link."""
        return os.open(name, flags | _OPEN_FLAGS, mode, dir_fd=directory)

    def close(self, descriptor: int) -> None:
        """Close a file."""
        os.close(descriptor)

    def fstat(self, descriptor: int) -> os.stat_result:
        """Return the status of an open file."""
        return os.fstat(descriptor)

    def stat(self, directory: int, name: str) -> os.stat_result:
        """Return the status of `name` in the directory, or of the link that it is."""
        return os.stat(name, dir_fd=directory, follow_symlinks=False)

    def read(self, descriptor: int, limit: int) -> bytes:
        """Return the first `limit` bytes of a file, wherever its position is."""
        data = b""
        while len(data) < limit and (piece := os.pread(descriptor, limit - len(data), len(data))):
            data += piece
        return data

    def write(self, descriptor: int, data: bytes, offset: int = 0) -> None:
        """Write all of `data` at `offset`."""
        while data:
            written = os.pwrite(descriptor, data, offset)
            data, offset = data[written:], offset + written

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut a file to `size` bytes."""
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Return when the file or directory is on the disk."""
        os.fsync(descriptor)

    def change_mode(self, descriptor: int, mode: int) -> None:
        """Set the permissions."""
        os.fchmod(descriptor, mode)

    def change_owner(self, descriptor: int, user: int, group: int) -> None:
        """Set owner and group."""
        os.fchown(descriptor, user, group)

    def attributes(self, descriptor: int) -> list[str]:
        """Return the names of the extended attributes, the access list among them."""
        return os.listxattr(descriptor)

    def attribute(self, descriptor: int, attribute: str) -> bytes:
        """Return the value of an extended attribute."""
        return os.getxattr(descriptor, attribute)

    def set_attribute(self, descriptor: int, attribute: str, value: bytes) -> None:
        """Set an extended attribute."""
        os.setxattr(descriptor, attribute, value)

    def remove_attribute(self, descriptor: int, attribute: str) -> None:
        """Remove an extended attribute."""
        os.removexattr(descriptor, attribute)

    def names(self, directory: int) -> Iterator[str]:
        """Yield the names in the directory as the disk has them; there may be a million."""
        with os.scandir(directory) as entries:
            for entry in entries:
                yield entry.name

    def link(self, directory: int, source: str, target: str) -> None:
        """Give a file a second name; fails where `target` exists."""
        os.link(source, target, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)

    def rename(self, directory: int, source: str, target: str) -> None:
        """Rename `source` over `target`."""
        os.rename(source, target, src_dir_fd=directory, dst_dir_fd=directory)

    def rename_new(self, directory: int, source: str, target: str) -> None:
        """Rename `source` to `target`; fails where `target` exists, or (NO_SUCH_RENAME) always."""
        _rename(directory, source, target, _RENAME_NO_REPLACE)

    def exchange(self, directory: int, first: str, second: str) -> None:
        """Swap two names at one instant; NO_SUCH_RENAME where the file system cannot."""
        _rename(directory, first, second, _RENAME_EXCHANGE)

    def unlink(self, directory: int, name: str) -> None:
        """Remove a name."""
        os.unlink(name, dir_fd=directory)

    def take_lease(self, descriptor: int) -> None:
        """Take a read lease; EAGAIN where the file is open for writing."""
        # Ignored by default, unlike SIGIO: no process ends because nobody called `ignore_lease_signal`.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)

    def is_lease_wanted_back(self, descriptor: int) -> bool:
        """Whether somebody waits to open the file for writing."""
        return fcntl.fcntl(descriptor, fcntl.F_GETLEASE) != fcntl.F_RDLCK

    def release_lease(self, descriptor: int) -> None:
        """Give the lease back; whoever waits goes on."""
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def _rename(directory: int, source: str, target: str, flags: int) -> None:
    result = _renameat2()(directory, os.fsencode(source), directory, os.fsencode(target), flags)
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), source)


@cache
def _renameat2() -> Callable[..., int]:
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:  # a C library without it
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    function.restype = ctypes.c_int
    return function  # type: ignore[no-any-return]  # ctypes does not know better


SYSTEM = FileOperations()
"""The real thing."""

"""One download at a time into a folder: another one, of this program or not, waits until it has ended."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = "lock"
# Each time somebody else, who is done by then, has taken the lock away.
_MOST_TRIES = 1000

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError as error:
                # So it ends after ten seconds in which somebody else had it.
                if error.errno != errno.EDEADLK:
                    raise
            else:
                return

    def _is_still(_file: Path, _descriptor: int) -> bool:
        return True

    def _release(file: Path, descriptor: int) -> None:
        # A file that somebody has open, whoever waits included, cannot be removed.
        os.close(descriptor)
        with suppress(OSError):
            file.unlink()
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _is_still(file: Path, descriptor: int) -> bool:
        try:
            return os.path.samestat(file.lstat(), os.fstat(descriptor))
        except OSError as error:
            # NFS says so of a file that another computer has removed.
            if error.errno in (errno.ENOENT, errno.ESTALE):
                return False
            raise

    def _release(file: Path, descriptor: int) -> None:
        # While it is locked: whoever waits for it sees that it is another file by then.
        with suppress(OSError):
            file.unlink()
        os.close(descriptor)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep others who lock the same folder out while the `with` block runs; the folder is there only as long as needed.

    Raises OSError where the folder, or the file `LOCK` in it, cannot be made, or is a link. On file systems without
    locks nobody is kept out.
    """
    file = folder / LOCK
    descriptor = _locked(file)
    try:
        yield
    finally:
        _release(file, descriptor)
        with suppress(OSError):
            folder.rmdir()


def _locked(file: Path) -> int:
    for _ in range(_MOST_TRIES):
        descriptor = _opened(file)
        try:
            with suppress(OSError):
                _lock(descriptor)
            if _is_still(file, descriptor):
                return descriptor
        except BaseException:
            # Ctrl-C while others are waited for: a lock that nobody knows of would keep everybody out.
            os.close(descriptor)
            raise
        os.close(descriptor)
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK), str(file))


def _opened(file: Path) -> int:
    for _ in range(_MOST_TRIES):
        # Whoever was there first may take the folder away just now.
        with suppress(FileNotFoundError, FileExistsError):
            return _made(file)
    return _made(file)


def _made(file: Path) -> int:
    folder = file.parent
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(folder))
    # Others of the group may have to wait for it, as the folder lets them.
    return os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)

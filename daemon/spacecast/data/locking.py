"""One download at a time into a folder: another one, of this program or not, waits until it has ended."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep others who lock the same folder out while the `with` block runs; the folder is there only as long as needed.

    Raises OSError where the folder cannot be made. On file systems without locks nobody is kept out.
    """
    file = folder / "lock"
    descriptor = _locked(file)
    try:
        yield
    finally:
        # While it is locked: whoever waits for it sees that it is another file by then.
        with suppress(OSError):
            file.unlink()
        os.close(descriptor)
        with suppress(OSError):
            folder.rmdir()


def _locked(file: Path) -> int:
    while True:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Whoever was there first may take the folder away just now.
        with suppress(FileNotFoundError):
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
            with suppress(OSError):
                _lock(descriptor)
            if _is_still(file, descriptor):
                return descriptor
            os.close(descriptor)


def _is_still(file: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False

"""One daemon per ledger: a lock that goes with its process, however that ends."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from spacecast.faults import NeedsPerson

LOCK_FILE = "spacecast.lock"


class LedgerLocked(NeedsPerson):
    """Another daemon works with this ledger."""


class LockUnusable(NeedsPerson):
    """The lock's file cannot be opened, so that nothing is known of other daemons."""


class LedgerLock:
    """Holds `spacecast.lock` in the state folder, with the holder's process number in it.

    Used as a context manager; entering raises LedgerLocked when somebody else holds it, and LockUnusable when
    its file cannot be opened. The kernel lets go of it when the process ends, so a kill leaves nothing to clean up.
    """

    def __init__(self, state_folder: Path) -> None:
        self._path = state_folder / LOCK_FILE
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        descriptor = self._opened()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise LedgerLocked(
                f"{self._path} is held by process {holder}: another Spacecast works with this state folder. "
                f"Stop it (systemctl stop spacecast), or give this one a state_folder of its own"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return self

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise LockUnusable(
                f"{self._path} cannot be opened: {error.strerror}. The state folder and all in it belong to the user "
                f"that runs the daemon: start it as that user, or give this one a state_folder of its own"
            ) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

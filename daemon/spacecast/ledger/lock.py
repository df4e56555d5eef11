"""One daemon per ledger: a lock that goes with its process, however that ends."""

import fcntl
import os
import socket
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from spacecast.faults import NeedsPerson
from spacecast.ledger.trouble import LedgerUnusable

LOCK_FILE = "spacecast.lock"
_LONGEST_NOTE = 512


class LedgerLocked(NeedsPerson):
    """Another daemon works with this ledger."""


class LockUnusable(NeedsPerson):
    """The lock cannot be had, and nothing is known of other daemons."""


class LedgerLock:
    """Holds `spacecast.lock` in the state folder, with the holder's process number, host and time in it.

    Used as a context manager; entering raises LedgerLocked when somebody else holds it, and LockUnusable when
    its file cannot be opened or its file system has no locks. The kernel lets go of it when the process ends, so a
    kill leaves nothing to clean up.
    """

    def __init__(self, state_folder: Path) -> None:
        self._path = state_folder / LOCK_FILE
        self._descriptor: int | None = None
        self.was_left_behind = False
        """Whether the holder before did not end in order: it was killed, the power was cut, or its ledger unusable."""

    def __enter__(self) -> Self:
        descriptor = self._opened()
        try:
            self._take(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
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

    def _take(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LedgerLocked(
                f"{self._path} is held by process {_told(holder_of(descriptor))}: another Spacecast works with this "
                f"state folder. Stop it (systemctl stop spacecast), or give this one a state_folder of its own"
            ) from error
        except OSError as error:
            raise LockUnusable(
                f"{self._path} cannot be locked: {error.strerror}. A second daemon would go unnoticed there: set "
                f"state_folder to a folder on a local disk"
            ) from error
        self._write_note(descriptor)

    def _write_note(self, descriptor: int) -> None:
        self.was_left_behind = bool(holder_of(descriptor))
        since = datetime.now().astimezone().isoformat(" ", "seconds")
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n{socket.gethostname()}\n{since}\n".encode(), 0)
        except OSError as error:
            raise LockUnusable(f"{self._path} cannot be written: {error.strerror}. Make room on its disk") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            # After an end by what was found in the ledger the next start looks at it in every respect.
            if not isinstance(error, LedgerUnusable):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def holder_of(descriptor: int) -> list[str]:
    """Return process number, host and time that the holder of a lock has written into its file, as far as it has."""
    return os.pread(descriptor, _LONGEST_NOTE, 0).decode("utf-8", "replace").split("\n")[:-1]


def _told(holder: list[str]) -> str:
    process, host, since = (*holder, *("unknown",) * 3)[:3]
    return f"{process} on {host} since {since}"

"""File systems and ledgers that fail at a chosen call, or from there on until somebody mends them."""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from spacecast.ledger import Ledger
from spacecast.metadata.operations import SYSTEM, FileOperations
from support import torture

OPERATIONS = [name for name in vars(FileOperations) if not name.startswith("_")]
PASSING = {name: getattr(errno, name) for name in ("ENOSPC", "EIO", "ESTALE", "EMFILE")}
FOR_A_PERSON = {name: getattr(errno, name) for name in ("EACCES", "EROFS")}
ERRORS = {**PASSING, **FOR_A_PERSON}
# What must not leak is done, and then fails.
_ALWAYS_DONE = {"close", "release_lease"}


class FailingCalls:
    """Fails call number `nth` of the file system (from 1) with an error; all later ones, too, with `stay`."""

    def __init__(self, patch: pytest.MonkeyPatch, nth: int, number: int, *, stay: bool) -> None:
        self._nth, self._number, self._stay = nth, number, stay
        self.calls = 0
        self.failed = 0
        self._is_cleared = False
        for name in OPERATIONS:
            patch.setattr(SYSTEM, name, self._around(name, getattr(SYSTEM, name)), raising=False)

    def clear(self) -> None:
        """Let everything work from now on."""
        self._is_cleared = True

    def _around(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.calls += 1
            fails = self.calls == self._nth or (self._stay and self.calls > self._nth)
            fails = fails and not self._is_cleared
            if fails and name not in _ALWAYS_DONE:
                self.failed += 1
                raise OSError(self._number, os.strerror(self._number))
            result = original(*arguments)
            if fails:
                self.failed += 1
                raise OSError(self._number, os.strerror(self._number))
            return result

        return call


class FailingLedger:
    """Fails write number `nth` of the ledger as SQLite does; later ones, too, with `stay`."""

    def __init__(self, patch: pytest.MonkeyPatch, nth: int, message: str, *, stay: bool) -> None:
        self._nth, self._message, self._stay = nth, message, stay
        self.writes = 0
        self.failed = 0
        self._is_cleared = False
        original = torture.open_ledger

        def opened(url: str) -> Ledger:
            ledger = original(url)
            sa.event.listen(ledger._engine, "before_cursor_execute", self._before)
            return ledger

        patch.setattr(torture, "open_ledger", opened)

    def clear(self) -> None:
        """Let everything work from now on."""
        self._is_cleared = True

    def _before(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            return
        self.writes += 1
        if not self._is_cleared and (self.writes == self._nth or (self._stay and self.writes > self._nth)):
            self.failed += 1
            raise sa.exc.OperationalError(statement, parameters, sqlite3.OperationalError(self._message))


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """Give a file system of its own that holds so much; skips the test where none may be mounted."""
    folder.mkdir()
    if os.system(f"mount -t tmpfs -o size={size_bytes} tmpfs {folder} 2>/dev/null") != 0:
        pytest.skip("no file system may be mounted here")
    try:
        yield folder
    finally:
        os.system(f"umount -l {folder}")

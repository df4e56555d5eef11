"""Ledgers that fail at a chosen statement, or from there on until somebody mends them, as SQLite fails."""

import re
import sqlite3
import threading
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from spacecast.ledger import Ledger
from support import torture

ERRORS = (
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
    "attempt to write a readonly database",
)
REPLY_LOST = "disk I/O error after it was done"
_TABLE = re.compile(r"(?:FROM|INTO|UPDATE)\s+(\w+)", re.IGNORECASE)


class FailingLedger:
    """Fails one statement of the daemon's threads; all later ones, too, with `stay`.

    `chosen` is what a statement does, its table, and its how many-th it is of its like: `("INSERT stage", 2)`.
    """

    def __init__(
        self, patch: pytest.MonkeyPatch, chosen: tuple[str, int] | None = None, message: str = "", *, stay: bool = False
    ) -> None:
        self._chosen, self._message, self._stay = chosen, message, stay
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._is_cleared = False
        self.statements: list[tuple[str, int]] = []
        self.failed = 0
        original = torture.open_ledger

        def opened(url: str) -> Ledger:
            ledger = original(url)
            sa.event.listen(ledger._engine, "before_cursor_execute", self._before)
            patch.setattr(ledger._engine.dialect, "do_commit", self._committing(ledger._engine.dialect.do_commit))
            return ledger

        patch.setattr(torture, "open_ledger", opened)

    def clear(self) -> None:
        """Let everything work from now on."""
        self._is_cleared = True

    def _before(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        verb = statement.split(maxsplit=1)[0].upper()
        if verb == "PRAGMA":
            return
        table = _TABLE.search(statement)
        if self._reach(f"{verb} {table[1] if table else ''}".strip()):
            raise self._error()

    def _committing(self, original: Any) -> Any:
        def commit(connection: Any) -> None:
            # Reading ends with it as well, where nothing is written.
            fails = connection.in_transaction and self._reach("COMMIT")
            if fails and self._message != REPLY_LOST:
                raise self._error()
            original(connection)
            if fails:
                raise self._error()

        return commit

    def _reach(self, what: str) -> bool:
        if threading.current_thread() is threading.main_thread():
            return False  # the test itself looks into the ledger
        with self._lock:
            self._seen[what] += 1
            statement = (what, self._seen[what])
            self.statements.append(statement)
            fails = not self._is_cleared and (statement == self._chosen or (self._stay and self.failed > 0))
            self.failed += fails
            return fails

    def _error(self) -> sa.exc.OperationalError:
        return sa.exc.OperationalError(None, None, sqlite3.OperationalError(self._message))

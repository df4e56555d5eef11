"""How the ledger's tables are read and written: every call is one transaction, safe from any thread."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from spacecast.ledger import soundness, statements
from spacecast.ledger.server_lock import ServerLock
from spacecast.ledger.trouble import LedgerUnusable, told

# Some milliseconds of the database's work.
_INSTRUCTIONS_BETWEEN_LOOKS = 100_000
# Whoever writes longer waits for another process; those behind then wait for the file itself.
_TURN_SECONDS = 5.0


class Tables:
    """A database with the ledger's tables, and the clock by which its rows are dated; `file` is None for a server."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        file: Path | None = None,
        lock: ServerLock | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._file = file
        self._lock = lock
        self._identity = _identity(file)
        self._clock = clock
        self._damage: LedgerUnusable | None = None
        self._turn = threading.Lock()

    def close(self) -> None:
        """Let go of all database connections."""
        if self._lock is not None:
            self._lock.release()
        self._engine.dispose()

    def check_in_place(self) -> None:
        """Raise LedgerUnusable if the ledger's file was removed or replaced, or has shown to be damaged, since opening.

        Raises LedgerLocked where another daemon has taken a server's ledger after the connection was lost.

        What is written after that would be lost, so whoever works with the ledger has to end.
        """
        if self._damage is not None:
            raise self._damage
        if self._lock is not None:
            self._lock.keep()
        if _identity(self._file) != self._identity:
            raise LedgerUnusable(
                f"ledger {self._file} was removed or replaced while it was in use. At the next start the one that is "
                f"there then is used, or a new one built; what was published meanwhile is found again"
            )

    def check_whole(self, stop: threading.Event) -> None:
        """Check what `open_ledger` has left for later; ends early, and says nothing, soon after `stop` is set.

        Raises LedgerUnusable where the file is damaged, which `check_in_place` does from then on as well, and
        LedgerTrouble where it cannot be read at the moment.
        """
        if self._file is None:
            return
        with self._reading() as connection:
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(stop.is_set, _INSTRUCTIONS_BETWEEN_LOOKS)
            try:
                soundness.check_pages(connection, self._file, thorough=False)
            except sa.exc.OperationalError:
                if not stop.is_set():
                    raise
            finally:
                driver.set_progress_handler(None, 0)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with told(self._file):
                yield
        except LedgerUnusable as damage:
            self._damage = damage
            raise

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with self._told(), self._engine.connect() as connection:
            # A file's driver begins no transaction by itself, and setting this costs as much as a short query.
            if self._file is None:
                connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction, which ends with the `with` block: all of it is written, or nothing."""
        with self._told(), self._in_turn(), writing(self._engine) as connection:
            yield connection

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let the threads write one after the other: a file takes one writer, and who finds it taken sleeps."""
        has_turn = self._file is not None and self._turn.acquire(timeout=_TURN_SECONDS)
        try:
            yield
        finally:
            if has_turn:
                self._turn.release()

    def _write(self, statement: sa.Executable) -> None:
        with self._writing() as connection:
            connection.execute(statement)

    def _put(self, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        with self._writing() as connection:
            statements.put(connection, table, key, values)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection in a transaction that may write from its beginning on, so that two writers queue up."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection


def storable(text: str) -> str:
    """Return a text that every database takes: what is not Unicode in it is written out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _identity(file: Path | None) -> tuple[int, int] | None:
    try:
        status = file.stat() if file is not None else None
    except FileNotFoundError:
        return None
    return (status.st_dev, status.st_ino) if status is not None else None

"""One daemon per ledger on a database server, whatever host it runs on: a lock that goes with its connection."""

import time
from collections.abc import Callable
from contextlib import ExitStack

import sqlalchemy as sa

from spacecast.ledger.lock import LedgerLocked

# Any number that nobody else takes in this database.
_NUMBER = 0x5370_6163_6563_6173
# A server notices that a daemon was killed some milliseconds after it.
_LOOKS = 10
_BETWEEN_LOOKS_SECONDS = 0.05
_TAKE = sa.text("SELECT pg_try_advisory_lock(:number)")
_HOLDER = sa.text(
    "SELECT a.pid, coalesce(a.client_hostname, host(a.client_addr), 'this host') AS host, a.backend_start AS since "
    "FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND ((l.classid::bigint << 32) | l.objid::bigint) = :number LIMIT 1"
)


class ServerLock:
    """Holds PostgreSQL's advisory lock of the ledger from `take` to `release`; not safe for several threads."""

    def __init__(self, engine: sa.Engine, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._engine, self._sleep = engine, sleep
        self._connection: sa.Connection | None = None

    def take(self) -> None:
        """Take the lock; raises LedgerLocked where another daemon has it, and what the database raises."""
        with ExitStack() as stack:
            connection = stack.enter_context(self._engine.connect().execution_options(isolation_level="AUTOCOMMIT"))
            if not self._is_taken(connection):
                raise _locked(self._engine, connection.execute(_HOLDER, {"number": _NUMBER}).first())
            self._connection = connection
            stack.pop_all()

    def _is_taken(self, connection: sa.Connection) -> bool:
        for _ in range(_LOOKS):
            if connection.execute(_TAKE, {"number": _NUMBER}).scalar_one():
                return True
            self._sleep(_BETWEEN_LOOKS_SECONDS)
        return False

    def keep(self) -> None:
        """Take the lock again if the connection was lost; raises LedgerLocked where another daemon was quicker.

        While the server is away nothing happens: nobody can work with the ledger then.
        """
        try:
            if self._connection is not None:
                self._connection.execute(sa.text("SELECT 1"))
                return
        except sa.exc.DBAPIError:
            self.release()
        try:
            self.take()
        except sa.exc.OperationalError:
            return

    def release(self) -> None:
        """Let go of the lock, with its connection."""
        if self._connection is not None:
            # Not back into the pool, where the lock would live on.
            if not self._connection.invalidated:
                self._connection.detach()
            self._connection.close()
            self._connection = None


def _locked(engine: sa.Engine, holder: sa.Row[tuple[int, str, object]] | None) -> LedgerLocked:
    who = f"{holder.pid} of the server, from {holder.host} since {holder.since}" if holder is not None else "unknown"
    address = engine.url.render_as_string(hide_password=True)
    return LedgerLocked(
        f"ledger {address} is held by process {who}: another Spacecast works with this ledger. Stop it, or give this "
        f"one a ledger and folders of its own"
    )

"""Opens the ledger: checks that it is sound, brings it to the present version, keeps it private."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from spacecast.faults import NeedsPerson
from spacecast.ledger import schema
from spacecast.ledger.store import Ledger
from spacecast.ledger.tables import writing

_BUSY_MILLISECONDS = 15_000


class LedgerUnusable(NeedsPerson):
    """The ledger is damaged, too new, or cannot be reached."""


def open_ledger(url: str, *, read_only: bool = False, clock: Callable[[], float] = time.time) -> Ledger:
    """Open the ledger behind a database URL, making it first where there is none.

    A new SQLite file is readable by its owner only. With `read_only` nothing is made or changed, as
    `spacecast status` beside a running daemon needs it. Raises LedgerUnusable with what to do when the
    ledger is damaged, comes from a newer release, is missing (read only) or cannot be reached.
    """
    file = _sqlite_file(url)
    try:
        if file is not None:
            _prepare_file(file, read_only=read_only)
        engine = _engine(url)
        _check_and_migrate(engine, url, read_only=read_only)
    except (sa.exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise LedgerUnusable(_unusable(url, error)) from error
    return Ledger(engine, clock=clock)


def _sqlite_file(url: str) -> Path | None:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def _prepare_file(file: Path, *, read_only: bool) -> None:
    if read_only:
        file.stat()
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    file.chmod(0o600)


def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url, pool_size=16, max_overflow=32)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_connection)
    return engine


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver's own transaction handling would begin too late, and let two writers meet.
    connection.isolation_level = None
    # FULL: a confirmed remote object must still be known after a power cut.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _check_and_migrate(engine: sa.Engine, url: str, *, read_only: bool) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not read_only:
            _check_soundness(connection, url)
        found = schema.version_of(connection)
    if found > schema.PRESENT_VERSION:
        raise LedgerUnusable(
            f"{_shown(url)} was written by a newer Spacecast (ledger version {found}, this release knows "
            f"{schema.PRESENT_VERSION}): install that release again, or restore the ledger's backup"
        )
    if found < schema.PRESENT_VERSION and read_only:
        raise LedgerUnusable(f"{_shown(url)} has ledger version {found}: start the daemon once, it upgrades it")
    if found < schema.PRESENT_VERSION:
        with writing(engine) as connection:
            schema.migrate(connection)


def _check_soundness(connection: sa.Connection, url: str) -> None:
    if connection.dialect.name != "sqlite":
        return
    verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if verdict != "ok":
        raise LedgerUnusable(f"{_shown(url)} is damaged ({verdict}). {_REMEDY}")


_REMEDY = (
    "Stop the daemon, restore the file from a backup, or move it away: Spacecast then builds a new ledger "
    "from the metadata files and publishes nothing twice"
)


def _shown(url: str) -> str:
    file = _sqlite_file(url)
    return f"ledger {file or sa.make_url(url).render_as_string(hide_password=True)}"


def _unusable(url: str, error: Exception) -> str:
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    if isinstance(error, FileNotFoundError):
        return f"{_shown(url)} does not exist yet: start the daemon first, or correct state_folder in the config"
    if "not a database" in cause or "malformed" in cause:
        return f"{_shown(url)} is damaged ({cause}). {_REMEDY}"
    return f"{_shown(url)} cannot be opened: {cause}"

"""Opens the ledger: checks that it is sound, brings it to the present version, keeps it private."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import sqlalchemy as sa
import structlog

from spacecast.ledger import schema, soundness
from spacecast.ledger.migrating import MIGRATIONS, Migration, make, migrate, present_version
from spacecast.ledger.server_lock import ServerLock
from spacecast.ledger.store import Ledger
from spacecast.ledger.trouble import LedgerUnusable, cause_of, damaged, is_damage

log = structlog.get_logger()

# A mebibyte: the file beside the ledger stays small, so that a disk with little room holds both.
_PAGES_BEFORE_CHECKPOINT = 256
_BUSY_MILLISECONDS = 15_000
# Of each connection, of which there are some ten; the kernel keeps the file in memory once for all of them.
_CACHE_KIBIBYTES = 512


def open_ledger(
    url: str,
    *,
    read_only: bool = False,
    thorough: bool = False,
    alone: bool = False,
    history_later: bool = False,
    clock: Callable[[], float] = time.time,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> Ledger:
    """Open the ledger behind a database URL, making it first where there is none.

    A new SQLite file is readable by its owner only. With `read_only` nothing is made, checked or changed, as
    `spacecast status` beside a running daemon needs it; `thorough` also compares indexes with rows. A daemon asks for
    it `alone`: a ledger on a server is then its own until it is closed, as LedgerLock keeps one in the state folder.
    With `history_later` and without `thorough`, what is only ever shown is left to `Ledger.check_whole`.
    Raises LedgerUnusable with what to do when the ledger is damaged, something else, from a newer release, missing
    (read only), or cannot be reached, and LedgerLocked when another daemon has it.
    """
    file = _sqlite_file(url)
    try:
        if file is not None:
            _prepare_file(file, read_only=read_only)
        engine = _engine(url, file)
        lock = ServerLock(engine) if alone and file is None else None
        try:
            if lock is not None:
                lock.take()
            _check_version(engine, url, migrations, read_only=read_only)
            if not read_only:
                _bring_up(engine, file, migrations, thorough=thorough, history_later=history_later)
        except BaseException:
            if lock is not None:
                lock.release()
            engine.dispose()
            raise
    except (sa.exc.SQLAlchemyError, sqlite3.Error, OSError, LookupError) as error:
        raise _unusable(url, error) from error
    return Ledger(engine, file=file, lock=lock, clock=clock)


def _sqlite_file(url: str) -> Path | None:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(unquote(parsed.database))


def _prepare_file(file: Path, *, read_only: bool) -> None:
    if read_only:
        file.stat()
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists() or not file.stat().st_size:
        _set_aside(file.with_name(f"{file.name}-wal"))
        log.info("new ledger", file=str(file), reason="what was published before is found again, not published twice")
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    file.chmod(0o600)
    soundness.check_file(file)
    soundness.check_belonging(file)


def _set_aside(left_over: Path) -> None:
    """Keep the write-ahead log of a ledger that is gone: it must not be played into the next one."""
    if left_over.exists() and left_over.stat().st_size:
        aside = left_over.with_name(f"{left_over.name}.without-ledger-{time.strftime('%Y%m%d-%H%M%S')}")
        left_over.rename(aside)
        log.warning("write-ahead log without a ledger set aside", file=str(aside))


def _engine(url: str, file: Path | None) -> sa.Engine:
    if file is None:
        return sa.create_engine(url, pool_size=16, max_overflow=32)
    # Never made by the driver: a ledger that was removed while in use must not be replaced by an empty one.
    address = f"file:{quote(str(file.absolute()))}?mode=rw"
    engine = sa.create_engine(
        "sqlite:///ledger",
        creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False),
        poolclass=sa.QueuePool,
        pool_size=16,
        max_overflow=32,
    )
    sa.event.listen(engine, "connect", _prepare_connection)
    return engine


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver's own transaction handling would begin too late, and let two writers meet.
    connection.isolation_level = None
    # FULL: a confirmed remote object must still be known after a power cut.
    for pragma in (
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        f"wal_autocheckpoint={_PAGES_BEFORE_CHECKPOINT}",
        "foreign_keys=ON",
        f"cache_size=-{_CACHE_KIBIBYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _check_version(engine: sa.Engine, url: str, migrations: Sequence[Migration], *, read_only: bool) -> None:
    present = present_version(migrations)
    with _looking(engine) as connection:
        found = schema.version_of(connection)
    if found > present:
        raise LedgerUnusable(
            f"{_shown(url)} was written by a newer Spacecast (ledger version {found}, this release knows {present}): "
            f"install that release again, or {_way_back(_sqlite_file(url), present)}"
        )
    if found < present and read_only:
        raise LedgerUnusable(f"{_shown(url)} has ledger version {found}: start the daemon once, it upgrades it")


def _way_back(file: Path | None, present: int) -> str:
    if file is None:
        return "restore the dump of the database from before the upgrade"
    return f"put the copy in its place that was made before the upgrade ({file}.before-version-{present + 1})"


def _bring_up(
    engine: sa.Engine, file: Path | None, migrations: Sequence[Migration], *, thorough: bool, history_later: bool
) -> None:
    """Check the ledger, make it where the database is empty, upgrade it where it is older."""
    pages_are_left = history_later and not thorough
    with _looking(engine) as connection:
        found = schema.version_of(connection)
    if file is not None and pages_are_left and found == present_version(migrations):
        _check_side_by_side(engine, file)
        return
    if file is not None:
        with _looking(engine) as connection:
            check = (
                soundness.check_pages_relied_on if pages_are_left else partial(soundness.check_pages, thorough=thorough)
            )
            check(connection, file)
    if found == 0:
        make(engine, migrations)
    elif found < present_version(migrations):
        migrate(engine, file, migrations)
        log.info("ledger upgraded", before=found, after=present_version(migrations))
    _check_content(engine, file, thorough=thorough)


def _check_side_by_side(engine: sa.Engine, file: Path) -> None:
    """Check pages and content at once: with years of datasets either takes a second, and a start waits for both."""
    with ThreadPoolExecutor(1, "ledger content") as beside:
        content = beside.submit(_check_content, engine, file, thorough=False)
        with _looking(engine) as connection:
            # Its verdict comes first: content that cannot be read is what a damaged page looks like.
            soundness.check_pages_relied_on(connection, file)
        content.result()


def _check_content(engine: sa.Engine, file: Path | None, *, thorough: bool) -> None:
    with _looking(engine) as connection:
        soundness.check_content(connection, file, thorough=thorough)


@contextmanager
def _looking(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


def _shown(url: str) -> str:
    file = _sqlite_file(url)
    return f"ledger {file or sa.make_url(url).render_as_string(hide_password=True)}"


def _unusable(url: str, error: Exception) -> LedgerUnusable:
    cause, file = cause_of(error), _sqlite_file(url)
    if isinstance(error, FileNotFoundError):
        return LedgerUnusable(
            f"{_shown(url)} does not exist yet: start the daemon first, or correct state_folder in the config"
        )
    if isinstance(error, LookupError) or is_damage(error):
        return damaged(file, cause)
    remedy = "Start the database server, or correct ledger in the config" if file is None else _remedy(file, cause)
    return LedgerUnusable(f"{_shown(url)} cannot be opened: {cause}. {remedy}")


def _remedy(file: Path, cause: str) -> str:
    folder = file.parent
    if "full" in cause or "No space" in cause:
        return f"Make room on the disk of {folder} (`df -h {folder}`) and start again"
    return f"The user that runs the daemon must be able to write to it and to its folder: `ls -ld {folder} {file}*`"

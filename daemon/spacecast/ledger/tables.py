"""How the ledger's tables are read and written: every call is one transaction, safe from any thread."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from spacecast.faults import Passing


class LedgerTrouble(Passing):
    """The ledger cannot be read or written at the moment: its disk is full, or its server away."""


class Tables:
    """A database with the ledger's tables, and the clock by which its rows are dated."""

    def __init__(self, engine: sa.Engine, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def close(self) -> None:
        """Let go of all database connections."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _as_fault(), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction, which ends with the `with` block: all of it is written, or nothing."""
        with _as_fault(), writing(self._engine) as connection:
            yield connection

    def _write(self, statement: sa.Executable) -> None:
        with self._writing() as connection:
            connection.execute(statement)

    def _upsert(self, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        matches = [table.c[name] == value for name, value in key.items()]
        with self._writing() as connection:
            changed = connection.execute(table.update().where(*matches).values(**values)).rowcount
            if not changed:
                connection.execute(table.insert().values(**key, **values))


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


@contextmanager
def _as_fault() -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as error:
        # Never the statement: it holds what was to be written.
        cause = str(error.orig).strip().partition("\n")[0]
        raise LedgerTrouble(
            f"The ledger cannot be used: {cause}. Work goes on by itself once it can; look at the disk of the state "
            f"folder, or at the database server"
        ) from error


def beyond_newest(columns: Any, dataset_id: int, number: int) -> sa.Select[Any]:
    """Select the rows of a dataset that are older than its newest `number`."""
    return sa.select(columns.id).where(columns.dataset_id == dataset_id).order_by(columns.id.desc()).offset(number)

"""How the ledger's tables are read and written: every call is one transaction, safe from any thread."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa


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
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    def _write(self, statement: sa.Executable) -> None:
        with self._engine.begin() as connection:
            connection.execute(statement)

    def _upsert(self, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        matches = [table.c[name] == value for name, value in key.items()]
        with self._engine.begin() as connection:
            changed = connection.execute(table.update().where(*matches).values(**values)).rowcount
            if not changed:
                connection.execute(table.insert().values(**key, **values))


def beyond_newest(columns: Any, dataset_id: int, number: int) -> sa.Select[Any]:
    """Select the rows of a dataset that are older than its newest `number`."""
    return sa.select(columns.id).where(columns.dataset_id == dataset_id).order_by(columns.id.desc()).offset(number)

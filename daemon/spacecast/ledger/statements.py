"""The statements that every dataset needs over and over, each made once.

Making one takes several times what the database needs to carry it out. All name rows by the values of some columns.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

Values = Mapping[str, Any]


def rows(connection: sa.Connection, table: sa.Table, **wanted: Any) -> sa.CursorResult[Any]:
    """Return the rows that have these values."""
    return connection.execute(_selection(table, tuple(wanted)), _old(wanted))


def has(connection: sa.Connection, table: sa.Table, **wanted: Any) -> bool:
    """Say whether there is a row that has these values."""
    return rows(connection, table, **wanted).first() is not None


def add(connection: sa.Connection, table: sa.Table, **values: Any) -> int:
    """Add a row and return its number, where rows have one; raises sqlalchemy's IntegrityError where it may not be."""
    made = connection.execute(_addition(table), values).inserted_primary_key
    number: int = made[0]  # type: ignore[index] # one row, one key
    return number


def put(connection: sa.Connection, table: sa.Table, key: Values, values: Values) -> None:
    """Change the row with this primary key, or add it; raises sqlalchemy's IntegrityError where it may not be."""
    # Not the databases' own words for it: SQLAlchemy makes a statement with these anew each time.
    if not change(connection, table, key, values):
        connection.execute(_addition(table), {**key, **values})


def change(connection: sa.Connection, table: sa.Table, wanted: Values, values: Values) -> int:
    """Change the rows that have these values, and return how many there are."""
    new = {f"new_{name}": value for name, value in values.items()}
    return connection.execute(_change(table, tuple(wanted), tuple(values)), {**_old(wanted), **new}).rowcount


def remove(connection: sa.Connection, table: sa.Table, **wanted: Any) -> None:
    """Remove the rows that have these values."""
    connection.execute(_removal(table, tuple(wanted)), _old(wanted))


@cache
def _selection(table: sa.Table, wanted: tuple[str, ...]) -> sa.Select[Any]:
    return sa.select(table).where(*_matches(table, wanted))


@cache
def _addition(table: sa.Table) -> sa.Insert:
    return table.insert()


@cache
def _change(table: sa.Table, wanted: tuple[str, ...], names: tuple[str, ...]) -> sa.Update:
    values = {name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    return table.update().where(*_matches(table, wanted)).values(values)


@cache
def _removal(table: sa.Table, wanted: tuple[str, ...]) -> sa.Delete:
    return table.delete().where(*_matches(table, wanted))


def _matches(table: sa.Table, wanted: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == sa.bindparam(f"old_{name}", type_=table.c[name].type) for name in wanted]


def _old(wanted: Values) -> dict[str, Any]:
    return {f"old_{name}": value for name, value in wanted.items()}

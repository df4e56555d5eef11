"""Whether a database is a ledger, and a sound one: asked at each start, before anything relies on it."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from spacecast.ledger import schema
from spacecast.ledger.records import Condition, State
from spacecast.ledger.trouble import LedgerUnusable, damaged, move_away

_MAGIC = b"SQLite format 3\0"
# History is most of a ledger, and only ever shown.
_RELIED_ON = [table for table in schema.tables.sorted_tables if table is not schema.event]
# What SQLite calls the values of a column.
_STORED_AS: Mapping[type[Any], tuple[str, ...]] = {
    sa.JSON: ("text",),
    sa.Text: ("text",),
    sa.LargeBinary: ("blob",),
    sa.Float: ("real", "integer"),
    sa.Boolean: ("integer",),
    sa.Integer: ("integer",),
}


def check_file(file: Path) -> None:
    """Raise LedgerUnusable where a file that is not empty does not begin as a database does."""
    with file.open("rb") as content:
        head = content.read(len(_MAGIC))
    if head and head != _MAGIC:
        raise damaged(file, "it is not an SQLite database")


def check_belonging(file: Path) -> None:
    """Raise LedgerUnusable where the database holds something, but no ledger; nothing of it is changed."""
    with closing(sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro", uri=True)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    if tables and schema.version.name not in tables:
        raise LedgerUnusable(
            f"{file} is a database, but not a ledger of Spacecast (it holds {', '.join(tables[:3])}). Correct "
            f"state_folder in the config, or move that file away: {move_away(file)}"
        )


def check_pages(connection: sa.Connection, file: Path, *, thorough: bool) -> None:
    """Raise LedgerUnusable where the file's pages do not fit together; `thorough` compares indexes with rows too."""
    _require_ok(connection, file, f"{'integrity_check' if thorough else 'quick_check'}(1)")
    _require_owners(connection, file, "foreign_key_check")


def check_pages_relied_on(connection: sa.Connection, file: Path) -> None:
    """Do the same for all tables but history, which is most of a ledger; `check_pages` has to follow.

    What only a look at the whole file tells, as a page that belongs to two tables, is left to that.
    """
    _require_length(connection, file)
    present = sa.inspect(connection).get_table_names()
    for table in _RELIED_ON:
        if table.name in present:
            _require_ok(connection, file, f"quick_check({table.name})")
            _require_owners(connection, file, f"foreign_key_check({table.name})")


def _require_length(connection: sa.Connection, file: Path) -> None:
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size:
        return  # it may hold the pages that are not in the file yet
    pages, page_bytes = (
        connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
    )
    if file.stat().st_size < pages * page_bytes:
        raise damaged(file, "its end is missing")


def _require_ok(connection: sa.Connection, file: Path, check: str) -> None:
    verdict = connection.exec_driver_sql(f"PRAGMA {check}").scalar()
    if verdict != "ok":
        raise damaged(file, str(verdict).strip().replace("\n", " "))


def _require_owners(connection: sa.Connection, file: Path, check: str) -> None:
    orphan = connection.exec_driver_sql(f"PRAGMA {check}").first()
    if orphan is not None:
        raise damaged(file, f"{orphan[0]} has rows of a dataset that is not there")


def check_content(connection: sa.Connection, file: Path | None, *, thorough: bool) -> None:
    """Raise LedgerUnusable where tables or columns are missing, or what is in them has no meaning.

    `thorough` reads every row but history, and so finds text that is none; raises the database's error for it.
    """
    for look in (_missing, _meaningless, _unknown_words):
        for problem in look(connection):
            raise damaged(file, problem)
    if thorough:
        for table in _RELIED_ON:
            for _row in connection.execute(sa.select(sa.text("*")).select_from(table)):
                pass


def _missing(connection: sa.Connection) -> Iterator[str]:
    inspector = sa.inspect(connection)
    present = set(inspector.get_table_names())
    for table in schema.tables.sorted_tables:
        if table.name not in present:
            yield f"the table {table.name} is missing"
            continue
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        if absent := {column.name for column in table.columns} - columns:
            yield f"{table.name} lacks {', '.join(sorted(absent))}"


def _meaningless(connection: sa.Connection) -> Iterator[str]:
    # Only SQLite keeps whatever type a row says it has; a database server also watches over what it takes for JSON.
    if connection.dialect.name != "sqlite":
        return
    for table in _RELIED_ON:
        # One look at each row for all of it: there are a million of them.
        wrong = " OR ".join(map(_is_wrong, table.columns))
        found = connection.exec_driver_sql(f"SELECT 1 FROM {table.name} NOT INDEXED WHERE {wrong} LIMIT 1").first()
        if found is not None:
            yield f"{table.name} holds a value of a wrong type, or something unreadable"


def _is_wrong(column: sa.Column[Any]) -> str:
    # Compared one by one, which costs a third less than a search in a list of words.
    has_wrong_type = " AND ".join(f"typeof(\"{column.name}\") <> '{name}'" for name in _types(column))
    is_unreadable = f' OR NOT json_valid("{column.name}")' if isinstance(column.type, sa.JSON) else ""
    return f"({has_wrong_type}){is_unreadable}"


def _types(column: sa.Column[Any]) -> tuple[str, ...]:
    names = next(names for kind, names in _STORED_AS.items() if isinstance(column.type, kind))
    return (*names, *(("null",) if column.nullable else ()))


def _unknown_words(connection: sa.Connection) -> Iterator[str]:
    if connection.dialect.name != "sqlite":
        return
    for column, words in ((schema.dataset.c.state, State), (schema.stage.c.condition, Condition)):
        known = ", ".join(f"'{word.value}'" for word in words)
        # From the rows: an index may still hold what a row does not.
        query = f'SELECT 1 FROM {column.table.name} NOT INDEXED WHERE "{column.name}" NOT IN ({known}) LIMIT 1'
        if connection.exec_driver_sql(query).first() is not None:
            yield f"{column.table.name}.{column.name} holds a word without meaning"

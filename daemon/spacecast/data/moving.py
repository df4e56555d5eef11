"""The database of a downloaded catalog: one file that can be moved, copied and put on a read-only medium.

Tiled keeps absolute addresses only. A table of our own says for which folder they were written.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from spacecast.data.faults import BadReference
from spacecast.formats import unaddressable

_TABLE = "spacecast_root"
# Some of the files may have been deleted.
_FILES_LOOKED_FOR = 100


def address_of(path: Path) -> str:
    """Give a file's address as Tiled spells it: nothing is encoded."""
    return f"file://localhost{path.as_posix() if path.as_posix().startswith('/') else '/' + path.as_posix()}"


def check_address(folder: Path) -> None:
    """Raise BadReference for a folder whose files Tiled cannot find: it takes addresses apart like web addresses."""
    found = unaddressable(str(folder))
    if found is not None:
        raise BadReference(
            f"{folder} has {found!r} in its path, which Tiled cannot address in a catalog. Use a folder without it, "
            "or move this one to such a place."
        )


def seal(database: Path, data: Path) -> None:
    """Write down where the data is, and fold the log into the one file, so that this can be moved or made read-only."""
    with closing(sqlite3.connect(database)) as connection:
        with connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} (root TEXT)")
            connection.execute(f"DELETE FROM {_TABLE}")
            connection.execute(f"INSERT INTO {_TABLE} VALUES (?)", (address_of(data),))
        # Where somebody has it open it stays as it is, and becomes one file when they close it.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")


def written_for(database: Path) -> str | None:
    """Give the address of the folder that the catalog was written for; None where Spacecast did not download it."""
    with closing(_read_only(database)) as connection:
        try:
            row = connection.execute(f"SELECT root FROM {_TABLE}").fetchone()
        except sqlite3.OperationalError:
            return None
    return None if row is None else str(row[0])


def revision_of(database: Path) -> str | None:
    """Give the revision of Tiled's schema in it, None where it is no database; raises OperationalError unread."""
    with closing(_read_only(database)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            return None
    return None if row is None else str(row[0])


def folder_of(database: Path, folders: Sequence[Path]) -> Path:
    """Give the first of the folders that has files of this catalog; the first of all where none has."""
    root = written_for(database)
    if root is None:
        return folders[0]
    with closing(_read_only(database)) as connection:
        rows = connection.execute(
            "SELECT substr(data_uri, ?) FROM assets WHERE substr(data_uri, 1, ?) = ? LIMIT ?",
            (len(root) + 2, len(root) + 1, f"{root}/", _FILES_LOOKED_FOR),
        ).fetchall()
    return next((folder for folder in folders if any((folder / str(row[0])).exists() for row in rows)), folders[0])


def relocate(database: Path, data: Path) -> int:
    """Rewrite all addresses for another folder and return how many; read-only media raise sqlite3.OperationalError."""
    old, new = written_for(database), address_of(data)
    if old is None:
        return 0
    check_address(data)
    if old == new:
        return 0
    with closing(sqlite3.connect(database)) as connection, connection:
        changed = connection.execute(
            "UPDATE assets SET data_uri = ? || substr(data_uri, ?) WHERE substr(data_uri, 1, ?) = ?",
            (new, len(old) + 1, len(old) + 1, f"{old}/"),
        ).rowcount
        connection.execute(f"UPDATE {_TABLE} SET root = ?", (new,))
    return changed


def _read_only(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)

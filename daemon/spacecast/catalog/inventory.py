"""The inventory: all files of a dataset and what was found in them, in a database beside memory.

Kept from pass to pass it spares opening files that have not changed. It can be lost at any time: then all are opened
once more.
"""

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from spacecast.catalog.columns import stored
from spacecast.faults import Passing

_CACHE_KIB = 8192
# Raised when the tables of an earlier release are others, or mean something else.
_FORM = 4
# So many new files are looked into once more, at the most, after a kill.
COMMIT_FILES = 10_000
FILES_ENTRY = "files entry"
"""The fact that says how the catalog's entry `files` was left; it goes with the files that were sent."""
_TABLES = ("fact", "file", "series")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS file (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    place BLOB NOT NULL,
    stamp TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_ns TEXT NOT NULL,
    seen INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    is_final INTEGER NOT NULL,
    reason TEXT NOT NULL,
    problem TEXT NOT NULL,
    key TEXT,
    description TEXT,
    digest TEXT,
    parent BLOB, stem TEXT, extension TEXT, kind TEXT,
    clash TEXT,
    number INTEGER, loose INTEGER, sent INTEGER,
    series INTEGER, frame INTEGER
);
CREATE INDEX IF NOT EXISTS file_by_place ON file (place, path);
CREATE INDEX IF NOT EXISTS file_by_number ON file (number) WHERE number IS NOT NULL;
CREATE INDEX IF NOT EXISTS file_by_loose ON file (loose) WHERE loose IS NOT NULL;
CREATE INDEX IF NOT EXISTS file_by_key ON file (key) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS file_by_stem ON file (parent, stem, extension, kind) WHERE stem IS NOT NULL;
CREATE INDEX IF NOT EXISTS file_by_frame ON file (series, frame) WHERE series IS NOT NULL;
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, first INTEGER NOT NULL, length INTEGER NOT NULL,
    is_long INTEGER NOT NULL, digest TEXT
);
"""


class Inventory:
    """A database of files; for one thread. Made by `open_inventory`, or without a file for one pass only."""

    def __init__(self, connection: sqlite3.Connection | None = None) -> None:
        # Without a name SQLite keeps the database in an unnamed file that goes with the connection.
        self.connection = connection or _connected("")
        self.close = weakref.finalize(self, self.connection.close)
        self.connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self.connection.execute("PRAGMA temp_store = FILE")
        if self.one("PRAGMA user_version") != _FORM:
            self.connection.executescript("".join(f"DROP TABLE IF EXISTS {name};" for name in _TABLES))
            self.connection.execute(f"PRAGMA user_version = {_FORM}")
        self.connection.executescript(_SCHEMA)
        self.connection.execute("BEGIN")
        self.seen = 0
        self.has_changed = False
        self._uncommitted_files = 0

    def begin(self, surroundings: str) -> None:
        """Begin a pass; what was found under other surroundings does not count any more."""
        if self.fact("surroundings") != surroundings:
            self.connection.execute("DELETE FROM file")
            self.connection.execute("DELETE FROM series")
            self.drop_fact(FILES_ENTRY)
            self.set_fact("surroundings", surroundings)
        # Rows of a pass that was ended have the number of that pass.
        self.seen = int(self.fact("pass") or 0) + 1
        self.set_fact("pass", str(self.seen))
        self.has_changed = self.fact("is_whole") != "yes"
        self.set_fact("is_whole", "no")

    def begin_part(self, surroundings: str) -> bool:
        """Begin a pass over some files only, and say whether the inventory holds all others: only then it counts."""
        if self.fact("surroundings") != surroundings or self.fact("is_whole") != "yes":
            return False
        self.seen = int(self.fact("pass") or 0)
        self.set_fact("is_whole", "no")
        return True

    def recall(self, path: PurePosixPath, stamp: str) -> bool:
        """Say whether a file is known as it is now, so that it need not be opened; it then counts as seen."""
        query = "SELECT id FROM file WHERE path = ? AND stamp = ? AND is_final"
        found = self.connection.execute(query, (stored(path), stamp)).fetchone()
        if found is not None:
            self.connection.execute("UPDATE file SET seen = ? WHERE id = ?", (self.seen, found[0]))
        return found is not None

    def enter(self, path: PurePosixPath, **columns: Any) -> None:
        """Enter a file, in place of what was known under its path."""
        sent = self.one("SELECT sent FROM file WHERE path = ?", stored(path))
        row = {"path": stored(path), "seen": self.seen, "sent": sent, **columns}
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        # Names of columns, not values.
        self.connection.execute(f"INSERT OR REPLACE INTO file ({names}) VALUES ({marks})", tuple(row.values()))
        self.has_changed = True
        self._uncommitted_files += 1
        if self._uncommitted_files >= COMMIT_FILES:
            self._commit()

    def forget_unseen(self) -> None:
        """Drop the files that this pass has not seen."""
        self._drop("seen <> ?", self.seen)

    def forget(self, path: PurePosixPath) -> None:
        """Drop a file that is not there any more."""
        self._drop("path = ?", stored(path))

    def _drop(self, condition: str, value: Any) -> None:
        # Whoever knows what was sent has to know that it is not all there any more, in a later pass as well.
        if self.one(f"SELECT 1 FROM file WHERE sent IS NOT NULL AND {condition} LIMIT 1", value):
            self.drop_fact(FILES_ENTRY)
        gone = self.connection.execute(f"DELETE FROM file WHERE {condition}", (value,)).rowcount
        self.has_changed = self.has_changed or gone > 0

    def end(self) -> None:
        """End a pass after which everything is known."""
        self.set_fact("is_whole", "yes")

    def _commit(self) -> None:
        # The pass is not whole: whoever opens the file next goes through all files again, and opens those not in it.
        self.connection.execute("COMMIT")
        self.connection.execute("BEGIN")
        self._uncommitted_files = 0

    def one(self, query: str, *values: Any) -> Any:
        """Return the first column of the first row, None where there is no row."""
        row = self.connection.execute(query, values).fetchone()
        return None if row is None else row[0]

    def fact(self, name: str) -> str | None:
        """Return what was written down under a name."""
        found: str | None = self.one("SELECT value FROM fact WHERE name = ?", name)
        return found

    def set_fact(self, name: str, value: str) -> None:
        """Write something down under a name."""
        self.connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def drop_fact(self, name: str) -> None:
        """Forget what was written down under a name."""
        self.connection.execute("DELETE FROM fact WHERE name = ?", (name,))


class InventoryTrouble(Passing):
    """The inventory cannot be read or written at the moment: its disk is full, say."""


@contextmanager
def open_inventory(path: Path) -> Iterator[Inventory]:
    """Give the inventory in a file, making it where there is none; one that is damaged is begun anew.

    What was found is kept when the `with` block ends, however it ends. Raises InventoryTrouble where the file cannot
    be used; one that turns out to be damaged is removed with that.
    """
    with _as_fault(path):
        inventory = _opened(path)
        try:
            yield inventory
        finally:
            try:
                inventory.connection.execute("COMMIT")
            finally:
                inventory.close()


@contextmanager
def _as_fault(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if not isinstance(error, sqlite3.OperationalError):
            path.unlink(missing_ok=True)
        raise InventoryTrouble(
            f"{path} cannot be used: {error}. It is tried again; look at the disk of the state folder"
        ) from error


def _opened(path: Path) -> Inventory:
    try:
        return _made(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        path.unlink()
        return _made(path)


def _made(path: Path) -> Inventory:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise InventoryTrouble(f"{path} cannot be made: {error.strerror}. Look at the state folder") from error
    return Inventory(_connected(path))


def _connected(path: Path | str) -> sqlite3.Connection:
    # One thread uses it; another may be the one that clears it away.
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)

"""A table of the files that a provider has, beside memory: from it those on the disk are taken out one by one."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Tally:
    """Paths with their sizes in bytes, in a temporary database that takes the same memory for any number of them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("CREATE TABLE file (path BLOB PRIMARY KEY, size_bytes INTEGER NOT NULL) WITHOUT ROWID")

    def fill(self, files: Iterable[tuple[str, int]]) -> None:
        """Enter files; of those with the same path the last counts."""
        rows = ((_stored(path), size_bytes) for path, size_bytes in files)
        self._connection.executemany("INSERT OR REPLACE INTO file VALUES (?, ?)", rows)

    def take(self, path: str) -> int | None:
        """Take a file out and return its size; None where it is not there."""
        stored = (_stored(path),)
        found = self._connection.execute("SELECT size_bytes FROM file WHERE path = ?", stored).fetchone()
        self._connection.execute("DELETE FROM file WHERE path = ?", stored)
        return found[0] if found else None

    def take_below(self, path: str) -> None:
        """Take out a file, or everything below a folder."""
        begin = _stored(path)
        # The byte after the slash ends what begins with the folder's path and a slash.
        query = "DELETE FROM file WHERE path = ? OR (path > ? AND path < ?)"
        self._connection.execute(query, (begin, begin + b"/", begin + b"0"))

    def left(self) -> Iterator[str]:
        """Yield the paths that were not taken out, sorted."""
        for (path,) in self._connection.execute("SELECT path FROM file ORDER BY path"):
            yield path.decode("utf-8", "surrogatepass")


@contextmanager
def open_tally() -> Iterator[Tally]:
    """Give an empty tally, which is gone after the `with` block whatever happens."""
    # Without a name SQLite keeps the database in an unnamed file, and of it two megabytes in memory.
    connection = sqlite3.connect("", isolation_level=None)
    try:
        # Nobody needs it after a crash: no journal, no waiting for the disk.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA temp_store = FILE")
        connection.execute("BEGIN")
        yield Tally(connection)
    finally:
        connection.close()


def _stored(path: str) -> bytes:
    # Names that are not UTF-8 hold surrogates, from the disk as from a service's JSON.
    return path.encode("utf-8", "surrogatepass")

"""The inventory: all files of a dataset and what was found in them, in a database beside memory.

Kept from pass to pass it spares opening files that have not changed. It can be lost at any time: then all are opened
once more.
"""

import sqlite3
import weakref
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spacecast.catalog.columns import stored
from spacecast.catalog.tables import FORM, KEPT_BACK, PARTS, SCHEMA, TABLES

_CACHE_KIB = 8192
# So many new files are looked into once more, at the most, after a kill.
COMMIT_FILES = 10_000
FILES_ENTRY = "files entry"
"""The fact that says how the catalog's entry `files` was left; it goes with the files that were sent."""
_CONTESTED = "contested"


class Inventory:
    """A database of files; for one thread. In a file as `open_inventory` gives it, or without one for one pass only."""

    def __init__(self, connection: sqlite3.Connection | None = None) -> None:
        self.connection = connection or connected("")
        self.close = weakref.finalize(self, self.connection.close)
        self.connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self.connection.execute("PRAGMA temp_store = FILE")
        if self.one("PRAGMA user_version") != FORM:
            self.connection.executescript("".join(f"DROP TABLE IF EXISTS {name};" for name in TABLES))
            self.connection.execute(f"PRAGMA user_version = {FORM}")
        self.connection.executescript(SCHEMA)
        self.connection.execute("BEGIN")
        self.is_arranged = True
        """Whether keys, series and loose files are what they would be for all files anew."""
        self._is_contested = self.fact(_CONTESTED) is not None
        self._is_under_way = False
        self.began_empty = False
        """Whether all that it holds is of the present pass over all files."""
        self.knew_all = False
        """Whether it held a whole plan of some files when the pass over all files began."""
        self._uncommitted_files = 0
        self._marked: set[int] = set()

    def begin(self, surroundings: str) -> None:
        """Begin a pass over all files; what was found under other surroundings does not count any more."""
        self._is_under_way, is_whole = True, self._is_whole_in(surroundings)
        if self.fact("surroundings") != surroundings:
            for table in ("file", "series", "part"):
                self.connection.execute(f"DELETE FROM {table}")
            self.parts_are_known()
            self.drop_fact(FILES_ENTRY)
            self.set_fact("surroundings", surroundings)
        self.connection.execute("DELETE FROM temp.seen")
        # Then all files in it are of this pass, and there is nothing to ask for each of them.
        self.began_empty = self.one("SELECT 1 FROM file LIMIT 1") is None
        self.is_arranged = is_whole
        self.knew_all = is_whole and not self.began_empty
        self.set_fact("is_whole", "no")

    def begin_part(self, surroundings: str) -> bool:
        """Begin a pass over some files only, and say whether the inventory holds all others: only then it counts.

        In the middle of a pass over all files it goes by what was held before, and by what has been found by now.
        """
        if self._is_under_way:
            return self.knew_all
        self.began_empty = False
        self.is_arranged = self._is_whole_in(surroundings)
        if self.is_arranged:
            self.set_fact("is_whole", "no")
        return self.is_arranged

    def _is_whole_in(self, surroundings: str) -> bool:
        return self.fact("surroundings") == surroundings and self.fact("is_whole") == "yes"

    def recall(self, path: str, stamp: str) -> bool:
        """Say whether a file is known as it is now, so that it need not be opened; it then counts as seen."""
        if self.began_empty:
            return False
        query = "SELECT id FROM file WHERE path = ? AND stamp = ? AND is_final"
        found = self.connection.execute(query, (stored(path), stamp)).fetchone()
        if found is not None:
            self.connection.execute("INSERT OR IGNORE INTO temp.seen VALUES (?)", found)
        return found is not None

    def enter(self, path: str, **columns: Any) -> None:
        """Enter a file, in place of what was known under its path."""
        place, loose = stored(path), None if columns["outcome"] in KEPT_BACK else 1
        sent, stem = self._known_of(place)
        row = {"path": place, "part": zlib.crc32(place) % PARTS, "sent": sent, "loose": loose, **columns}
        if self.is_arranged and (stem is not None or self._concerns_others(row)):
            self.is_arranged = False
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        # Names of columns, not values.
        query = f"INSERT OR REPLACE INTO file ({names}) VALUES ({marks})"
        entered = self.connection.execute(query, tuple(row.values()))
        if not self.began_empty:
            self.connection.execute("INSERT OR IGNORE INTO temp.seen VALUES (?)", (entered.lastrowid,))
        self._mark(row["part"])
        self._uncommitted_files += 1
        if self._uncommitted_files >= COMMIT_FILES:
            self._commit()

    def _known_of(self, place: bytes) -> tuple[int | None, bytes | None]:
        if self.began_empty:
            return None, None
        known = self.connection.execute("SELECT sent, stem FROM file WHERE path = ?", (place,)).fetchone()
        return known or (None, None)

    def _concerns_others(self, row: Mapping[str, Any]) -> bool:
        """Whether a file may be one of a series, or share its key with another file or a series."""
        if row.get("stem") is not None or self._is_contested:
            return True
        key = row.get("key")
        query = "SELECT 1 FROM file WHERE key = ? AND path <> ? UNION ALL SELECT 1 FROM series WHERE key = ?"
        return key is not None and self.one(query, key, row["path"], key) is not None

    def forget_unseen(self) -> None:
        """Drop the files that the pass over all files has not seen; that was its end."""
        self._is_under_way = False
        if not self.began_empty:
            self._drop("id NOT IN (SELECT id FROM temp.seen)")

    def forget(self, path: str) -> None:
        """Drop a file that is not there any more."""
        self._drop("path = ?", stored(path))

    def _drop(self, condition: str, *values: Any) -> None:
        query = f"SELECT count(*), count(sent), count(stem) FROM file WHERE {condition}"
        gone, sent, numbered = self.connection.execute(query, values).fetchone()
        # Whoever knows what was sent has to know that it is not all there any more, in a later pass as well.
        if sent:
            self.drop_fact(FILES_ENTRY)
        if gone:
            self.is_arranged = self.is_arranged and not numbered and not self._is_contested
            query = f"INSERT OR IGNORE INTO changed_part SELECT part FROM file WHERE {condition}"
            self.connection.execute(query, values)
            self.connection.execute(f"DELETE FROM file WHERE {condition}", values)

    def _mark(self, part: int) -> None:
        # A trigger for each file would take as long as all the rest.
        if part not in self._marked:
            self._marked.add(part)
            self.connection.execute("INSERT OR IGNORE INTO changed_part VALUES (?)", (part,))

    def parts_are_known(self) -> None:
        """Take note that no part has changed since its sums were computed."""
        self.connection.execute("DELETE FROM changed_part")
        self._marked.clear()

    def contest(self, *, is_contested: bool) -> None:
        """Say whether somebody has not got the key that it would have alone: then any change may give it back."""
        self._is_contested = is_contested
        if is_contested:
            self.set_fact(_CONTESTED, "yes")
        else:
            self.drop_fact(_CONTESTED)

    def end(self) -> None:
        """End a pass after which everything is known; in the middle of one over all files that is for its own end."""
        if not self._is_under_way:
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


def connected(path: Path | str) -> sqlite3.Connection:
    """Open the database in a file; without a name SQLite keeps it in an unnamed one that goes with the connection."""
    # One thread uses it; another may be the one that clears it away.
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)

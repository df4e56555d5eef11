"""What the catalog's entry `files` has, as the inventory remembers it: a new file costs one request, not all others.

Only what was finished is remembered, with the digest that the dataset's container has had since: where that is another
one by now, the entry itself is read.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import PurePosixPath

from spacecast.catalog.inventory import FILES_ENTRY, Inventory
from spacecast.catalog.plan import FilesEntry, PlannedFile
from spacecast.catalog.stored import planned_files
from spacecast.catalog.tables import SENT_IN_VAIN, TO_SEND


class SentFiles:
    """Which files the entry has, and of which length; for one thread, as long as the inventory is open."""

    def __init__(self, inventory: Inventory, folder: PurePosixPath) -> None:
        self._inventory = inventory
        self._folder = folder

    def entry(self) -> FilesEntry | None:
        """Return the entry as it was left; None where that is not known, or files have gone from it since."""
        text = self._inventory.fact(FILES_ENTRY)
        if text is None or self._inventory.one(f"SELECT 1 FROM file WHERE {SENT_IN_VAIN} LIMIT 1"):
            return None
        return FilesEntry(**json.loads(text))

    def missing_files(self) -> int:
        """Return how many files the entry lacks, or has with another length."""
        count: int = self._inventory.one(f"SELECT count(*) FROM file WHERE {TO_SEND}")
        return count

    def missing(self, portion: int) -> Iterator[Sequence[PlannedFile]]:
        """Yield these files, so many at a time."""
        query = (
            f"SELECT place, path, size, modified_ns FROM file WHERE {TO_SEND} AND (place, path) > (?, ?) "
            f"ORDER BY place, path LIMIT {portion}"
        )
        last: tuple[bytes, bytes] = (b"", b"")
        while rows := self._inventory.connection.execute(query, last).fetchall():
            yield planned_files(self._folder, [row[1:] for row in rows])
            last = rows[-1][:2]

    def remember(self, entry: FilesEntry) -> None:
        """Take note that the entry has what is planned, and nothing else."""
        connection = self._inventory.connection
        connection.execute(f"UPDATE file SET sent = NULL WHERE {SENT_IN_VAIN}")
        connection.execute(f"UPDATE file SET sent = size WHERE {TO_SEND}")
        self._inventory.set_fact(FILES_ENTRY, json.dumps(asdict(entry)))

    def forget(self) -> None:
        """Know nothing of the entry."""
        self._inventory.drop_fact(FILES_ENTRY)

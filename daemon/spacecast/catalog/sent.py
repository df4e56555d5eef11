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
from spacecast.catalog.stored import planned_file


class SentFiles:
    """Which files the entry has, and of which length; for one thread, as long as the inventory is open."""

    def __init__(self, inventory: Inventory, folder: PurePosixPath) -> None:
        self._inventory = inventory
        self._folder = folder

    def entry(self) -> FilesEntry | None:
        """Return the entry as it was left; None where that is not known, or files have gone from it since."""
        text = self._inventory.fact(FILES_ENTRY)
        if text is None or self._inventory.one("SELECT 1 FROM file WHERE sent IS NOT NULL AND loose IS NULL LIMIT 1"):
            return None
        return FilesEntry(**json.loads(text))

    def missing(self, portion: int) -> Iterator[Sequence[PlannedFile]]:
        """Yield the files that the entry lacks, or has with another length, so many at a time."""
        query = (
            "SELECT loose, path, size, modified_ns FROM file WHERE loose > ? AND sent IS NOT size "
            f"ORDER BY loose LIMIT {portion}"
        )
        last = -1
        while rows := self._inventory.connection.execute(query, (last,)).fetchall():
            yield tuple(planned_file(self._folder, *row) for _, *row in rows)
            last = rows[-1][0]

    def remember(self, entry: FilesEntry) -> None:
        """Take note that the entry has what is planned, and nothing else."""
        connection = self._inventory.connection
        connection.execute("UPDATE file SET sent = NULL WHERE sent IS NOT NULL AND loose IS NULL")
        connection.execute("UPDATE file SET sent = size WHERE loose IS NOT NULL AND sent IS NOT size")
        self._inventory.set_fact(FILES_ENTRY, json.dumps(asdict(entry)))

    def forget(self) -> None:
        """Know nothing of the entry."""
        self._inventory.drop_fact(FILES_ENTRY)

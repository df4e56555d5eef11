"""Put a downloaded folder right after it was moved, for a Tiled server that is to serve it."""

from os import PathLike
from pathlib import Path

from spacecast.data import moving
from spacecast.data.faults import BadReference


def relocate(folder: str | PathLike[str], catalog: str = "catalog.db") -> int:
    """Make the catalog in a downloaded folder point to the files in that folder; return how many addresses changed.

    `from_catalog` does so by itself. Raises BadReference where there is no downloaded catalog.
    """
    database = (Path(folder) / catalog).resolve()
    if not database.is_file() or moving.written_for(database) is None:
        raise BadReference(f"{database} is no catalog of a download by Spacecast.")
    return moving.relocate(database, database.parent / "data")

"""The file that an inventory is kept in: made where there is none, begun anew where it is damaged."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spacecast.catalog.inventory import Inventory, connected
from spacecast.faults import Passing


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
    return Inventory(connected(path))

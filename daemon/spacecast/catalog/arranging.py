"""Arrange an inventory after a pass: tell clashing keys, put like images together, and say which files are loose."""

import json
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from spacecast.catalog.columns import from_text, restored
from spacecast.catalog.inventory import Inventory
from spacecast.catalog.plan import FILES, LONG_SERIES_FILES
from spacecast.catalog.stored import series_entry
from spacecast.catalog.tables import GIVEN_OUT
from spacecast.formats import Readable, entry_key, fewest, most

_PORTION_ROWS = 500
_STACKABLE = "stem IS NOT NULL AND outcome = 'data' AND clash IS NULL"
MEMBERS = f"{_STACKABLE} AND parent = ? AND stem = ? AND extension = ? AND kind = ?"
"""The files that are put together, by the columns of the last four."""

SeriesName = Callable[[int], str]
"""Gives the names of the entries that a series takes, by their numbers from 0 on."""


def arrange(inventory: Inventory, folder: PurePosixPath, check_stop: Callable[[], None]) -> None:
    """Do so; `check_stop` raises when it is to end, and may be called again afterwards."""
    inventory.contest(is_contested=_mark_clashes(inventory))
    check_stop()
    inventory.connection.execute("UPDATE file SET series = NULL, frame = NULL WHERE series IS NOT NULL")
    inventory.connection.execute("DELETE FROM series")
    for group in _groups(inventory):
        for number, (kind, length) in enumerate(_kinds(inventory, *group)):
            like = _first(inventory, *group, kind)
            if length > 1 and length >= fewest(like):
                check_stop()
                named = series_named(*group, _likeness(kind) if number else "")
                _make_series(inventory, folder, named, (*group, kind), most(like) or length)
    _mark_loose(inventory)
    inventory.is_arranged = True


def _mark_loose(inventory: Inventory) -> None:
    is_long = "coalesce((SELECT is_long FROM series WHERE series.id = file.series), 0)"
    loose = f"(CASE WHEN {GIVEN_OUT} AND NOT {is_long} THEN 1 END)"
    # Only what differs: indexes are kept of it.
    inventory.connection.execute(f"UPDATE file SET loose = {loose} WHERE loose IS NOT {loose}")


def _mark_clashes(inventory: Inventory) -> bool:
    """Let the first of several files with one key have it; say whether there are such."""
    inventory.connection.execute("UPDATE file SET clash = NULL WHERE clash IS NOT NULL")
    marked = inventory.connection.execute(
        "UPDATE file SET clash = 'another file has its key ' || key || ' already. Rename it' "
        "FROM (SELECT id, row_number() OVER (PARTITION BY key ORDER BY place, path) AS rank FROM file "
        "WHERE outcome = 'data') AS ranked WHERE file.id = ranked.id AND ranked.rank > 1"
    )
    return marked.rowcount > 0


def _groups(inventory: Inventory) -> Iterator[tuple[bytes, bytes, str]]:
    """Yield folder, stem and extension of what may be a series, in natural order."""
    grouped = (
        f"SELECT min(place) AS place, min(path) AS path, parent, stem, extension FROM file WHERE {_STACKABLE} "
        "GROUP BY parent, stem, extension HAVING count(*) > 1"
    )
    query = f"SELECT * FROM ({grouped}) WHERE (place, path) > (?, ?) ORDER BY place, path LIMIT {_PORTION_ROWS}"
    last: tuple[bytes, bytes] = (b"", b"")
    while rows := inventory.connection.execute(query, last).fetchall():
        for _, _, *group in rows:
            yield tuple(group)
        last = rows[-1][:2]


def _kinds(inventory: Inventory, *group: Any) -> list[tuple[str, int]]:
    """Return the kinds of images in a group, that of the first image first, and how many there are of each."""
    query = (
        f"SELECT kind, count(*) FROM file WHERE {_STACKABLE} AND parent = ? AND stem = ? AND extension = ? "
        "GROUP BY kind ORDER BY min(place), min(path)"
    )
    return inventory.connection.execute(query, group).fetchall()


def _first(inventory: Inventory, *members: Any) -> Readable:
    query = f"SELECT description FROM file WHERE {MEMBERS} LIMIT 1"
    return from_text(inventory.one(query, *members))


def _make_series(
    inventory: Inventory, folder: PurePosixPath, named: SeriesName, group: tuple[Any, ...], most_files: int
) -> None:
    """Make series of all files of a kind, as many as it takes.

    Names that were made to share a key leave those files alone.
    """
    connection, start = inventory.connection, inventory.one("SELECT coalesce(max(id), 0) + 1 FROM series")
    ordered = f"SELECT id, row_number() OVER (ORDER BY place, path) - 1 AS rank FROM file WHERE {MEMBERS}"
    whole = connection.execute(
        f"UPDATE file SET series = ? + ordered.rank / ?, frame = ordered.rank % ? FROM ({ordered}) AS ordered "
        "WHERE file.id = ordered.id",
        (start, most_files, most_files, *group),
    ).rowcount
    for part in range(-(-whole // most_files)):
        length = min(most_files, whole - part * most_files)
        _enter_series(inventory, folder, named(part), (start + part, length, whole > LONG_SERIES_FILES))


def _enter_series(inventory: Inventory, folder: PurePosixPath, name: str, row: tuple[int, int, bool]) -> None:
    connection, (number, length, is_long) = inventory.connection, row
    key, is_contested = free_key(inventory, name)
    if is_contested:
        inventory.contest(is_contested=True)
    if key is None:
        connection.execute("UPDATE file SET series = NULL, frame = NULL WHERE series = ?", (number,))
        return
    first = inventory.one("SELECT id FROM file WHERE series = ? AND frame = 0", number)
    planned = series_entry(inventory, folder, (number, key, first, length, is_long, None))
    connection.execute(
        "INSERT INTO series (id, key, first, length, is_long, digest) VALUES (?, ?, ?, ?, ?, ?)",
        (number, key, first, length, is_long, planned.compute_digest()),
    )


def series_named(parent: bytes, stem: bytes, extension: str, likeness: str = "") -> SeriesName:
    """Give how the entries of a series are called: alike, and numbered from the second on."""
    folder = "" if parent == b"." else f"{restored(parent)}/"
    name = f"{folder}{restored(stem)}series{likeness}"
    return lambda part: f"{name}_{part + 1}{extension}" if part else f"{name}{extension}"


def free_key(inventory: Inventory, name: str) -> tuple[str | None, bool]:
    """Give the key of a series with this name, None where there is none left; and whether somebody has the first."""
    is_taken = _is_taken(inventory, name)
    key = entry_key(name, reserved=frozenset({FILES, name}) if is_taken else frozenset({FILES}))
    is_left = not _is_taken(inventory, key)
    return key if is_left else None, is_taken or not is_left


def _is_taken(inventory: Inventory, key: str) -> bool:
    query = (
        "SELECT 1 FROM file WHERE key = ? AND outcome IN ('data', 'waiting', 'unsearched') AND clash IS NULL "
        "UNION ALL SELECT 1 FROM series WHERE key = ?"
    )
    return inventory.one(query, key, key) is not None


def _likeness(kind: str) -> str:
    _mimetype, shape, dtype = json.loads(kind)
    lengths = "x".join(str(length) for length in shape or ())
    return f"_{lengths}_{(dtype or '').replace('>', 'be-').strip('<|')}"

"""Many files entered into Tiled's catalog by a handful of statements, in a transaction that somebody else has begun.

Tiled enters each asset by two statements of its own, or three where an entry grows, and each statement goes through
several hand-overs between the server's threads. What is in the database afterwards is the same, row by row.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tiled.catalog import orm
from tiled.server.schemas import Asset

_ASSETS = orm.Asset.__table__
_ASSOCIATIONS = orm.DataSourceAssetAssociation.__table__


async def enter_assets(db: AsyncSession, assets: Sequence[Asset]) -> dict[str, int]:
    """Enter the files that are not known yet, and correct the sizes of those that are; give the ids by `data_uri`.

    No two of them may have the same `data_uri`, and they are at most 10,000: that many values fit into a statement on
    SQLite and PostgreSQL. A size that is None changes nothing. Raises what the database raises.
    """
    known = await _known(db, [asset.data_uri for asset in assets])
    await _correct_sizes(db, known, assets)
    new = [asset for asset in assets if asset.data_uri not in known]
    if new:
        columns = ("data_uri", "is_directory", "size")
        await db.execute(insert(_ASSETS), [{name: getattr(asset, name) for name in columns} for asset in new])
        known |= await _known(db, [asset.data_uri for asset in new])
    return {uri: number for uri, (number, _) in known.items()}


async def associate(db: AsyncSession, data_source_id: int, assets: Sequence[Asset], ids: Mapping[str, int]) -> None:
    """Add the files to a data source; those that are in it already stay as they are there. Raises as `enter_assets`."""
    statement = select(_ASSOCIATIONS.c.asset_id).where(
        _ASSOCIATIONS.c.data_source_id == data_source_id, _ASSOCIATIONS.c.asset_id.in_(list(ids.values()))
    )
    there = set((await db.execute(statement)).scalars())
    rows = [
        {"data_source_id": data_source_id, "asset_id": number, "parameter": asset.parameter, "num": asset.num}
        for asset in assets
        if (number := ids[asset.data_uri]) not in there
    ]
    if rows:
        await db.execute(insert(_ASSOCIATIONS), rows)


async def _known(db: AsyncSession, uris: Sequence[str]) -> dict[str, tuple[int, int | None]]:
    """Look up those that the catalog has: id and size."""
    statement = select(_ASSETS.c.id, _ASSETS.c.data_uri, _ASSETS.c.size).where(_ASSETS.c.data_uri.in_(uris))
    return {uri: (number, size) for number, uri, size in await db.execute(statement)}


async def _correct_sizes(
    db: AsyncSession, known: Mapping[str, tuple[int, int | None]], assets: Sequence[Asset]
) -> None:
    changed = [
        {"number": known[asset.data_uri][0], "new_size": asset.size}
        for asset in assets
        if asset.data_uri in known and asset.size not in (None, known[asset.data_uri][1])
    ]
    if changed:
        statement = update(_ASSETS).where(_ASSETS.c.id == bindparam("number")).values(size=bindparam("new_size"))
        # On its connection: the session would take a list of values for an update of mapped objects.
        await (await db.connection()).execute(statement, changed)

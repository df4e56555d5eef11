"""How many statements entering files costs, and what happens in a release of Tiled that is not known."""

import asyncio
import importlib
import itertools
import shutil
import subprocess
import sys

import pytest
from sqlalchemy import event
from tiled.catalog import from_uri
from tiled.catalog.adapter import CatalogContainerAdapter
from tiled.server.schemas import Asset, DataSource

from spacecast.tiled_server.at_once import enter_at_once
from support.postgresql import INITDB, new_database, postgresql
from support.tiled_server import prepared_catalog

PLAIN = CatalogContainerAdapter


@pytest.fixture
def at_once():
    """A class of node adapters of which only this test knows."""
    adapter = type("AtOnce", (PLAIN,), {})
    assert enter_at_once(adapter) == ""
    return adapter


def listed(numbers, size=1, **others):
    fixed = {"is_directory": False, "parameter": "data_uris", "size": size}
    assets = [Asset(data_uri=f"file://localhost/data/{number}", num=number, **fixed) for number in numbers]
    kind = {"structure_family": "bytes", "structure": None, "mimetype": "application/octet-stream"}
    return DataSource(assets=assets, management="external", **kind, **others)


@pytest.fixture
def statements(tmp_path, tmp_path_factory):
    """Let something be done with a new catalog; returns how many statements each step of it took."""
    prepared = prepared_catalog(tmp_path_factory)
    numbers = itertools.count()

    def counted(adapter, work):
        catalog_file = tmp_path / f"catalog-{next(numbers)}.db"
        shutil.copyfile(prepared, catalog_file)
        return asyncio.run(_counted(f"sqlite:///{catalog_file}", adapter, work))

    return counted


async def _counted(uri, adapter, work):
    tree = from_uri(uri)
    await tree.startup()
    root, counts, seen = adapter(tree.context, tree.node), [], []
    event.listen(tree.context.engine.sync_engine, "before_cursor_execute", lambda *args: seen.append(args))
    try:
        async for _ in work(root):
            counts.append(len(seen))
            seen.clear()
    finally:
        await tree.shutdown()
    return counts


async def created_and_grown(root, files):
    node = await root.create_node("bytes", {}, key="files", data_sources=[listed(range(files))])
    yield
    (source,) = await node.data_sources()
    await node.put_data_source(listed(range(files, 2 * files), id=source.id), None)
    yield


def test_the_number_of_statements_does_not_depend_on_the_number_of_files(at_once, statements):
    few = statements(at_once, lambda root: created_and_grown(root, 10))
    many = statements(at_once, lambda root: created_and_grown(root, 400))
    assert many == few
    assert max(many) < 20
    assert min(statements(PLAIN, lambda root: created_and_grown(root, 400))) >= 2 * 400


def test_requests_that_are_worked_on_side_by_side_do_not_see_each_others_files(at_once, statements):
    async def side_by_side(root):
        names = [f"dataset-{number}" for number in range(8)]
        await asyncio.gather(
            *(
                root.create_node("bytes", {}, key=name, data_sources=[listed(range(10 * number, 10 * number + 15))])
                for number, name in enumerate(names)
            )
        )
        for number, name in enumerate(names):
            node = await root.lookup_adapter([name])
            (source,) = await node.data_sources(include_assets=True)
            assert [asset.num for asset in source.assets] == list(range(10 * number, 10 * number + 15))
        yield

    statements(at_once, side_by_side)


def test_more_files_than_a_statement_takes_are_entered_one_by_one(at_once, statements, monkeypatch):
    async def created(root):
        for files in (20, 21):
            await root.create_node("bytes", {}, key=f"of-{files}", data_sources=[listed(range(files))])
            yield

    monkeypatch.setattr("spacecast.tiled_server.at_once.MOST_FILES", 20)
    together, each_by_itself = statements(at_once, created)
    assert together < 20
    assert each_by_itself > 21


ROWS = (
    "SELECT key, structure_family FROM nodes ORDER BY id",
    "SELECT id, data_uri, is_directory, size FROM assets ORDER BY id",
    "SELECT data_source_id, asset_id, parameter, num FROM data_source_asset_association ORDER BY 1, 2",
)


@pytest.mark.skipif(INITDB is None, reason="no PostgreSQL server is installed here")
def test_a_catalog_on_postgresql_has_the_same_rows_as_if_files_were_entered_one_by_one(at_once):
    async def rows(uri, adapter):
        tree = from_uri(uri)
        await tree.startup()
        root = adapter(tree.context, tree.node)
        try:
            async for _ in created_and_grown(root, 30):
                pass
            await root.create_node("bytes", {}, key="other", data_sources=[listed(range(20, 50), size=7)])
            return [[tuple(row) for row in await tree.context.execute(statement)] for statement in ROWS]
        finally:
            await tree.shutdown()

    with postgresql() as server:
        found = []
        for name, adapter in (("plain", PLAIN), ("at_once", at_once)):
            uri = new_database(server, name, "asyncpg")
            subprocess.run([sys.executable, "-m", "tiled", "catalog", "init", uri], check=True, capture_output=True)
            found.append(asyncio.run(rows(uri, adapter)))
    one_by_one, together = found
    assert together == one_by_one
    assert len(together[1]) == 60
    assert len(together[2]) == 60 + 30


async def _put_asset(self, db, asset):
    """Another way than any known one."""


def test_a_release_that_enters_files_in_another_way_is_left_as_it_is():
    changed = type("Changed", (PLAIN,), {"_put_asset": _put_asset})
    assert enter_at_once(changed) == "this release of Tiled does it in a way that is not known: _put_asset"
    assert changed._put_asset is _put_asset
    assert changed.create_node is PLAIN.create_node
    assert changed.put_data_source is PLAIN.put_data_source


def test_a_release_without_these_methods_is_left_as_it_is():
    class Other:
        async def create_node(self, data_sources):
            """As it is."""

    reason = enter_at_once(Other)
    assert reason.startswith("how this release of Tiled does it cannot be told")
    assert not hasattr(Other, "_put_asset")


def test_a_release_that_is_put_together_in_another_way_has_its_server_start_all_the_same(monkeypatch):
    for name in ("router", "at_once", "assets"):
        monkeypatch.delitem(sys.modules, f"spacecast.tiled_server.{name}", raising=False)
    # What is not there cannot be imported.
    monkeypatch.setitem(sys.modules, "tiled.structures.data_source", None)
    said = asyncio.run(importlib.import_module("spacecast.tiled_server.router").about())
    assert said["files"] == "one by one"
    reason = "this release of Tiled is not known: tiled.structures.data_source is missing, or not what it was"
    assert said["reason"] == reason

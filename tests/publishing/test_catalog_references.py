"""A reference into the catalog goes on leading to its dataset, whatever folders are renamed, copied or replaced."""

import shutil

import pytest

from spacecast.ledger import Condition, State
from support.world import assert_invariants, made, wait_for


@pytest.fixture
def tiled(shared_tiled):
    return shared_tiled


@pytest.fixture
def world(tmp_path, tiled, request):
    with made(tmp_path, tiled) as world:
        world.values["tiled"]["path"] = [request.node.name]
        yield world


def test_a_renamed_dataset_is_served_under_the_same_reference_and_its_changed_metadata_with_it(world, connect):
    with world.engine():
        folder = world.drop("run1", b"Project: one\n")
        key = world.await_state("run1", State.READY).key
        folder.rename(world.root / "run2")
        world.await_state("run2", State.READY)
        file = world.root / "run2" / "SPA.yml"
        file.write_bytes(file.read_bytes().replace(b"one", b"two"))
        entry = wait_for("the change", lambda: _said(connect, world, key, "two"), 60)
        world.await_state("run2", State.READY)
    (source,) = entry["files"].data_sources()
    assert {asset.data_uri.rpartition("/")[0] for asset in source.assets} == {f"file://localhost{world.root}/run2"}
    assert_invariants(world, "run2")


def _address(world):
    return f"{world.tiled.url}/api/v1/metadata/{world.values['tiled']['path'][0]}"


def _said(connect, world, key, project):
    entry = connect(_address(world))[key]
    return entry if entry.metadata.get("Project") == project else None


def test_copies_and_strangers_leave_the_catalog_as_it_is(world, connect):
    with world.engine() as engine:
        folder = world.drop("run1", b"Project: one\n")
        key = world.await_state("run1", State.READY).key
        shutil.copytree(folder, world.root / "copy")
        world.await_state("copy", State.BLOCKED)
        shutil.rmtree(folder)
        world.drop("run1", b"Project: stranger\n", files=5)
        world.await_state("run1", State.BLOCKED)
        engine.look_again()
        wait_for("all stages", lambda: _are_all_failed(world), 60)
    tests = connect(_address(world))
    assert list(tests) == [key]
    assert tests[key].metadata["Project"] == "one"
    assert len(tests[key]["files"].data_sources()[0].assets) == 2


def _are_all_failed(world):
    with world.ledger() as ledger:
        stages = [ledger.stages(dataset.id).get("catalog") for dataset in ledger.datasets()]
    return all(stage is not None and stage.condition is Condition.FAILED for stage in stages)

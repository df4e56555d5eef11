"""What was published before this ledger knew of it, by another tool or by us, is taken over and not made again."""

import shutil

import yaml

from spacecast.ledger import State
from support.world import assert_invariants


def test_a_lost_ledger_is_built_again_from_the_files_and_nothing_is_published_twice(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
    before = (folder / "SPA.yml").read_bytes()
    shutil.rmtree(world.folder / "state")
    with world.engine():
        world.await_state("run1", State.READY)
    after = (folder / "SPA.yml").read_bytes()
    state = world.onedata.state
    assert len(state.spaces) == len(state.storages) == len(state.shares) == len(state.supports) == 1
    assert sum(group.name == "run1" for group in state.groups.values()) == 1
    assert yaml.safe_load(after)["Onedata"] == yaml.safe_load(before)["Onedata"]
    assert after == before


def test_an_unmounted_root_is_never_taken_for_deleted_datasets(world):
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    world.root.rename(world.folder / "away")
    world.root.mkdir()
    with world.engine() as engine:
        engine.discovery.scan_now()
        assert "not mounted" in world.situation_after("not mounted")
        assert world.dataset("run1").state is State.READY
    world.root.rmdir()
    (world.folder / "away").rename(world.root)
    with world.engine():
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_a_space_that_is_not_over_this_folder_is_never_published_from_it(world):
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    stolen = world.block("run1")["Space"]
    (world.folder / "state").rename(world.folder / "old-state")
    (world.root / "run1").rename(world.folder / "run1")
    with world.engine():
        world.drop("thief", f'Onedata: {{Space: "{stolen}"}}\n'.encode())
        reason = world.await_state("thief", State.BLOCKED).reason
    assert "not the space" in reason
    assert len(world.onedata.state.shares) == len(world.onedata.state.storages) == 1

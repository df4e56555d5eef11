"""A watched folder that is not there says nothing about its datasets: they stay as they are, and `status` tells why."""

import json
import shutil

from spacecast.ledger import State
from support.world import assert_invariants


def _status(world):
    return world.typed("status").stdout


def test_a_root_that_is_gone_altogether_is_told_and_its_datasets_stay_as_they_are(world):
    with world.engine() as engine:
        world.drop("run1")
        world.await_state("run1", State.READY)
        world.root.rename(world.folder / "away")
        engine.discovery.scan_now()
        world.situation_after("cannot be opened")
        assert world.dataset("run1").state is State.READY
        assert f"{world.root} cannot be opened: No such file or directory. Its datasets are left" in _status(world)
        (world.folder / "away").rename(world.root)
        engine.discovery.scan_now()
        world.drop("run2")
        world.await_state("run2", State.READY)
    assert "cannot be opened" not in _status(world)
    assert_invariants(world, "run1", "run2")


def test_status_tells_of_a_root_that_is_not_mounted(world):
    with world.engine() as engine:
        world.drop("run1")
        world.await_state("run1", State.READY)
        engine.remember_roots()
    world.root.rename(world.folder / "away")
    world.root.mkdir()
    assert "its file system is probably not mounted" in _status(world)
    (problem,) = json.loads(world.typed("status", "--json").stdout)["folder_problems"]
    assert str(world.root) in problem


def test_a_root_behind_a_pattern_that_is_gone_at_the_next_start_is_no_deletion(world):
    place = world.folder / "users" / "ada" / "datasets"
    place.mkdir(parents=True)
    world.values["watch"] = [{"folder": str(world.folder / "users" / "*" / "datasets")}]
    world.root = place
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    (world.folder / "users" / "ada").rename(world.folder / "away")
    with world.engine():
        world.situation_after(f"{place} cannot be opened")
        assert world.dataset("run1").state is State.READY
    assert f"{place} cannot be opened" in _status(world)


def test_on_another_file_system_in_the_place_of_a_root_nothing_is_served_under_the_old_links(world):
    with world.engine():
        for name in ("here", "gone"):
            world.drop(name)
            world.await_state(name, State.READY)
    old = world.root.rename(world.folder / "old")
    world.root.mkdir()
    folder = world.drop("here", b"Project: another\n")
    with world.engine():
        assert "another folder" in world.await_state("here", State.BLOCKED).reason
        world.await_state("gone", State.MISSING)
    assert (folder / "SPA.yml").read_bytes() == b"Project: another\n"
    shutil.rmtree(world.root)
    old.rename(world.root)
    with world.engine():
        for name in ("here", "gone"):
            world.await_state(name, State.READY)
    assert_invariants(world, "here", "gone")

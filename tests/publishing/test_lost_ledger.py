"""The ledger is lost while datasets are at any stage: the next one finds all that was made, and makes nothing twice."""

import shutil
import threading
from contextlib import contextmanager

import pytest

from spacecast.faults import NeedsPerson
from spacecast.ledger import Condition, State
from spacecast.publish import link
from support.invariants import breaches, without_blocks
from support.world import assert_invariants, wait_for

AUTHOR = b"Project: demo\n"
NAMES = [f"run{number:02}" for number in range(20)]


@contextmanager
def stopped_after(steps):
    """Let each named dataset be published for so many steps, and no further."""
    original, lock, left = link._perform, threading.Lock(), dict(steps)

    def perform(publication, folder, step):
        name = publication.dataset.name
        with lock:
            left[name] = left.get(name, 1000) - 1
            if left[name] < 0:
                raise NeedsPerson("stopped here")
        original(publication, folder, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(link, "_perform", perform)
        yield


def await_link(world, name):
    """Wait for the link alone: the official client, which verifies the import, does not know every release."""
    wait_for("the link", lambda: b"PublicURL" in (world.root / name / "SPA.yml").read_bytes(), 60, world._situation)


def lose_ledger(world):
    shutil.rmtree(world.folder / "state")


def _contents(world):
    return {name: (world.root / name / "SPA.yml").read_bytes() for name in NAMES}


def test_twenty_datasets_at_every_stage_are_completed_and_nothing_is_there_twice(world):
    # Some steps run side by side, so that the same number stops at different ones.
    steps = {name: number for number, name in enumerate(NAMES[:14])}
    with stopped_after(steps), world.engine():
        for name in NAMES:
            world.drop(name, AUTHOR)
        for name in NAMES:
            world.await_state(name, State.BLOCKED if name in steps else State.READY, State.READY)
    half_made, before = dict(world.onedata.state.spaces), _contents(world)
    lose_ledger(world)
    with world.engine():
        for name in NAMES:
            world.await_state(name, State.READY)
    assert half_made.items() <= world.onedata.state.spaces.items()
    after = _contents(world)
    assert {name: after[name] for name in NAMES if b"PublicURL" in before[name]} == {
        name: content for name, content in before.items() if b"PublicURL" in content
    }
    assert list(breaches(world, *NAMES, authors=dict.fromkeys(NAMES, AUTHOR))) == []


def test_half_made_datasets_are_found_by_their_marks_where_ids_do_not_follow_from_a_seed(seedless_world):
    world, names = seedless_world, NAMES[:6]
    with stopped_after({name: 2 * number + 1 for number, name in enumerate(names)}), world.engine():
        for name in names:
            world.drop(name, AUTHOR)
        for name in names:
            world.await_state(name, State.BLOCKED)
    half_made = dict(world.onedata.state.spaces)
    lose_ledger(world)
    with world.engine():
        for name in names:
            await_link(world, name)
    assert half_made.items() <= world.onedata.state.spaces.items()
    assert list(breaches(world, *names, authors=dict.fromkeys(names, AUTHOR))) == []


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_what_was_made_is_found_although_the_author_has_removed_the_block_too(world, times):
    with world.engine():
        folder = world.drop("run1", AUTHOR)
        world.await_state("run1", State.READY)
    block = world.block("run1")
    for _ in range(times):
        lose_ledger(world)
        (folder / "SPA.yml").write_bytes(without_blocks((folder / "SPA.yml").read_bytes()))
        with world.engine():
            world.await_state("run1", State.READY)
    assert world.block("run1") == block
    assert_invariants(world, "run1", authors={"run1": AUTHOR})


def test_a_folder_that_was_renamed_meanwhile_is_left_to_a_person_and_goes_on_once_renamed_back(world):
    with world.engine():
        folder = world.drop("run1", AUTHOR)
        world.await_state("run1", State.READY)
    lose_ledger(world)
    before = (folder / "SPA.yml").read_bytes()
    folder.rename(world.root / "renamed")
    with world.engine():
        reason = world.await_state("renamed", State.BLOCKED).reason
        assert "move it back" in reason
        state = world.onedata.state
        assert len(state.spaces) == len(state.storages) == len(state.shares) == 1
        (world.root / "renamed").rename(folder)
        world.await_state("run1", State.READY)
    assert (folder / "SPA.yml").read_bytes() == before
    state = world.onedata.state
    assert len(state.spaces) == len(state.storages) == len(state.shares) == 1


def test_a_new_folder_in_the_place_of_a_moved_one_gets_things_of_its_own(world):
    """The space that its place stands for is over the folder that was there before."""
    with world.engine():
        folder = world.drop("run1", AUTHOR)
        world.await_state("run1", State.READY)
    (space,) = world.onedata.state.spaces.values()
    lose_ledger(world)
    moved = world.root / "moved"
    folder.rename(moved)
    for storage in world.onedata.state.storages.values():
        storage.mount_point = str(moved)
    with world.engine():
        world.drop("run1", AUTHOR)
        world.await_state("run1", State.READY)
        # Its name is the key of the other by now, which its references go on meaning.
        assert b"PublicURL" in (world.root / "run1" / "SPA.yml").read_bytes()
        world.await_state("moved", State.READY)
        assert world.dataset("moved").key == "run1"
    assert world.block("moved")["Space"] == space.id
    assert world.block("run1")["Space"] != space.id


@pytest.mark.parametrize("described", [True, False], ids=["by the space", "by the block"])
def test_folders_of_one_name_keep_their_keys_and_titles_in_whatever_order_they_are_found(world, described):
    """References of scientists hold the key: it must not come to mean the other folder."""
    world.values["tiled"] = {
        "url": "http://127.0.0.1:1",
        "api_key": world._secret("tiled.key", "unused"),
        "path": ["x"],
    }
    second = world.folder / "second"
    second.mkdir()
    world.values["watch"].append({"folder": str(second)})

    def names():
        with world.ledger() as ledger:
            return {dataset.root: (dataset.key, dataset.title) for dataset in ledger.datasets()}

    def both_are_linked():
        with world.ledger() as ledger:
            stages = [ledger.stages(one.id).get("link") for one in ledger.datasets()]
        return [stage.condition for stage in stages if stage is not None] == [Condition.DONE] * 2

    with world.engine():
        world.drop("run1", AUTHOR)
        await_link(world, "run1")
        # The file's former self lies beside it for a moment, under a name with a dot.
        shutil.copytree(world.root / "run1", second / "run1", ignore=shutil.ignore_patterns(".*"))
        (second / "run1" / "SPA.yml").write_bytes(AUTHOR)
        wait_for("both links", both_are_linked, 60, world._situation)
    before = names()
    assert len({key for key, _ in before.values()}) == len({title for _, title in before.values()}) == 2
    if not described:
        for space in world.onedata.state.spaces.values():
            space.texts["description"] = ""
    lose_ledger(world)
    world.values["watch"].reverse()
    with world.engine():
        wait_for("both links", lambda: len(names()) == 2 and both_are_linked(), 60, world._situation)
    assert names() == before
    assert len(world.onedata.state.spaces) == len(world.onedata.state.groups) - 2 == 2


def test_a_storage_is_found_however_its_place_is_written(world):
    with world.engine():
        folder = world.drop("run1", AUTHOR)
        world.await_state("run1", State.READY)
    block = world.block("run1")
    for storage in world.onedata.state.storages.values():
        storage.mount_point += "/"
    lose_ledger(world)
    (folder / "SPA.yml").write_bytes(without_blocks((folder / "SPA.yml").read_bytes()))
    with world.engine():
        world.await_state("run1", State.READY)
    assert world.block("run1") == block
    assert len(world.onedata.state.storages) == 1


def test_marks_in_remote_objects_name_the_instance(world):
    world.values["instance"] = "first"
    with world.engine():
        world.drop("run1", AUTHOR)
        dataset = world.await_state("run1", State.READY)
    (space,), (storage,) = world.onedata.state.spaces.values(), world.onedata.state.storages.values()
    assert space.texts["description"].endswith(f"; instance first; marker {dataset.marker}")
    assert storage.qos_parameters["spacecast-instance"] == "u-first"

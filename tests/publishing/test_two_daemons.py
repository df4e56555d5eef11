"""Two daemons with ledgers of their own watch one folder: one of them publishes, the other says whose it is."""

import os

import pytest

from spacecast.ledger import State
from support.world import World, assert_invariants, wait_for

AUTHOR = b"Project: demo\n"


@pytest.fixture
def other(world):
    return beside(world)


def beside(world):
    """A second host's daemon, as it were: the same root and services, a state folder and log of its own."""
    (world.folder / "second").mkdir()
    second = World(world.folder / "second", world.onedata)
    second.root = world.root
    second.values["watch"] = world.values["watch"]
    return second


def _changes(world, since):
    return [exchange for exchange in list(world.onedata.log)[since:] if exchange.method not in ("GET", "HEAD")]


def _look(folder):
    return {entry.name: (entry.stat().st_ctime_ns, entry.inode()) for entry in os.scandir(folder)}


def test_a_second_daemon_leaves_what_is_published_alone_and_names_the_first(world, other):
    with world.daemon():
        folder = world.drop("run1", AUTHOR)
        world.await_state("run1", State.READY)
        requests, files = len(world.onedata.log), _look(folder)
        with other.daemon():
            reason = other.await_state("run1", State.BLOCKED).reason
            assert "is published by another Spacecast, " + world.config.instance_name in reason
            assert f"`instance: {world.config.instance_name}`" in reason
            assert _changes(world, requests) == []
            # The first one goes on.
            world.drop("run2", AUTHOR)
            wait_for("run2 to be decided", lambda: _decided(world, other, "run2"), 60, world._situation)
        assert _look(folder) == files
    assert len(world.onedata.state.spaces) == len(world.onedata.state.shares) == 2


def test_a_second_daemon_finds_the_first_although_ids_follow_from_nothing_and_the_block_is_gone(seedless_world):
    world, other = seedless_world, beside(seedless_world)
    world.values["instance"], other.values["instance"] = "first", "second"
    with world.engine():
        folder = world.drop("run1", AUTHOR)
        wait_for("the link", lambda: b"PublicURL" in (folder / "SPA.yml").read_bytes(), 60, world._situation)
    (folder / "SPA.yml").write_bytes(AUTHOR)
    requests = len(world.onedata.log)
    with other.engine():
        reason = other.await_state("run1", State.BLOCKED).reason
    assert "is published by another Spacecast, first" in reason
    assert _changes(world, requests) == []


def test_of_two_daemons_that_see_new_folders_at_the_same_time_each_gets_one_publisher(world, other):
    names = [f"run{number}" for number in range(6)]
    with world.daemon(), other.daemon():
        for one in (world, other):
            one.situation_after("started")
        for name in names:
            world.drop(name, AUTHOR)
        for name in names:
            wait_for(f"{name} to be decided", lambda name=name: _decided(world, other, name), 60, other._situation)
    state = world.onedata.state
    assert len(state.spaces) == len(state.storages) == len(state.supports) == len(state.shares) == len(names)
    assert sorted(group.name for group in state.groups.values() if group.name.startswith("run")) == names
    assert sum("spacecast" in token.custom for token in state.tokens.values()) == len(names)
    for name in names:
        winner = world if world.dataset(name).state is State.READY else other
        assert winner.block(name)["Space"] in state.spaces


def _decided(world, other, name):
    found = [one.dataset(name) for one in (world, other)]
    states = sorted(dataset.state for dataset in found if dataset is not None)
    return states == [State.BLOCKED, State.READY]


def test_a_daemon_that_is_given_the_name_of_one_that_is_gone_takes_its_datasets_over(world, other):
    with world.daemon():
        world.drop("run1", AUTHOR)
        world.await_state("run1", State.READY)
    other.values["instance"] = world.config.instance_name
    with other.daemon():
        other.await_state("run1", State.READY)
    assert_invariants(other, "run1", authors={"run1": AUTHOR})


def test_a_dataset_that_was_refused_is_taken_over_after_the_name_was_given(world, other):
    with world.daemon():
        world.drop("run1", AUTHOR)
        world.await_state("run1", State.READY)
    with other.daemon():
        other.await_state("run1", State.BLOCKED)
    other.values["instance"] = world.config.instance_name
    with other.daemon():
        other.await_state("run1", State.READY)
    assert_invariants(other, "run1", authors={"run1": AUTHOR})

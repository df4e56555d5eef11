"""A file system that hangs while datasets on it are worked on: those elsewhere have their links as ever."""

import threading

import pytest

from spacecast.folders import Discovery
from spacecast.folders import opening as opening_module
from spacecast.ledger import State
from spacecast.sandbox.onedata import Delays
from support.world import made, wait_for

LINK_WORKERS = 4


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Give a world with a second watched folder, `there`, on a file system of its own as far as anybody can tell."""
    with made(tmp_path, delays=Delays(propagation_seconds=0.0, first_scan_seconds=0.0)) as world:
        there = tmp_path.resolve() / "there"
        there.mkdir()
        world.values["watch"].append({"folder": str(there)})
        world.values["limits"] = {"link_workers": LINK_WORKERS, "bulk_workers": 2}
        monkeypatch.setattr(Discovery, "device_of", lambda _, root: "another" if root == there else "this")
        yield world


@pytest.fixture
def silent_server(world, monkeypatch):
    """Give how many calls are stuck in the second folder, and a function after which it answers again."""
    stuck, back, real = [], threading.Event(), opening_module.opened_root

    def hang(path):
        if path.name == "there" and not back.is_set():
            stuck.append(path)
            back.wait(120.0)
        return real(path)

    monkeypatch.setattr(opening_module, "opened_root", hang)
    yield stuck, back.set
    back.set()


def test_datasets_on_a_file_system_that_hangs_leave_workers_to_the_others(world, silent_server):
    stuck, answer_again = silent_server
    hung = [f"hung{number}" for number in range(2 * LINK_WORKERS)]
    with world.engine() as engine:
        for name in hung:
            make_below(world.root.parent / "there", name)
        waiting = wait_for("all to be stuck or refused", lambda: refused(world, hung), 60)
        assert len(stuck) == LINK_WORKERS // 2
        assert "does not answer: its disk or file server hangs" in waiting[0].reason
        assert not engine.work.links.is_full
        world.drop("elsewhere")
        world.await_state("elsewhere", State.READY)
        assert len(stuck) == LINK_WORKERS // 2
        engine.work.link_disks._clock = lambda: float("inf")
        assert engine.look_for_hangs() == [f"{world.root.parent / 'there'} does not answer"]
        engine.work.link_disks._clock = lambda: 0.0
        answer_again()
        for name in hung:
            world.await_state(name, State.READY)
        assert engine.look_for_hangs() == []


def make_below(root, name):
    (root / name).mkdir()
    (root / name / "SPA.yml").write_bytes(b"Project: demo\n")


def refused(world, names):
    """Give the datasets that wait for the file system, once they are all but those whose workers are stuck."""
    found = [dataset for name in names if (dataset := world.dataset(name)) is not None]
    waiting = [dataset for dataset in found if dataset.state is State.RETRYING]
    return waiting if len(waiting) == len(names) - LINK_WORKERS // 2 else None

"""Every service is down at once, the catalog too, and the disk of the ledger: nobody has to restart anything."""

import contextlib
import shutil

import pytest

from spacecast.ledger import State
from spacecast.sandbox.onedata import FaultRule, Status
from spacecast.transport import gate
from support.invariants import breaches
from support.torture import AUTHOR, trial
from support.torture_files import small_disk
from support.torture_proxy import TiledProxy
from support.world import wait_for

BEFORE, LATER = "before", ("run1", "run2", "run3")


@pytest.fixture(autouse=True)
def _frequent_probes(hurried, monkeypatch):
    monkeypatch.setattr(gate, "GLANCE_SECONDS", 0.05)


@pytest.fixture
def proxy(tiled):
    with TiledProxy(tiled) as proxy:
        yield proxy


def _all_in(world, running, names, state):
    def reached():
        return all([one.state for one in running.ledger.find(name)] == [state] for name in names)

    wait_for(f"{names} to be {state}", reached, 40, world._situation)


def _found(world):
    names = (BEFORE, *LATER)
    return list(breaches(world, *names, authors=dict.fromkeys(names, AUTHOR)))


def test_a_catalog_that_is_down_holds_up_no_link_and_gets_every_dataset_when_it_is_back(tmp_path, proxy, figures):
    with trial(tmp_path, proxy, tiled_path="outage-of-tiled") as world:
        with world.running() as running:
            world.drop(BEFORE, AUTHOR)
            _all_in(world, running, [BEFORE], State.READY)
            proxy.down()
            for name in LATER:
                world.drop(name, AUTHOR)
            _all_in(world, running, LATER, State.RETRYING)
            for name in LATER:
                file = world.root / name / "SPA.yml"
                wait_for("the link", lambda file=file: b"PublicURL" in file.read_bytes(), 30)
            _all_in(world, running, [BEFORE], State.READY)
            proxy.up()
            _all_in(world, running, LATER, State.READY)
        found = _found(world)
    figures.count("outage of Tiled", breaches=len(found))
    assert found == []


def _take_down(world, proxy):
    """Take every service down; return what brings them back."""
    hosts = (world.onedata.zone, world.onedata.providers[0], proxy)
    for host in hosts:
        host.down()
    world.onedata.faults.add(FaultRule(Status(503), service="panel", times=None))

    def mend():
        world.onedata.faults.clear()
        for host in hosts:
            host.up()

    return mend


def test_everything_goes_on_by_itself_after_an_outage_of_all_services(tmp_path, proxy, figures):
    with trial(tmp_path, proxy, tiled_path="outage-of-all") as world:
        with world.running() as running:
            world.drop(BEFORE, AUTHOR)
            _all_in(world, running, [BEFORE], State.READY)
            mend = _take_down(world, proxy)
            for name in LATER:
                world.drop(name, AUTHOR)
            _all_in(world, running, LATER, State.RETRYING)
            mend()
            _all_in(world, running, LATER, State.READY)
        found = _found(world)
    figures.count("outage of all services", breaches=len(found))
    assert found == []


def test_everything_goes_on_by_itself_after_an_outage_of_all_services_and_of_the_disk(tmp_path, proxy, figures):
    make = trial(tmp_path, proxy, tiled_path="outage-of-all-and-disk")
    with make as world, small_disk(tmp_path / "disk", 2 * 1024 * 1024) as disk:
        world.values["state_folder"] = str(disk / "state")
        ballast = disk / "ballast"
        with world.running() as running:
            world.drop(BEFORE, AUTHOR)
            _all_in(world, running, [BEFORE], State.READY)
            mend = _take_down(world, proxy)
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
            for name in LATER:
                world.drop(name, AUTHOR)
            assert "disk is full" in world.situation_after("ledger unusable")
            mend()
            ballast.unlink()
            _all_in(world, running, LATER, State.READY)
        shutil.copytree(disk / "state", world.folder / "state")
        found = _found(world)
    figures.count("outage of all services and of the disk", breaches=len(found))
    assert found == []

"""An operator asks beside a running daemon, and programs get JSON."""

import json

import pytest

from spacecast.ledger import State
from spacecast.sandbox.onedata import FaultRule, Status
from support.world import made, wait_for


@pytest.fixture
def world(tmp_path):
    with made(tmp_path) as world:
        yield world


def test_status_shows_each_dataset_with_its_state_and_reason_while_the_daemon_runs(world):
    with world.daemon():
        world.drop("good")
        world.drop("bad", b"a: b: c\n")
        world.await_state("good", State.READY)
        world.await_state("bad", State.BLOCKED)
        shown = world.command("status")
    assert shown.returncode == 0
    assert "good" in shown.stdout
    assert "line 1" in shown.stdout
    assert "1 ready, 1 blocked" in shown.stdout


def test_status_and_show_speak_json(world):
    with world.running():
        world.drop("run1")
        world.await_state("run1", State.READY)
        (entry,) = json.loads(world.typed("status", "--json").stdout)["datasets"]
        (everything,) = json.loads(world.typed("show", "run1", "--json").stdout)["datasets"]
    assert (entry["name"], entry["state"], entry["path"]) == ("run1", "ready", str(world.root / "run1"))
    kinds = {found["kind"] for found in everything["objects"]}
    assert {"space", "storage", "support", "group", "invite", "share"} <= kinds
    assert everything["events"][-1]["outcome"] == "done"
    assert [stage["stage"] for stage in everything["stages"]] == ["link", "import"]


def test_status_filters_by_state(world):
    with world.running():
        world.drop("good")
        world.drop("bad", b"a: b: c\n")
        world.await_state("good", State.READY)
        world.await_state("bad", State.BLOCKED)
    found = json.loads(world.typed("status", "--json", "--state", "blocked").stdout)["datasets"]
    assert [entry["name"] for entry in found] == ["bad"]


def test_an_unknown_dataset_is_named_with_what_to_type(world):
    with world.running():
        world.drop("run1")
        world.await_state("run1", State.READY)
    shown = world.typed("show", "run10")
    assert shown.exit_code == 1
    assert "spacecast status" in shown.stderr


def test_scan_brings_everything_to_ready_and_exits(world):
    world.drop("one")
    world.drop("two")
    done = world.command("scan")
    assert (done.returncode, done.stdout) == (0, "2 ready\n")


def test_scan_says_by_its_exit_code_that_something_needs_a_person(world):
    world.drop("good")
    world.drop("bad", b"a: b: c\n")
    done = world.command("scan")
    assert done.returncode == 1
    assert "1 blocked" in done.stdout


def test_a_wrong_config_is_told_with_file_and_line(world):
    world.values["metadata"]["fies"] = world.values["metadata"].pop("files")
    wrong = world.command("status")
    assert wrong.returncode == 2
    assert f"{world.folder}/spacecast.yaml:" in wrong.stderr
    assert "metadata.fies" in wrong.stderr
    assert "files" in wrong.stderr


def test_status_sums_up_what_several_datasets_wait_for(world):
    world.onedata.faults.add(FaultRule(Status(503), service="panel", times=None))
    names = ("run1", "run2", "run3")
    with world.running():
        for name in names:
            world.drop(name)
        for name in names:
            world.await_state(name, State.RETRYING, seconds=60)
        wait_for("all at the gate", lambda: len({world.dataset(name).reason for name in names}) == 1, 60)
        shown = world.typed("status").stdout
        (number,) = json.loads(world.typed("status", "--json").stdout)["common_reasons"].values()
    assert number == 3
    assert "3 datasets: Onepanel" in shown
    assert "is not answering since" in shown

"""Every call to the file system of the metadata file, and every write of the ledger, fails: nothing is lost by it."""

import contextlib
import shutil

import pytest

from spacecast.ledger import State
from support.invariants import breaches
from support.torture import AUTHOR, NAME, publish_through, trial
from support.torture_files import ERRORS, FOR_A_PERSON, FailingCalls, FailingLedger, small_disk
from support.world import wait_for

SHORT_CALLS, SHORT_WRITES = (12, 25), (1, 14)
LEDGER_ERRORS = ("database or disk is full", "disk I/O error", "unable to open database file")


@pytest.fixture(scope="module")
def number_of_calls(hurried, tmp_path_factory):
    """How many calls an undisturbed publication makes: of the file system, of the ledger."""
    with pytest.MonkeyPatch.context() as patch, trial(tmp_path_factory.mktemp("undisturbed")) as world:
        files, ledger = FailingCalls(patch, 0, 5, stay=False), FailingLedger(patch, 0, "", stay=False)
        assert publish_through(world, lambda: None, person=False, shown=False) == []
        return files.calls, ledger.writes


@pytest.mark.parametrize("stay", [False, True], ids=["once", "from there on"])
@pytest.mark.parametrize("error", ERRORS)
def test_every_call_to_the_file_system_may_fail(tmp_path, number_of_calls, figures, is_long, error, stay):
    found = []
    for nth in range(1, number_of_calls[0] + 1) if is_long else SHORT_CALLS:
        with pytest.MonkeyPatch.context() as patch, trial(tmp_path / str(nth)) as world:
            failing = FailingCalls(patch, nth, ERRORS[error], stay=stay)
            broken = publish_through(world, failing.clear, person=error in FOR_A_PERSON, shown=stay)
        assert failing.failed, f"call {nth} did not come"
        figures.count(f"{error} {'from there on' if stay else 'once'}", breaches=len(broken))
        found += [f"call {nth} {error}: {one}" for one in broken]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("stay", [False, True], ids=["once", "from there on"])
@pytest.mark.parametrize("message", LEDGER_ERRORS)
def test_every_write_of_the_ledger_may_fail(tmp_path, number_of_calls, figures, is_long, message, stay):
    found = []
    for nth in range(1, number_of_calls[1] + 1) if is_long else SHORT_WRITES:
        with pytest.MonkeyPatch.context() as patch, trial(tmp_path / str(nth)) as world:
            failing = FailingLedger(patch, nth, message, stay=stay)
            broken = _published(world, failing, stay=stay)
        assert failing.failed, f"write {nth} did not come"
        figures.count(f"ledger: {message}, {'from there on' if stay else 'once'}", breaches=len(broken))
        found += [f"write {nth} {message}: {one}" for one in broken]
    assert found == [], "\n".join(found)


def _published(world, failing, *, stay):
    with world.running() as running:
        world.drop(NAME, AUTHOR)
        wait_for("the failure", lambda: failing.failed > (2 if stay else 0), 20)
        failing.clear()
        if running.await_state(State.READY, State.BLOCKED) is State.BLOCKED:
            return ["blocked by a fault that passes"]
        return list(breaches(world, NAME, authors={NAME: AUTHOR}))


def test_a_full_disk_under_the_ledger_holds_everything_up_until_there_is_room(hurried, tmp_path, figures):
    with trial(tmp_path) as world, small_disk(tmp_path / "disk", 2 * 1024 * 1024) as disk:
        world.values["state_folder"] = str(disk / "state")
        ballast = disk / "ballast"
        with world.running() as running:
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
            world.drop(NAME, AUTHOR)
            assert "disk is full" in world.situation_after("ledger unusable")
            assert world.onedata.state.spaces == {}
            ballast.unlink()
            running.await_state(State.READY)
        shutil.copytree(disk / "state", world.folder / "state")
        # Looked at where everybody looks for it.
        found = list(breaches(world, NAME, authors={NAME: AUTHOR}))
    figures.count("a full disk under the ledger", breaches=len(found))
    assert found == []

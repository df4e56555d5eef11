"""The real daemon with a ledger that is damaged, gone, old or in use: nothing is published twice, whatever it was."""

import os
import shutil
import signal

import pytest

from spacecast.ledger import State
from support.ledgers import cut_to, kept, overwritten, typed
from support.world import assert_invariants, wait_for


@pytest.fixture
def published(world):
    """A world with a ready dataset, and nobody at work."""
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    return world


def _ledger(world):
    return world.folder / "state" / "ledger.sqlite"


def test_a_killed_daemon_goes_on_with_its_ledger(world):
    world.drop("run1")
    with world.daemon() as daemon:
        world.await_state("run1", State.READY)
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.wait(20)
    world.drop("run2")
    with world.daemon():
        world.await_state("run2", State.READY)
    assert_invariants(world, "run1", "run2")


def test_a_damaged_ledger_keeps_the_daemon_from_starting_until_its_command_was_typed(published):
    before = (published.root / "run1" / "SPA.yml").read_bytes()
    overwritten(0, os.urandom(8192))(_ledger(published))
    damaged = _ledger(published).read_bytes()
    refused = published.command("run")
    assert refused.returncode == 1
    assert "is damaged (it is not an SQLite database)" in refused.stderr
    assert published.command("scan").returncode == 1
    typed(refused.stderr)
    rebuilt = published.command("scan")
    assert (rebuilt.returncode, rebuilt.stdout.splitlines()[-1]) == (0, "1 ready")
    assert (published.root / "run1" / "SPA.yml").read_bytes() == before
    assert [path.read_bytes() for path in kept(published.folder / "state")] == [damaged]
    assert_invariants(published, "run1")


def test_looking_at_a_damaged_ledger_says_so_and_changes_nothing(published):
    cut_to(0.5)(_ledger(published))
    before = _ledger(published).read_bytes()
    for words in (("status",), ("show", "run1")):
        told = published.command(*words)
        assert (told.returncode, "is damaged" in told.stderr) == (1, True), told.stderr
        assert "Traceback" not in told.stderr
    assert _ledger(published).read_bytes() == before


def test_a_ledger_from_an_old_backup_finds_what_was_made_after_it(published):
    backup = shutil.copy(_ledger(published), published.folder / "backup.sqlite")
    with published.engine():
        for name in ("run2", "run3"):
            published.drop(name)
            published.await_state(name, State.READY)
    _ledger(published).unlink()
    shutil.copy(backup, _ledger(published))
    with published.engine():
        for name in ("run1", "run2", "run3"):
            published.await_state(name, State.READY)
    assert_invariants(published, "run1", "run2", "run3")


def test_a_daemon_whose_ledger_is_removed_ends_and_the_next_one_finds_everything_again(world):
    world.drop("run1")
    with world.daemon() as daemon:
        world.await_state("run1", State.READY)
        for file in (world.folder / "state").glob("ledger.sqlite*"):
            file.unlink()
        assert daemon.wait(30) == 1
    assert "was removed or replaced while it was in use" in world.situation_after("removed or replaced")
    with world.daemon():
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_a_scan_beside_the_daemon_is_refused_and_disturbs_nothing(world):
    world.drop("run1")
    with world.daemon() as daemon:
        world.await_state("run1", State.READY)
        refused = world.command("scan")
        assert refused.returncode == 1
        assert f"is held by process {daemon.pid} on " in refused.stderr
        assert world.typed("status").exit_code == 0
        world.drop("run2")
        world.await_state("run2", State.READY)
    assert_invariants(world, "run1", "run2")


def test_a_stale_lock_keeps_nobody_out_and_the_ledger_is_looked_through(world):
    with world.daemon() as daemon:
        wait_for("the daemon", lambda: _ledger(world).exists() and world.situation_after("started"), 20)
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.wait(20)
    assert str(daemon.pid) in (world.folder / "state" / "spacecast.lock").read_text()
    assert world.command("scan").returncode == 0
    assert (world.folder / "state" / "spacecast.lock").read_text() == ""

"""While the running file is there the provider imports by itself; when it goes, a last pass proves everything."""

import pytest

from spacecast.ledger import Ledger, LedgerTrouble, State
from spacecast.service import findings, work
from support.world import assert_invariants, wait_for


def _is_continuous(world):
    (support,) = world.onedata.state.supports.values()
    return support.storage_import.config["continuousScan"]


def test_a_live_dataset_has_its_link_while_it_grows_and_is_verified_at_the_end(world):
    folder = world.drop("run1")
    (folder / ".running").touch()
    with world.engine():
        assert world.await_state("run1", State.READY).live
        assert _is_continuous(world)
        (folder / "late.dat").write_bytes(b"late")
        (folder / ".running").unlink()
        wait_for("the end", lambda: not world.dataset("run1").live, 20)
        world.await_state("run1", State.READY)
    assert not _is_continuous(world)
    assert world.guest_reads(world.block("run1")["PublicURL"], "late.dat").content == b"late"


@pytest.mark.parametrize("number", [1, 2])
def test_the_end_is_not_lost_where_the_ledger_cannot_be_written_at_that_moment(world, monkeypatch, number):
    """Between any two writes of the ledger the daemon can be killed, too."""
    for module in (findings, work):
        monkeypatch.setattr(module, "LEDGER_SECONDS", 0.05)
    folder = world.drop("run1")
    (folder / ".running").touch()
    with world.engine():
        world.await_state("run1", State.READY)
        wait_for("continuous import", lambda: _is_continuous(world), 20)
        written, original = [], Ledger._writing

        def writing(ledger):
            written.append(None)
            if len(written) == number:
                raise LedgerTrouble("the disk is full, once")
            return original(ledger)

        monkeypatch.setattr(Ledger, "_writing", writing)
        (folder / ".running").unlink()
        wait_for("the last scan", lambda: not _is_continuous(world), 30, world._situation)
        world.await_state("run1", State.READY)
    assert not world.dataset("run1").live
    assert_invariants(world, "run1")


def test_a_dataset_that_goes_on_becomes_live_again(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        (folder / ".running").touch()
        wait_for("continuous import", lambda: _is_continuous(world), 20)
        assert world.await_state("run1", State.READY).live


def test_the_space_is_fitted_to_its_files_at_the_end_and_grows_when_the_dataset_goes_on(world):
    world.values["onedata"]["fit_space_size"] = True
    folder = world.drop("run1")
    (folder / "large.dat").write_bytes(b"x" * 2_000_000)
    (folder / ".running").touch()

    def size():
        (support,) = world.onedata.state.supports.values()
        return support.size

    with world.engine():
        world.await_state("run1", State.READY)
        assert size() == world.config.onedata.space_size
        (folder / ".running").unlink()
        wait_for("the fitted size", lambda: size() < world.config.onedata.space_size, 30)
        assert size() == sum(file.stat().st_size for file in folder.iterdir())
        (folder / ".running").touch()
        wait_for("the full size", lambda: size() == world.config.onedata.space_size, 30)


def test_the_space_keeps_its_size_unless_the_config_says_otherwise(world):
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    (support,) = world.onedata.state.supports.values()
    assert support.size == world.config.onedata.space_size

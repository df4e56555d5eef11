"""While the running file is there the provider imports by itself; when it goes, a last pass proves everything."""

from spacecast.ledger import State
from support.world import wait_for


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


def test_a_dataset_that_goes_on_becomes_live_again(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        (folder / ".running").touch()
        wait_for("continuous import", lambda: _is_continuous(world), 20)
        assert world.await_state("run1", State.READY).live

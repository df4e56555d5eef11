"""A panel that carries out minutes later what it was asked for in vain leaves no dataset with two storages."""

import pytest

from spacecast.ledger import State
from spacecast.publish import ensure, twins
from spacecast.publish.link_storage import STORAGE
from spacecast.sandbox.onedata import FaultRule, Late
from support.world import assert_invariants, wait_for

_LINK = b"PublicURL"


@pytest.fixture
def folder(world, monkeypatch):
    """A dataset whose storage the panel makes only when the faults are released, after it had to be asked again."""
    monkeypatch.setattr(ensure, "LOOKS_AFTER_UNCLEAR_SECONDS", (0.05, 0.1))
    monkeypatch.setattr(twins, "WATCH_SECONDS", 3600.0)
    monkeypatch.setattr(twins, "_LOOK_AGAIN_SECONDS", 0.1)
    world.onedata.faults.add(FaultRule(Late(), method="POST", path=r"/provider/storages$"))
    return world.drop("run1")


def removed_storages(world):
    return [one for one in world.onedata.log if one.method == "DELETE" and "/provider/storages/" in one.path]


def test_a_storage_that_turns_up_beside_the_recorded_one_is_removed(world, folder, monkeypatch):
    with world.engine():
        wait_for("the link", lambda: _LINK in (folder / "SPA.yml").read_bytes(), 60)
        with world.ledger() as ledger:
            recorded = ledger.objects(world.dataset("run1").id)[STORAGE].remote_id
        assert removed_storages(world) == []

        world.onedata.faults.release()
        wait_for("the second one to be removed", lambda: removed_storages(world), 30)
        assert list(world.onedata.state.storages) == [recorded]
        assert world.dataset("run1").state is State.WORKING

        monkeypatch.setattr(twins, "WATCH_SECONDS", 0.0)
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_a_withdrawal_removes_both(world, folder):
    with world.running():
        wait_for("the link", lambda: _LINK in (folder / "SPA.yml").read_bytes(), 60)
    world.onedata.faults.release()
    wait_for("the second one", lambda: len(world.onedata.state.storages) == 2, 30)

    done = world.typed("withdraw", "run1", "--yes")

    assert done.exit_code == 0, done.output
    assert list(world.onedata.state.storages) == []

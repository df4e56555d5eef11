"""The daemon may be stopped or killed at any moment; the next start goes on where it was, and doubles nothing."""

import signal
import time

import pytest

from spacecast.ledger import LedgerTrouble, State
from spacecast.onedata import PanelClient
from spacecast.sandbox.onedata import DropAfter, FaultRule, HalfMade, Hang, ResetBefore, Status
from support.world import assert_invariants, wait_for

CREATING_CALLS = {
    "space": r"/groups/[^/]+/spaces$",
    "storage": r"/provider/storages$",
    "support token": r"/user/tokens/temporary$",
    "support": r"/provider/spaces$",
    "group": r"/groups/[^/]+/children$",
    "invite token": r"/user/tokens/named$",
    "share": r"/oneprovider/shares$",
}


@pytest.mark.parametrize("call", ["space", "support", "share"])
def test_sigterm_ends_the_daemon_within_ten_seconds_wherever_it_hangs(world, call):
    world.onedata.faults.add(FaultRule(Hang(), method="POST", path=CREATING_CALLS[call], times=None))
    with world.daemon() as process:
        world.drop("run1")
        wait_for("the call", lambda: any(rule.applied for rule in world.onedata.faults._rules), 20)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert time.monotonic() - asked < 10
    world.onedata.faults.clear()
    with world.daemon():
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


@pytest.mark.parametrize("call", CREATING_CALLS)
def test_a_reply_that_is_lost_makes_nothing_twice(world, call):
    fault = world.onedata.faults.add(FaultRule(DropAfter(), method="POST", path=CREATING_CALLS[call]))
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    assert fault.applied == 1
    assert_invariants(world, "run1")


@pytest.mark.parametrize("kind", [Status(500), Status(503), Status(502, "<html>bad gateway</html>"), ResetBefore()])
def test_a_fault_of_any_call_passes_by_itself(world, kind):
    world.onedata.faults.add(FaultRule(kind, path="/api/", nth=3, times=4))
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY, seconds=60)
    assert_invariants(world, "run1")


@pytest.mark.parametrize("call", ["space", "support", "share"])
def test_a_kill_loses_and_doubles_nothing(world, call):
    world.onedata.faults.add(FaultRule(Hang(), method="POST", path=CREATING_CALLS[call]))
    with world.daemon() as process:
        world.drop("run1")
        wait_for("the call", lambda: any(rule.applied for rule in world.onedata.faults._rules), 20)
        process.kill()
        process.wait(10)
    world.onedata.faults.clear()
    with world.daemon():
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_a_support_that_was_made_by_half_is_mended(world):
    world.onedata.faults.add(FaultRule(HalfMade(), method="POST", path=CREATING_CALLS["support"]))
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    (support,) = world.onedata.state.supports.values()
    assert support.storage_import is not None
    assert_invariants(world, "run1")


@pytest.fixture
def half_made(world, monkeypatch):
    """The first support is answered as made, but its import is not set up."""
    original, supports = PanelClient.support_space, world.onedata.state.supports

    def support_space(panel, **wanted):
        made = original(panel, **wanted)
        if not world.onedata.log.matching(method="DELETE"):
            supports[next(iter(supports))].storage_import = None
        return made

    monkeypatch.setattr(PanelClient, "support_space", support_space)


def _end_at_revoking(monkeypatch, *, after):
    """Have the first pass that takes a support back end there, as if the daemon had been killed."""
    original, ends = PanelClient.revoke_support, []

    def revoke_support(panel, space_id):
        if after or ends:
            original(panel, space_id)
        if not ends:
            ends.append(space_id)
            raise LedgerTrouble("the pass ends here")

    monkeypatch.setattr(PanelClient, "revoke_support", revoke_support)
    return ends


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it was done"])
def test_an_end_while_a_support_made_by_half_is_taken_back_blocks_nothing(world, monkeypatch, half_made, after):
    ends = _end_at_revoking(monkeypatch, after=after)
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    assert len(ends) == 1
    assert_invariants(world, "run1")


def test_a_support_that_is_gone_before_it_was_verified_is_made_again(world):
    world.values["onedata"]["waits"] = {"visibility": "3s"}
    with world.engine():
        refused = world.onedata.faults.add(FaultRule(Status(503), method="GET", path=r"/provider/spaces/", times=None))
        world.drop("run1")
        wait_for("the look at the support", lambda: refused.applied, 20)
        world.onedata.state.supports.clear()
        world.onedata.faults.clear()
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_a_restart_of_a_ready_daemon_asks_nothing(world):
    with world.daemon():
        world.drop("run1")
        world.await_state("run1", State.READY)
    calls = len(world.onedata.log)
    with world.daemon():
        wait_for("the start", lambda: world.log_file.read_text().count('"event": "started"') == 2, 20)
        time.sleep(1.0)
    assert len(world.onedata.log) == calls


def test_a_second_daemon_on_the_same_state_folder_says_why_it_does_not_start(world):
    with world.daemon():
        world.drop("run1")
        world.await_state("run1", State.READY)
        second = world.command("run")
    assert second.returncode == 1
    assert "another Spacecast works with this state folder" in second.stderr


def test_metadata_is_published_by_a_service_that_comes_back(world):
    provider = world.onedata.providers[0]
    with world.engine():
        provider.down()
        world.drop("run1")
        assert world.await_state("run1", State.RETRYING).reason
        provider.up()
        world.await_state("run1", State.READY, seconds=60)
    assert_invariants(world, "run1")


def test_a_hangup_has_everything_that_is_not_done_looked_at_again(world):
    name = "run1"
    world.onedata.faults.add(FaultRule(Status(403), method="POST", path=CREATING_CALLS["space"], times=None))
    with world.daemon() as process:
        world.drop(name)
        world.await_state(name, State.BLOCKED)
        world.onedata.faults.clear()
        process.send_signal(signal.SIGHUP)
        world.await_state(name, State.READY)
        assert process.poll() is None
    assert_invariants(world, name)

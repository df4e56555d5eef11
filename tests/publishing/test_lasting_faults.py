"""A fault that passes within a moment as a rule is a person's matter where it lasts."""

import pytest
import requests

from spacecast.ledger import State
from spacecast.publish import ensure
from spacecast.sandbox.onedata import FaultRule, Status
from spacecast.transport import back_off_seconds
from support.world import assert_invariants, wait_for

NOT_SUPPORTED = {"id": "userNotSupported", "description": "The user is not supported."}
FAULTS = {
    "an internal error": FaultRule(Status(500), method="POST", path=r"/groups/[^/]+/spaces$", times=None),
    "a user that the provider does not know": FaultRule(
        Status(401, {"error": {"id": "unauthorized", "details": {"authError": NOT_SUPPORTED}}}),
        service="provider",
        path=r"/spaces/",
        times=None,
    ),
    "a space that the provider does not know": FaultRule(
        Status(403, {"error": {"id": "forbidden", "description": "x"}}), service="provider", path="/spaces/", times=None
    ),
    "a group that is gone at once": FaultRule(
        Status(404, {"error": {"id": "notFound", "description": "x"}}), method="POST", path="/children$", times=None
    ),
}


@pytest.fixture(autouse=True)
def impatient(world, monkeypatch):
    world.values["onedata"]["waits"] = {"visibility": "1s"}
    monkeypatch.setitem(back_off_seconds.__kwdefaults__, "longest_seconds", 0.5)
    monkeypatch.setattr(ensure, "LOOKS_AFTER_UNCLEAR_SECONDS", (0.05, 0.1))


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_retried_for_a_while_and_then_told_to_a_person(world, fault):
    world.onedata.faults.add(FAULTS[fault])
    with world.engine() as engine:
        world.drop("run1")
        world.await_state("run1", State.RETRYING)
        reason = world.await_state("run1", State.BLOCKED).reason
        assert "has not passed within 1s (onedata.waits.visibility)" in reason
        world.onedata.faults.clear()
        engine.look_again()
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_what_a_proxy_says_is_waited_out_however_long_it_lasts(world):
    rule = FaultRule(Status(503), method="POST", path=r"/groups/[^/]+/spaces$", times=None)
    world.onedata.faults.add(rule)

    def attempts():
        with world.ledger() as ledger:
            return ledger.stages(world.dataset("run1").id)["link"].attempts

    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.RETRYING)
        wait_for("many attempts", lambda: attempts() > 6, 60, world._situation)
        assert world.dataset("run1").state is State.RETRYING
        world.onedata.faults.clear()
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_a_space_that_is_deleted_before_its_link_was_written_is_a_persons_matter_too(world):
    refusal = Status(403, {"error": {"id": "forbidden", "description": "x"}})
    world.onedata.faults.add(FaultRule(refusal, method="POST", path="/oneprovider/shares$", times=None))
    with world.engine() as engine:
        folder = world.drop("run1")
        world.await_state("run1", State.RETRYING, State.BLOCKED)
        (space,) = world.onedata.state.spaces
        answer = requests.delete(
            f"{world.onedata.zone_url}/api/v3/onezone/spaces/{space}",
            headers={"X-Auth-Token": world.onedata.token},
            verify=str(world.onedata.ca_file),
            timeout=10,
        )
        assert answer.status_code == 204
        world.onedata.faults.clear()
        engine.look_again()

        def is_asked():
            return "does not exist any more. To publish the dataset again" in world.dataset("run1").reason

        wait_for("the question", is_asked, 60, world._situation)
        (folder / "SPA.yml").write_bytes(b"Project: demo\nNew: 1\n")
        world.await_state("run1", State.READY)
    assert space not in world.onedata.state.spaces


def test_a_scan_that_is_refused_for_one_that_nobody_sees_is_told(world):
    taken = Status(409, {"error": {"id": "alreadyExists", "description": "x"}})
    world.onedata.faults.add(FaultRule(taken, method="POST", path="/force-start$", times=None))
    with world.engine() as engine:
        folder = world.drop("run1")
        reason = world.await_state("run1", State.RETRYING).reason
        assert "because a scan is under way, and says that none is" in reason
        assert b"PublicURL" in (folder / "SPA.yml").read_bytes()
        world.onedata.faults.clear()
        engine.look_again()
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")

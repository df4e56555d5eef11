"""In an outage one probe asks however many datasets wait, the log says it once, and nobody has to restart anything."""

import pytest

from spacecast.ledger import LedgerUnusable, State
from spacecast.publish import ensure
from spacecast.sandbox.onedata import FaultRule, Status
from spacecast.transport import back_off_seconds, gate
from support.world import assert_invariants, wait_for

NAMES = [f"run{number:02}" for number in range(24)]
FEW = NAMES[:3]
# What eight workers have in hand when an outage begins: three steps side by side, each followed by a probe at most.
IN_HAND = 8 * 3


@pytest.fixture(autouse=True)
def frequent_probes(monkeypatch):
    monkeypatch.setattr(gate, "GLANCE_SECONDS", 0.05)
    monkeypatch.setattr(ensure, "LOOKS_AFTER_UNCLEAR_SECONDS", (0.05, 0.1))
    monkeypatch.setitem(back_off_seconds.__kwdefaults__, "longest_seconds", 0.3)


def said(world, event):
    return world.log_file.read_text().count(f'"event": "{event}"')


def all_in(world, names, state, reason=""):
    def reached():
        try:
            with world.ledger() as ledger:
                datasets = list(ledger.datasets())
        except LedgerUnusable:  # the daemon is just making it
            return False
        return len(datasets) == len(names) and all(one.state is state and reason in one.reason for one in datasets)

    wait_for(f"all to be {state}", reached, 40, world._situation)


def drop_all(world, names):
    for name in names:
        world.drop(name, files=1)


def probes(world, path="/onezone/user"):
    return sum(one.path.endswith(path) for one in world.onedata.log)


def test_in_an_outage_of_the_zone_only_probes_are_sent_and_all_wait_for_the_same(world):
    rule = world.onedata.faults.add(FaultRule(Status(503), service="zone", times=None))
    drop_all(world, NAMES)
    with world.engine():
        all_in(world, NAMES, State.RETRYING, "is not answering since")
        before, probed = rule.seen, probes(world)
        assert before <= IN_HAND + probed
        wait_for("some probes", lambda: probes(world) > probed + 3, 30)
        assert rule.seen - before == probes(world) - probed
        with world.ledger() as ledger:
            assert len({dataset.reason for dataset in ledger.datasets()}) == 1
            assert all(ledger.stages(dataset.id)["link"].attempts <= 1 for dataset in ledger.datasets())
        world.onedata.faults.clear()
        all_in(world, NAMES, State.READY)
    assert said(world, "service unavailable") == said(world, "service available again") == 1
    assert_invariants(world, *NAMES)


@pytest.mark.parametrize("which", ["zone", "provider", "all"])
def test_services_that_come_back_find_everything_done_without_a_restart(world, which):
    hosts = {"zone": [world.onedata.zone], "provider": [world.onedata.providers[0]]}
    down = hosts.get(which) or [host for group in hosts.values() for host in group]
    with world.engine():
        world.drop("before")
        world.await_state("before", State.READY)
        for host in down:
            host.down()
        drop_all(world, FEW)
        for name in FEW:
            assert "not answering since" in world.await_state(name, State.RETRYING).reason
        for host in down:
            host.up()
        all_in(world, ["before", *FEW], State.READY)
    assert_invariants(world, "before", *FEW)


def test_a_panel_that_is_down_behind_its_proxy_holds_up_only_what_needs_it(world):
    rule = world.onedata.faults.add(FaultRule(Status(503), service="panel", times=None))
    drop_all(world, FEW)
    with world.engine():
        all_in(world, FEW, State.RETRYING, "Onepanel")
        assert len(world.onedata.state.spaces) == len(FEW)
        asked = rule.seen
        wait_for("a probe", lambda: rule.seen > asked + 2, 30)
        world.onedata.faults.clear()
        all_in(world, FEW, State.READY)
    assert_invariants(world, *FEW)


def test_an_outage_that_is_there_at_the_start_hinders_neither_the_start_nor_the_discovery(world):
    hosts = (world.onedata.zone, world.onedata.providers[0])
    for host in hosts:
        host.down()
    drop_all(world, FEW)
    with world.daemon() as process:
        all_in(world, FEW, State.RETRYING, "not answering since")
        assert process.poll() is None
        for host in hosts:
            host.up()
        all_in(world, FEW, State.READY)
    assert_invariants(world, *FEW)


def test_a_provider_that_cannot_reach_its_zone_is_waited_for_although_it_says_401(world):
    nested = {"id": "noConnectionToOnezone", "description": "No connection to Onezone."}
    body = {"error": {"id": "unauthorized", "details": {"authError": nested}, "description": "Failed."}}
    for service in ("provider", "panel"):
        world.onedata.faults.add(FaultRule(Status(401, body), service=service, times=None))
    with world.engine():
        drop_all(world, FEW)
        all_in(world, FEW, State.RETRYING, "cannot reach its Onezone")
        world.onedata.faults.clear()
        all_in(world, FEW, State.READY)
    assert_invariants(world, *FEW)


def test_a_refused_token_stops_all_work_with_it_until_its_file_changes(world):
    file, token = world.folder / "zone.token", world.onedata.token
    file.write_text("MDAxNotAToken")
    with world.engine() as engine:
        drop_all(world, FEW)
        all_in(world, FEW, State.BLOCKED, "it does not accept the token")
        asked = len(world.onedata.log.matching(service="zone"))
        assert asked <= IN_HAND + probes(world)
        engine.discovery.scan_now()
        file.write_text(token)
        all_in(world, FEW, State.READY)
    assert said(world, "service unavailable") == 1
    assert_invariants(world, *FEW)


def test_one_token_for_all_services_is_told_loudly_once(world):
    file, token = world.folder / "zone.token", world.onedata.token
    world.values["onedata"]["provider"]["token"] = {"file": str(file)}
    with world.engine():
        world.drop("before")
        world.await_state("before", State.READY)
        file.write_text("MDAxNotAToken")
        for host in ("zone", "provider", "panel"):
            world.onedata.faults.add(FaultRule(Status(401), service=host, times=None))
        drop_all(world, FEW)
        for name in FEW:
            assert "it does not accept the token" in world.await_state(name, State.BLOCKED).reason
        world.onedata.faults.clear()
        file.write_text(token)
        all_in(world, ["before", *FEW], State.READY)
    lines = [line for line in world.log_file.read_text().splitlines() if '"event": "service unavailable"' in line]
    assert sum('"level": "error"' in line for line in lines) == 1
    assert_invariants(world, "before", *FEW)


def test_a_refused_token_is_tried_again_on_a_reload(world):
    rule = world.onedata.faults.add(FaultRule(Status(401), service="zone", times=None))
    with world.engine() as engine:
        drop_all(world, FEW)
        all_in(world, FEW, State.BLOCKED, "it does not accept the token")
        asked = rule.seen
        world.onedata.faults.clear()
        assert rule.seen == asked
        engine.look_again()
        all_in(world, FEW, State.READY)
    assert_invariants(world, *FEW)


def test_a_restart_goes_on_counting_attempts(world):
    world.onedata.faults.add(FaultRule(Status(503), method="POST", path="/spaces$", times=None))
    world.drop("run1")

    def attempts():
        with world.ledger() as ledger:
            return ledger.stages(world.dataset("run1").id)["link"].attempts

    with world.engine():
        world.await_state("run1", State.RETRYING)
    before = attempts()
    with world.engine():
        wait_for("another attempt", lambda: attempts() > before, 30)
        world.onedata.faults.clear()
        world.await_state("run1", State.READY)
    assert before >= 1
    assert_invariants(world, "run1")

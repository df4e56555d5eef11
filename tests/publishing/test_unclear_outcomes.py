"""Nothing is made a second time before it was looked for again and again; what certainly failed is made at once."""

import re
from dataclasses import replace

import pytest

from spacecast.ledger import State
from spacecast.publish import ensure, twins
from spacecast.sandbox.onedata import DropAfter, FaultRule, Hang, Status
from spacecast.sandbox.onedata.settings import RELEASES
from support.world import assert_invariants, made, wait_for

# How each object is made, and how it is looked for.
CREATING_CALLS = {
    "space": (r"/groups/[^/]+/spaces$", r"/onezone/spaces/[^/]+$"),
    "storage": (r"/provider/storages$", r"/provider/storages$"),
    "support": (r"/provider/spaces$", r"/provider/spaces$"),
    "group": (r"/groups/[^/]+/children$", r"/groups/[^/]+/children$"),
    "invite token": (r"/user/tokens/named$", r"/user/tokens/named/name/"),
    "share": (r"/oneprovider/shares$", r"/oneprovider/data/[^/]+$"),
}
FORBIDDEN = {"error": {"id": "forbidden", "description": "You are not authorized."}}
TAKEN = {"error": {"id": "alreadyExists", "description": "The resource already exists."}}


@pytest.fixture
def short_looks(monkeypatch):
    monkeypatch.setattr(ensure, "LOOKS_AFTER_UNCLEAR_SECONDS", (0.05, 0.1))
    monkeypatch.setattr(twins, "WATCH_SECONDS", 0.5)


def looks_between(world, call, *, first=0, second=1):
    """How often the object was looked for between two attempts to make it."""
    making, looking = (re.compile(pattern) for pattern in CREATING_CALLS[call])
    log = list(world.onedata.log)
    attempts = [n for n, one in enumerate(log) if one.method == "POST" and making.search(one.path)]
    assert len(attempts) > second, f"{len(attempts)} attempts"
    between = log[attempts[first] : attempts[second]]
    return sum(one.method == "GET" and looking.search(one.path) is not None for one in between)


@pytest.mark.parametrize("call", CREATING_CALLS)
@pytest.mark.parametrize("status", [500, 503])
def test_after_an_unclear_answer_it_is_looked_for_at_least_twice(world, short_looks, call, status):
    world.onedata.faults.add(FaultRule(Status(status), method="POST", path=CREATING_CALLS[call][0]))
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    assert looks_between(world, call) >= 2
    assert_invariants(world, "run1")


def test_after_a_kill_it_is_looked_for_at_least_twice_too(world):
    call = "group"
    rule = world.onedata.faults.add(FaultRule(Hang(), method="POST", path=CREATING_CALLS[call][0]))
    with world.daemon() as process:
        world.drop("run1")
        wait_for("the call", lambda: rule.applied, 30)
        process.kill()
        process.wait(10)
    world.onedata.faults.clear()
    with world.daemon():
        world.await_state("run1", State.READY, seconds=60)
    assert looks_between(world, call) >= 2
    assert_invariants(world, "run1")


@pytest.mark.parametrize("call", ["group", "share"])
def test_what_was_refused_for_certain_is_made_after_one_look(world, call):
    world.onedata.faults.add(FaultRule(Status(400, {"error": {"id": "badValueName"}}), path=CREATING_CALLS[call][0]))
    with world.engine() as engine:
        world.drop("run1")
        world.await_state("run1", State.BLOCKED)
        engine.look_again()
        world.await_state("run1", State.READY)
    assert looks_between(world, call) == 1
    assert_invariants(world, "run1")


def test_a_share_whose_details_cannot_be_read_is_not_made_again(world, short_looks):
    world.onedata.faults.add(FaultRule(Status(503), method="GET", path="/onezone/shares/"))
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    assert len(world.onedata.log.matching(method="POST", path="/oneprovider/shares")) == 1
    assert_invariants(world, "run1")


@pytest.mark.parametrize(
    ("release", "honours_seed"), [("20.02", False), ("21.02.1", True), ("21.02", True), ("25.0", True), ("25.0", False)]
)
def test_every_release_has_one_space_after_a_lost_reply(tmp_path, monkeypatch, short_looks, release, honours_seed):
    monkeypatch.setitem(RELEASES, release, replace(RELEASES[release], honours_seed=honours_seed))
    with made(tmp_path, release=release) as world:
        lost = world.onedata.faults.add(FaultRule(DropAfter(), method="POST", path=CREATING_CALLS["space"][0]))
        with world.engine():
            world.drop("run1")
            wait_for("the space", lambda: world.dataset("run1") and "space" in known(world, "run1"), 40)
            assert lost.applied == 1
            assert list(world.onedata.state.spaces) == [known(world, "run1")["space"].remote_id]


def known(world, name):
    with world.ledger() as ledger:
        return {kind: made for kind, made in ledger.objects(world.dataset(name).id).items() if made.confirmed}


def test_a_space_of_ours_that_we_may_not_see_is_never_replaced_by_a_second_one(world):
    world.values["onedata"]["waits"] = {"visibility": "1s"}
    world.onedata.faults.add(FaultRule(Status(409, TAKEN), method="POST", path=CREATING_CALLS["space"][0], times=None))
    hidden = FaultRule(Status(403, FORBIDDEN), method="GET", path=CREATING_CALLS["space"][1], times=None)
    world.onedata.faults.add(hidden)
    with world.engine() as engine:
        world.drop("run1")
        assert (
            "has a space already that the token's user may not see" in world.await_state("run1", State.BLOCKED).reason
        )
        assert world.dataset("run1").generation == 1
        world.onedata.faults.clear()
        engine.look_again()
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_an_id_that_a_deleted_space_has_left_behind_is_given_up_after_some_time(world):
    world.values["onedata"]["waits"] = {"visibility": "1s"}
    world.onedata.faults.add(FaultRule(Status(409, TAKEN), method="POST", path=CREATING_CALLS["space"][0], times=None))
    with world.engine():
        world.drop("run1")
        assert world.await_state("run1", State.RETRYING).generation == 1
        wait_for("another id", lambda: world.dataset("run1").generation > 1, 40)
        world.onedata.faults.clear()
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_storages_that_the_ledger_knows_are_not_read_after_a_restart(world):
    names = [f"run{number}" for number in range(4)]
    with world.engine():
        for name in names:
            world.drop(name, files=1)
        for name in names:
            world.await_state(name, State.READY)
    world.onedata.log.clear()
    with world.engine():
        world.drop("later", files=1)
        world.await_state("later", State.READY)
    read = [one.path for one in world.onedata.log if one.method == "GET" and "/provider/storages/" in one.path]
    assert read == []


def test_a_scan_that_is_waited_for_holds_up_no_other_link(world):
    world.values["limits"] = {"link_workers": 1}
    with world.engine():
        published = world.drop("published")
        world.await_state("published", State.READY)
        world.onedata.delays.scan_seconds = 3600.0
        file = published / "SPA.yml"
        file.write_bytes(file.read_bytes() + b"More: 1\n")
        file.chmod(0o644)
        # Its token may only be in the file when a scan has ended, which now takes for ever.
        wait_for("the scan", lambda: "scan-after-hiding" in known(world, "published"), 20)
        folder = world.drop("other")
        wait_for("the link", lambda: b"PublicURL" in (folder / "SPA.yml").read_bytes(), 30)
        assert world.dataset("published").state is State.WORKING

"""The daemon is killed, and requests fail, where a publication does not go straight: each way has points of its own."""

from contextlib import contextmanager

import pytest

from spacecast.ledger import State
from spacecast.sandbox.onedata import FaultRule, HalfMade
from support.torture import AUTHOR, NAME, publish_through, trial
from support.torture_faults import PASSING, calls_of, rule_for
from support.torture_kills import Daemons, Kill, drop, is_ready, killed, points_of_one_publication
from support.world import wait_for

PARTS = 8
_SECONDS = 30.0


@contextmanager
def half_made(folder):
    """The provider is interrupted at the first support: it has no import, and is taken back."""
    with trial(folder) as world:
        world.onedata.faults.add(FaultRule(HalfMade(), method="POST", path="/provider/spaces$"))
        yield world


@contextmanager
def beside(folder):
    """The token goes into a file of its own."""
    with trial(folder) as world:
        world.values["metadata"]["invite_token"] = "sidecar"
        yield world


@contextmanager
def in_place(folder):
    """The owner cannot be kept, so the same file is overwritten; others may not read it to begin with."""
    with trial(folder) as world:
        world.values["metadata"]["on_not_owner"] = "in-place"
        world.order["forbidden"] = ["change_mode"]
        yield world


def drop_closed(_daemons, world):
    """Begin with a file that others may not read."""
    folder = world.drop(NAME, AUTHOR)
    (folder / "SPA.yml").chmod(0o640)
    world.modes[NAME] = 0o640


def lose_the_space(daemons, world):
    """Begin with a published dataset whose space somebody deleted, and whose author has decided for another."""
    folder = world.drop(NAME, AUTHOR)
    with daemons.daemon(world):
        wait_for(NAME, lambda: is_ready(world), _SECONDS, world._situation)
        with world.onedata.state.lock:
            world.onedata.state.delete_space(*world.onedata.state.spaces.values())
        (folder / "SPA.yml").touch()
        world.await_state(NAME, State.BLOCKED, seconds=_SECONDS)
    (folder / "SPA.yml").write_bytes(AUTHOR)


# How a trial is made and begins, whether the file is whole at any moment, and the kills in `make test`.
WAYS = {
    "half-made support": (half_made, drop, True, [Kill("before request DELETE"), Kill("after request DELETE")]),
    "sidecar": (beside, drop, True, [Kill("after file rename_new")]),
    "in place": (in_place, drop_closed, False, [Kill("amid file write", 2), Kill("before file truncate")]),
    "again after a lost space": (trial, lose_the_space, True, [Kill("before step space"), Kill("before step revoke")]),
}
SHORT = [(way, kill) for way, (*_, kills) in WAYS.items() for kill in kills]


@pytest.fixture(scope="module")
def daemons():
    started = Daemons()
    yield started
    started.close()


def _tried(daemons, folder, figures, way, kill, seed=1):
    make, begin, is_always_whole, _ = WAYS[way]
    outcome = killed(daemons, make(folder), [kill], seed=seed, begin=begin, is_always_whole=is_always_whole)
    figures.count(f"kill, {way}", trials=outcome.kills, breaches=len(outcome.found))
    return outcome


@pytest.mark.parametrize(("way", "kill"), SHORT, ids=str)
def test_a_kill_at_this_point_loses_and_doubles_nothing(daemons, tmp_path, figures, way, kill):
    outcome = _tried(daemons, tmp_path, figures, way, kill)
    assert outcome.found == []
    assert outcome.kills == 1


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("way", WAYS)
def test_a_kill_at_any_point_loses_and_doubles_nothing(daemons, tmp_path, figures, is_long, way, part):
    if not is_long:
        pytest.skip("only in `make torture`")
    make, begin, *_ = WAYS[way]
    points = points_of_one_publication(daemons, tmp_path / "points", make(tmp_path / "undisturbed"), begin)
    found = []
    for number, kill in enumerate(points[part::PARTS]):
        outcome = _tried(daemons, tmp_path / str(number), figures, way, kill)
        found += [f"{kill}: {breach}" for breach in outcome.found]
    assert found == []


# Ways on which requests fail, with the one that does in `make test`.
FAILING = {
    "half-made support": (half_made, {"method": "DELETE"}),
    "sidecar": (beside, {"method": "POST", "path": "/force-start$"}),
}
MORE_CALLS = 6


@pytest.mark.parametrize("way", FAILING)
@pytest.mark.parametrize("kind", PASSING)
def test_a_request_may_fail(hurried, tmp_path, figures, is_long, way, kind):
    make, chosen = FAILING[way]
    if not is_long and kind not in ("done, reply lost", "500"):
        pytest.skip("only in `make torture`")
    found = _failed(tmp_path / "chosen", figures, way, kind, chosen)
    if is_long:
        with make(tmp_path / "undisturbed") as world:
            assert publish_through(world, lambda: None, person=False, shown=False) == []
            calls = len(calls_of(world.onedata.log)) + MORE_CALLS
        for number in range(1, calls):
            found += _failed(tmp_path / str(number), figures, way, kind, {"path": "^/api/", "nth": number})
    assert found == []


def _failed(folder, figures, way, kind, chosen):
    clears = []
    with FAILING[way][0](folder) as world:
        world.onedata.faults.add(rule_for(world, PASSING[kind], clears, **chosen))

        def clear():
            world.onedata.faults.clear()
            for act in clears:
                act()

        found = publish_through(world, clear, person=False, shown=False)
    figures.count(f"{kind}, {way}", breaches=len(found))
    return [f"{chosen} {kind}: {breach}" for breach in found]

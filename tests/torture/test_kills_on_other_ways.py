"""The daemon is killed where a publication does not go straight: each way has points of its own."""

import pytest

from spacecast.ledger import State
from support.torture import AUTHOR, NAME, trial
from support.torture_kills import Daemons, Kill, drop, is_ready, killed, points_of_one_publication
from support.torture_ways import beside, half_made, in_place
from support.world import wait_for

PARTS = 8
_SECONDS = 30.0


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

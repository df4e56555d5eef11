"""The daemon is killed at every point that has an effect, and at random moments; an operator saves in between."""

from random import Random

import pytest

from support.torture import trial
from support.torture_changes import CHANGES, killed_over, points_of_a_change
from support.torture_kills import Daemons, Kill, killed, points_of_one_publication, saved_through_kills

# A fixed few in `make test`: where a remote object exists and the ledger does not know it, and around the swap.
SHORT = [
    Kill("after request POST", 1),
    Kill("after request POST", 4),
    Kill("before step write-back"),
    Kill("before file exchange"),
    Kill("after file exchange"),
    Kill("after step write-back"),
    Kill("before ledger commit", 9),
    Kill("after stage import"),
]
# Where one fact of what changed is written down and the next is not.
SHORT_CHANGES = {
    "the running file comes": Kill("before stage import"),
    "the running file goes": Kill("before ledger write", 2),
    "the folder is renamed": Kill("after request PATCH", 1),
    "the ledger is lost": Kill("before step storage"),
    "the token expires": Kill("after step invite"),
}
PARTS = 20
SAVES = 400
# So many kills go at least through every point.
ALL_POINTS = 1000
_LONGEST_SECONDS = 0.9


@pytest.fixture(scope="module")
def daemons():
    started = Daemons()
    yield started
    started.close()


@pytest.fixture(scope="module")
def points(daemons, tiled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    return points_of_one_publication(daemons, folder / "points", trial(folder, tiled, tiled_path="undisturbed-kills"))


@pytest.mark.parametrize("kill", SHORT, ids=str)
def test_a_kill_at_this_point_loses_and_doubles_nothing(daemons, tmp_path, figures, kill):
    outcome = killed(daemons, trial(tmp_path), [kill], seed=1)
    figures.count("kill at a chosen point", trials=outcome.kills, breaches=len(outcome.found))
    assert outcome.found == []
    assert outcome.kills == 1


def test_kills_at_random_and_saves_in_between_lose_and_double_nothing(daemons, tmp_path, figures):
    _tried(daemons, trial(tmp_path), figures, _random_kills(Random(0)), 0, "kill at random")


@pytest.mark.parametrize("part", range(PARTS))
def test_no_save_is_lost_while_daemons_write_and_are_killed(daemons, tmp_path, figures, is_long, part):
    if not is_long and part:
        pytest.skip("only in `make torture`")
    saves = SAVES // PARTS if is_long else 8
    outcome = saved_through_kills(daemons, trial(tmp_path), saves=saves, seed=part)
    figures.count("save by an operator all the time", trials=outcome.saves, breaches=len(outcome.found))
    figures.count("kill while an operator saves", trials=outcome.kills, breaches=0)
    assert outcome.found == []
    assert outcome.saves == saves


@pytest.mark.parametrize("part", range(PARTS))
def test_so_many_kills_everywhere_lose_and_double_nothing(request, daemons, tmp_path, figures, kills, part):
    """Most kills go through all points in turn, with saves in every second trial; the others are random."""
    if not kills:
        pytest.skip("only in `make torture`")
    points, cataloged = request.getfixturevalue("points"), request.getfixturevalue("cataloged")
    random, mine, number, done = Random(part), points[part::PARTS], 0, 0
    while done < kills / PARTS or (mine and kills >= ALL_POINTS):
        number += 1
        if mine and number % 4:
            chosen, kind = [mine.pop(0), *_random_kills(random)[:1]], "kill at a point, then another"
        else:
            chosen, kind = _random_kills(random), "kill at random"
        saves = random.randint(1, 3) if number % 2 else 0
        make = cataloged(tmp_path / str(number))
        done += _tried(daemons, make, figures, chosen, part * 1000 + number, kind, saves=saves)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_kill_while_a_later_change_is_followed_loses_and_doubles_nothing(daemons, tmp_path, figures, change):
    outcome = killed_over(daemons, change, trial(tmp_path), [SHORT_CHANGES[change.name]])
    figures.count(f"kill at a chosen point, {change.name}", trials=outcome.kills, breaches=len(outcome.found))
    assert outcome.found == []
    assert outcome.kills == 1


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_kills_everywhere_while_a_later_change_is_followed_lose_and_double_nothing(
    daemons, tmp_path, figures, is_long, change
):
    if not is_long:
        pytest.skip("only in `make torture`")
    random, found = Random(change.name), []
    for number, kill in enumerate(points_of_a_change(daemons, change, tmp_path / "points", trial(tmp_path / "whole"))):
        kills = [kill, *_random_kills(random)[:1]]
        outcome = killed_over(daemons, change, trial(tmp_path / str(number)), kills)
        figures.count(f"kill at every point, {change.name}", trials=outcome.kills, breaches=len(outcome.found))
        found += [f"{kill}: {one}" for one in outcome.found]
    assert found == [], "\n".join(found)


def _random_kills(random):
    return [Kill(after_seconds=random.uniform(0.05, _LONGEST_SECONDS)) for _ in range(3)]


def _tried(daemons, make, figures, kills, seed, kind, *, saves=2):
    outcome = killed(daemons, make, kills, seed=seed, saves=saves)
    figures.count(kind, trials=outcome.kills, breaches=len(outcome.found))
    figures.count("save by an operator", trials=outcome.saves, breaches=0)
    assert outcome.found == [], f"{list(map(str, kills))}, seed {seed}"
    return max(outcome.kills, 1)

"""The daemon is killed at every point that has an effect, and at random moments; an operator saves in between."""

from random import Random

import pytest

from support.torture_kills import Daemons, Kill, killed, points_of_one_publication

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
PARTS = 20
_LONGEST_SECONDS = 0.9


@pytest.fixture(scope="module")
def daemons():
    started = Daemons()
    yield started
    started.close()


@pytest.fixture(scope="module")
def points(daemons, tmp_path_factory):
    return points_of_one_publication(daemons, tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize("kill", SHORT, ids=str)
def test_a_kill_at_this_point_loses_and_doubles_nothing(daemons, tmp_path, figures, kill):
    outcome = killed(daemons, tmp_path, [kill], seed=1)
    figures.count("kill at a chosen point", trials=outcome.kills, breaches=len(outcome.found))
    assert outcome.found == []
    assert outcome.kills == 1


@pytest.mark.parametrize("seed", range(2))
def test_kills_at_random_and_saves_in_between_lose_and_double_nothing(daemons, tmp_path, figures, seed):
    _tried(daemons, tmp_path, figures, _random_kills(Random(seed)), seed, "kill at random")


@pytest.mark.parametrize("part", range(PARTS))
def test_so_many_kills_everywhere_lose_and_double_nothing(daemons, points, tmp_path, figures, kills, part):
    """Half of the kills go through all points in turn, with saves in every second trial; the others are random."""
    mine = kills // PARTS
    if not mine:
        pytest.skip("only in `make torture`")
    random, done, number = Random(part), 0, 0
    while done < mine:
        number += 1
        place = tmp_path / str(number)
        if done < mine // 2:
            chosen = [points[(part + PARTS * number) % len(points)], *_random_kills(random)[:1]]
            kind = "kill at a point, then another"
        else:
            chosen, kind = _random_kills(random), "kill at random"
        saves = random.randint(1, 3) if number % 2 else 0
        done += _tried(daemons, place, figures, chosen, part * 1000 + number, kind, saves=saves)


def _random_kills(random):
    return [Kill(after_seconds=random.uniform(0.05, _LONGEST_SECONDS)) for _ in range(3)]


def _tried(daemons, folder, figures, kills, seed, kind, *, saves=2):
    outcome = killed(daemons, folder, kills, seed=seed, saves=saves)
    figures.count(kind, trials=outcome.kills, breaches=len(outcome.found))
    figures.count("save of an operator", trials=outcome.saves, breaches=0)
    assert outcome.found == [], f"{list(map(str, kills))}, seed {seed}"
    return max(outcome.kills, 1)

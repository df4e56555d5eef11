"""What is told of series before all files are found is what the plan of all of them has."""

import io
import random
import threading
from pathlib import PurePosixPath

import pytest

from spacecast.catalog import build_plan, runs
from spacecast.catalog.columns import place_of
from spacecast.formats import series
from support.inventories import File, npy

IN_AN_ENTRY = 20
MANY_SERIES = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}_{frame}.csv" for n in range(40) for frame in (1, 2)]


@pytest.fixture(autouse=True)
def short_entries(monkeypatch):
    monkeypatch.setattr(series, "_MOST_TABLES", IN_AN_ENTRY)
    monkeypatch.setattr(runs, "MOST_ASSETS", IN_AN_ENTRY)


class Offers:
    """Takes all entries that are offered, or the first ones only, and notes them."""

    def __init__(self, most=1000):
        self.taken = []
        self._most = most

    def runs(self, inventory, folder):
        return runs.Runs(inventory, folder, self._take)

    def _take(self, planned):
        assert len(planned.files) <= IN_AN_ENTRY
        self.taken.append((planned.key, planned.digest))
        return len(self.taken) < self._most


def numbered(pattern, count, start=0):
    return [pattern.format(number) for number in range(start, start + count)]


def in_order(names):
    return sorted(names, key=lambda name: (place_of(name), name))


def planned(names, offers):
    """The plan of files that come in this order, arrays or tables by their names."""

    def content(path):
        return npy() if path.endswith(".npy") else b"time,x\n0,1\n"

    files = [File(name, len(content(name))) for name in names]
    choice = {"folder": PurePosixPath("/data/d1"), "stop": threading.Event()}
    plan = build_plan(files, lambda path: io.BytesIO(content(path)), ahead=offers, **choice)
    return dict(plan.entries.digests())


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (numbered("t_{}.csv", 45), ["t_series.csv", "t_series_2.csv"]),
        (numbered("t_{}.csv", 25) + numbered("t_{}.xml", 25), ["t_series.csv"]),
        (numbered("a_{}.csv", 20) + numbered("b_{}.npy", 20), ["a_series.csv", "b_series.npy"]),
        (numbered("t_{}.csv", 10) + numbered("t_{:03}.csv", 10, 10), ["t_series.csv"]),
        (["a/x_1.csv", *numbered("a_{}.csv", 20), *numbered("b/c/t_{}.csv", 3)], ["a_series.csv"]),
        (numbered("t_{}.csv", 19), []),
        (MANY_SERIES + numbered("z_{}.csv", 20), []),
    ],
)
def test_full_series_are_told_as_they_are_planned(names, told):
    offers = Offers()
    plan = planned(in_order(names), offers)
    assert [key for key, _ in offers.taken] == told
    assert dict(offers.taken).items() <= plan.items()


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_told_in_natural_order_is_planned(seed):
    chance = random.Random(seed)
    folders, stems = ("", "a/", "a/b/", "ab/"), ("t_", "t_1_", "x", "other_")
    names = {
        f"{chance.choice(folders)}{chance.choice(stems)}{chance.randrange(60)}.{chance.choice(('csv', 'npy'))}"
        for _ in range(1000)
    }
    offers = Offers()
    plan = planned(in_order(names), offers)
    whole = {key: digest for key, digest in offers.taken if key.endswith(".csv")}
    assert len(whole) >= 5
    assert whole.items() <= plan.items()
    # A series of images gets longer.
    assert {key for key, _ in offers.taken} <= set(plan)


@pytest.mark.parametrize("disorder", [reversed, lambda names: [*names[20:], *names[:20]]])
def test_out_of_order_nothing_more_is_told(disorder):
    names = in_order(numbered("t_{}.csv", 45))
    offers = Offers()
    planned(list(disorder(names)), offers)
    assert len(offers.taken) <= 1


def test_after_one_that_is_not_taken_no_other_is_told():
    offers = Offers(most=2)
    planned(in_order(numbered("t_{}.csv", 100)), offers)
    assert [key for key, _ in offers.taken] == ["t_series.csv", "t_series_2.csv"]

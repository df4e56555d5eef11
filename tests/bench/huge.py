"""A dataset of 200,000 files: whether those beside it wait, and how soon a new file in it is in the catalog."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import requests

from bench.facility import Daemon, Facility, facility
from bench.figures import Figure
from support.world import wait_for

_FILES = 200_000
_FILES_IN_A_FOLDER = 1000
_NAME = "huge"
_ALONE_TRIALS = 7
# Of each part of the work; a quicker machine has fewer.
_MOST_TRIALS = 25
_LEAST_TRIALS = 5
_NEW_FILES = 6
_BETWEEN_SECONDS = 4.3
_IDLE_SECONDS = 30.0
# A Tiled server that enters files one by one takes 1.5 to 3 ms for each, and every link beside it a second.
_LONGEST_SECONDS = 1800.0
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class _Trial:
    """A dataset that was dropped beside the huge one."""

    seconds: float
    in_hand: frozenset[str]
    """What was being done with the huge one, before the drop and after the link: nothing, if it was not both."""


def huge_neighbour(folder: Path) -> list[Figure]:
    """It is found while it is live, and ends: cataloged, scanned, compared, cataloged; requests take 50 ms more.

    The embedded provider walks its files in the process that answers the requests, unlike a real one.
    """
    with facility(folder, latency_seconds=0.05, with_tiled=True) as place, place.daemon() as daemon:
        place.warm_up()
        alone = median(place.await_link([place.drop(f"alone{number}")])[0] for number in range(_ALONE_TRIALS))
        memory = daemon.memory_bytes
        _make_huge(place)
        trials = list(_beside(place, "catalog"))
        wait_for("the huge dataset in the catalog", lambda: _files_in_catalog(place) == _FILES, _LONGEST_SECONDS)
        live = _live(place, daemon)
        (place.world.root / _NAME / ".running").unlink()
        trials += _beside(place, "import")
        place.await_states(ready=1 + _ALONE_TRIALS + len(trials) + 1)
        grown = (daemon.peak_memory_bytes - memory) / _MEBIBYTE
    return [*_waits(trials, alone), Figure(f"memory for a dataset of {_FILES:,} files", grown, "MiB"), *live]


def _make_huge(place: Facility) -> None:
    folder = place.world.root / _NAME
    for number in range(_FILES):
        if number % _FILES_IN_A_FOLDER == 0:
            part = folder / f"part{number // _FILES_IN_A_FOLDER:03}"
            part.mkdir(parents=True)
        (part / f"frame{number:06}.dat").touch()
    (folder / ".running").touch()
    (folder / "SPA.yml").write_text("Project: huge\n")


def _beside(place: Facility, stage: str) -> Iterator[_Trial]:
    """Drop one dataset after another, as long as the huge one is in hand in a stage."""
    wait_for(f"{stage} of the huge dataset to begin", lambda: stage in _in_hand(place), _LONGEST_SECONDS)
    for number in range(_MOST_TRIALS):
        before = _in_hand(place)
        (seconds,) = place.await_link([place.drop(f"beside-{stage}-{number}")])
        after = _in_hand(place)
        both = frozenset(before.items()) | frozenset(after.items()) if before and after else frozenset()
        yield _Trial(seconds, frozenset(f"{name}: {doing}" for name, doing in both))
        if stage not in after:
            break


def _in_hand(place: Facility) -> dict[str, str]:
    return place.in_hand(_NAME) if place.world.dataset(_NAME) is not None else {}


def _waits(trials: Sequence[_Trial], alone: float) -> list[Figure]:
    beside = [trial.seconds for trial in trials if trial.in_hand]
    assert len(beside) >= _LEAST_TRIALS, f"the huge dataset was hardly ever in hand: {trials}"
    name, against = f"time to link beside a dataset of {_FILES:,} files", "without it"
    figures = [
        Figure(f"{name} that is in hand ({len(beside)} times)", median(beside), "s", against, alone, 1.5),
        Figure("the slowest of them", max(beside), "s"),
    ]
    for doing in sorted(frozenset().union(*(trial.in_hand for trial in trials))):
        times = [trial.seconds for trial in trials if doing in trial.in_hand]
        figures.append(Figure(f"while {doing} ({len(times)} times)", median(times), "s", against, alone))
    return figures


def _live(place: Facility, daemon: Daemon) -> list[Figure]:
    """Finish one file after another in the live dataset, wherever it is in its passes; then leave it alone."""
    lags = [_lag(place, number) for number in range(_NEW_FILES)]
    cpu = daemon.cpu_seconds
    time.sleep(_IDLE_SECONDS)
    share = 100 * (daemon.cpu_seconds - cpu) / _IDLE_SECONDS
    name = f"a live dataset of {_FILES:,} files"
    return [
        Figure(f"{name}: a new file is in the catalog after", median(lags), "s"),
        Figure(f"{name}: the latest of {len(lags)}", max(lags), "s", aim=10.0),
        Figure(f"{name}, nothing new: of one core", share, "%"),
    ]


def _lag(place: Facility, number: int) -> float:
    time.sleep(_BETWEEN_SECONDS)
    present = _files_in_catalog(place)
    (place.world.root / _NAME / "part000" / f"late{number}.dat").write_bytes(b"late")
    closed = time.monotonic()
    wait_for("the new file in the catalog", lambda: _files_in_catalog(place) > present, _LONGEST_SECONDS)
    return time.monotonic() - closed


def _files_in_catalog(place: Facility) -> int:
    """Return how many files the catalog says that the dataset has; 0 while it is not in it."""
    tiled, key = place.world.tiled, place.world.dataset(_NAME).key
    address = f"{tiled.url}/api/v1/metadata/tests/{key}"
    answer = requests.get(address, headers={"Authorization": f"Apikey {tiled.api_key}"}, timeout=60)
    return int(answer.json()["data"]["attributes"]["metadata"]["spacecast"].get("files", 0)) if answer.ok else 0

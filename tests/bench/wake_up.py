"""What was missed is found: folders by the ten thousand made while the daemon was stopped, and a huge neighbour."""

import time
from pathlib import Path
from statistics import median

from bench.facility import QUIET_SECONDS, Facility, facility
from bench.figures import Figure

_MISSED = 60_000
_DATASETS_AMONG_THEM = 5
_NEIGHBOUR_FILES = 200_000
_TRIALS = 7


def missed_folders(folder: Path) -> list[Figure]:
    """60,000 folders made while the process is suspended, more than its event queue holds; five are datasets."""
    with facility(folder) as place, place.daemon() as daemon:
        place.warm_up()
        daemon.suspend()
        every = _MISSED // _DATASETS_AMONG_THEM
        drops = [drop for number in range(_MISSED) if (drop := _make(place, number, every)) is not None]
        woken = time.time()
        daemon.resume()
        times = [
            seconds + drop.at + QUIET_SECONDS - woken
            for drop, seconds in zip(drops, place.await_link(drops), strict=True)
        ]
    return [
        Figure("60,000 folders made meanwhile: links of the five datasets", float(len(times)), "links", "made", 5.0),
        Figure("60,000 folders made meanwhile: the last link, after waking up", max(times), "s", aim=30.0),
    ]


def _make(place: Facility, number: int, every: int):
    name = f"folder{number:05}"
    if number % every == every // 2:
        return place.drop(name, files=1)
    (place.world.root / name).mkdir()
    return None


def huge_neighbour(folder: Path) -> list[Figure]:
    """A dataset of 200,000 files that is imported, verified and published beside small ones; requests take 50 ms more.

    The embedded provider walks those files in the process that answers the requests, unlike a real one.
    """
    with facility(folder, latency_seconds=0.05) as place, place.daemon() as daemon:
        place.warm_up()
        alone = median(_links(place, "alone"))
        memory = daemon.memory_bytes
        _make_huge(place)
        beside = _links(place, "beside")
        place.await_states(ready=2 * _TRIALS + 2)
        grown = daemon.peak_memory_bytes - memory
    return [
        Figure("time to link beside a dataset of 200,000 files", median(beside), "s", "without it", alone, 1.5),
        Figure("the slowest of them", max(beside), "s"),
        Figure("memory for a dataset of 200,000 files", grown / (1024 * 1024), "MiB"),
    ]


def _make_huge(place: Facility) -> None:
    folder = place.world.root / "huge"
    for number in range(_NEIGHBOUR_FILES):
        if number % 1000 == 0:
            part = folder / f"part{number // 1000:03}"
            part.mkdir(parents=True)
        (part / f"frame{number:06}.dat").touch()
    (folder / "SPA.yml").write_text("Project: huge\n")


def _links(place: Facility, name: str) -> list[float]:
    return [place.await_link([place.drop(f"{name}{number}")])[0] for number in range(_TRIALS)]

"""What was missed is found: folders by the ten thousand made while the daemon was stopped."""

import time
from pathlib import Path

from bench.facility import QUIET_SECONDS, Drop, Facility, facility
from bench.figures import Figure
from spacecast.folders.limits import inotify_limits

_MISSED = 60_000
_DATASETS_AMONG_THEM = 5


def missed_folders(folder: Path) -> list[Figure]:
    """60,000 folders made while the process is suspended, more than its event queue holds; five are datasets."""
    with facility(folder) as place, place.daemon() as daemon:
        place.warm_up()
        assert place.overflows == 0
        daemon.suspend()
        every = _MISSED // _DATASETS_AMONG_THEM
        drops = [drop for number in range(_MISSED) if (drop := _make(place, number, every)) is not None]
        woken = time.time()
        daemon.resume()
        times = [
            seconds + drop.at + QUIET_SECONDS - woken
            for drop, seconds in zip(drops, place.await_link(drops), strict=True)
        ]
        overflows = place.overflows
    queue = inotify_limits().queued_events or 0
    assert overflows or queue > _MISSED, "fewer events came than the kernel queues: nothing was missed"
    name = "60,000 folders made meanwhile"
    return [
        Figure(f"{name}: events that the kernel keeps for one reader", float(queue), "events", "made", float(_MISSED)),
        Figure(f"{name}: overflows that the daemon has counted", float(overflows), "overflows"),
        Figure(f"{name}: links of the five datasets", float(len(times)), "links", "made", 5.0),
        Figure(f"{name}: the last link, after waking up", max(times), "s", aim=30.0),
    ]


def _make(place: Facility, number: int, every: int) -> Drop | None:
    name = f"folder{number:05}"
    if number % every == every // 2:
        return place.drop(name, files=1)
    (place.world.root / name).mkdir()
    return None

"""How long a user waits: from a metadata file at rest to the link in it."""

import time
from pathlib import Path
from statistics import median

from bench.facility import Facility, facility
from bench.figures import Figure

# Space, support token, support, visibility, share and its details each need the answer of the one before.
CHAIN_REQUESTS = 6
_IDLE_TRIALS = 12
_AT_ONCE = 100
_ARRIVALS = 1000
_LATENCIES_MILLISECONDS = (0, 50, 200)


def idle(folder: Path) -> list[Figure]:
    """One dataset at a time on an idle host, with services that answer after 0, 50 and 200 ms."""
    figures = []
    for milliseconds in _LATENCIES_MILLISECONDS:
        with facility(folder / f"{milliseconds}ms", latency_seconds=milliseconds / 1000) as place, place.daemon():
            place.warm_up()
            times = [_one(place, number) for number in range(_IDLE_TRIALS)]
            bound = CHAIN_REQUESTS * place.request_seconds()
        aim = 1.3 if milliseconds == 50 else None
        what = f"time to link, requests take {milliseconds} ms more"
        figures.append(Figure(what, median(times), "s", f"{CHAIN_REQUESTS} requests", bound, aim))
    return figures


def _one(place: Facility, number: int) -> float:
    (seconds,) = place.await_link([place.drop(f"run{number:03}")])
    # What follows the link is over before the next one begins.
    place.await_states(ready=number + 2)
    return seconds


def at_once(folder: Path) -> list[Figure]:
    """A hundred datasets in one moment."""
    with facility(folder) as place, place.daemon():
        place.warm_up()
        before = place.requests
        times = place.await_link([place.drop(f"run{number:03}") for number in range(_AT_ONCE)])
        place.await_states(ready=_AT_ONCE + 1)
        calls = (place.requests - before) / _AT_ONCE
    return [
        Figure(f"{_AT_ONCE} datasets at once: the last link after", max(times), "s", aim=15.0),
        Figure(f"{_AT_ONCE} datasets at once: the middle one after", median(times), "s"),
        Figure("requests to Onedata for each of them, until ready", calls, "requests", aim=22.0),
    ]


def many_arrivals(folder: Path) -> list[Figure]:
    """A thousand datasets in one moment, with services that take 50 ms: bounded by the workers of the link lane."""
    workers = 16
    with facility(folder, latency_seconds=0.05, limits={"link_workers": workers}) as place, place.daemon():
        place.warm_up()
        drops = [place.drop(f"run{number:04}") for number in range(_ARRIVALS)]
        times = place.await_link(drops)
        bound = CHAIN_REQUESTS * place.request_seconds() * _ARRIVALS / workers
    against = f"{CHAIN_REQUESTS} requests each, {workers} at a time"
    return [
        Figure(f"{_ARRIVALS} arrivals, requests take 50 ms more: the last link after", max(times), "s", against, bound),
        Figure(f"{_ARRIVALS} arrivals: the middle one after", median(times), "s", against, bound / 2),
    ]


def by_workers(folder: Path) -> list[Figure]:
    """Datasets a minute, by the number of workers of the link lane, with services that take 50 ms."""
    figures = []
    for workers in (1, 2, 4, 8, 16):
        name = f"{workers}-workers"
        with facility(folder / name, latency_seconds=0.05, limits={"link_workers": workers}) as place, place.daemon():
            place.warm_up()
            number = 8 * workers
            began = time.time()
            drops = [place.drop(f"run{each:03}") for each in range(number)]
            place.await_link(drops)
            seconds = max(drop.path.stat().st_ctime for drop in drops) - began
            bound = 60.0 * workers / (CHAIN_REQUESTS * place.request_seconds())
        figures.append(
            Figure(f"links a minute, workers: {workers}", 60.0 * number / seconds, "1/min", "no waits", bound)
        )
    return figures


def calls(folder: Path) -> list[Figure]:
    """Requests for one fresh dataset, and for a thousand that are ready."""
    with facility(folder, latency_seconds=0.0) as place, place.daemon():
        place.warm_up()
        before, linked = place.requests, place.world.onedata.log
        drop = place.drop("counted")
        place.await_link([drop])
        to_link = sum(1 for exchange in list(linked)[before:] if exchange.path.rpartition("/")[2] not in _AFTERWARDS)
        place.await_states(ready=2)
        in_all = place.requests - before
    return [
        Figure("requests to the link", to_link, "requests", aim=16.0),
        Figure("requests until ready", in_all, "requests", aim=22.0),
    ]


# The import stage may have begun when the link is noticed from outside.
_AFTERWARDS = {"info", "force-start", "json", "files", "attrs", "infer_access_token_scope"}

"""How long a user waits: from a metadata file at rest to the link in it."""

import time
from pathlib import Path
from statistics import median

from bench.facility import Facility, facility
from bench.figures import Figure
from spacecast.sandbox.onedata import Delays

# Space, support token, support, visibility, share and its details each need the answer of the one before.
CHAIN_REQUESTS = 6
_IDLE_TRIALS = 9
_AT_ONCE = 100
_ARRIVALS = 1000
_LATENCIES_MILLISECONDS = (0, 50, 200)
_DELAYS = tuple(Delays(propagation_seconds=seconds) for seconds in (0.2, 1.0, 4.5))


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
    """A thousand datasets in one moment, with services that answer after 0, 50 and 200 ms."""
    return [figure for each in _LATENCIES_MILLISECONDS for figure in _arrivals(folder / f"{each}ms", each)]


def _arrivals(folder: Path, milliseconds: int) -> list[Figure]:
    """Bounded by the workers of the link lane, and by the processor that the embedded Onedata answers with."""
    workers = 16
    latency_seconds, limits = milliseconds / 1000, {"link_workers": workers}
    with facility(folder, latency_seconds=latency_seconds, limits=limits) as place, place.daemon():
        place.warm_up()
        chain = CHAIN_REQUESTS * place.request_seconds() * _ARRIVALS / workers
        drops = [place.drop(f"run{number:04}") for number in range(_ARRIVALS)]
        before, worked = place.requests, time.process_time()
        times = place.await_link(drops)
        # The services run in this process, on one processor at a time: nobody is served before they have computed.
        services = time.process_time() - worked
        requests = (place.requests - before) / _ARRIVALS
    bound = max(chain, services)
    against = f"{CHAIN_REQUESTS} requests each, {workers} at a time" if bound == chain else "the services' own work"
    name = f"{_ARRIVALS} arrivals, requests take {milliseconds} ms more"
    return [
        Figure(f"{name}: the last link after", max(times), "s", against, bound),
        Figure(f"{name}: the middle one after", median(times), "s", against, bound / 2),
        Figure(f"{name}: requests for each by then", requests, "requests"),
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
    """Requests for one fresh dataset, by how late a provider learns of what happened at the zone."""
    return [figure for delays in _DELAYS for figure in _calls(folder / f"{delays.propagation_seconds}s", delays)]


def _calls(folder: Path, delays: Delays) -> list[Figure]:
    with facility(folder, delays=delays) as place, place.daemon():
        place.warm_up()
        before, log = place.requests, place.world.onedata.log
        drop = place.drop("counted")
        (seconds,) = place.await_link([drop])
        to_link = sum(1 for exchange in list(log)[before:] if exchange.path.rpartition("/")[2] not in _AFTERWARDS)
        place.await_states(ready=2)
        in_all = place.requests - before
    name = f"what the zone has, a provider knows {delays.propagation_seconds:g} s later"
    return [
        Figure(f"{name}: requests to the link", to_link, "requests", aim=16.0),
        Figure(f"{name}: requests until ready", in_all, "requests", aim=22.0),
        Figure(f"{name}: time to link", seconds, "s"),
    ]


# The import stage may have begun when the link is noticed from outside.
_AFTERWARDS = {"info", "force-start", "json", "files", "attrs", "infer_access_token_scope"}

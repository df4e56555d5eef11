"""Instruments that write at once: how soon a new file of each is in the catalog, and what it costs until the next."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import requests

from bench.facility import Facility, facility
from bench.figures import Figure
from spacecast.ledger import State
from support.world import wait_for

_INSTRUMENTS = 8
_FILES = 60
_NEW_FILES = 5
_BETWEEN_SECONDS = 2.0
# Eight that ask as fast as they can would be all that the server has to do.
_BETWEEN_LOOKS_SECONDS = 0.25
_IDLE_SECONDS = 30.0
_TABLE = "time,x\n0,1\n1,2\n"


def live(folder: Path) -> list[Figure]:
    """Eight live datasets of 60 tables each; each gets another table every few seconds."""
    with facility(folder, with_tiled=True) as place, place.daemon() as daemon:
        place.warm_up()
        folders = [_begin(place, f"instrument{number}") for number in range(_INSTRUMENTS)]
        for each in folders:
            wait_for(f"{each.name} in the catalog", lambda each=each: _has(place, each, _FILES - 1), 300)
        with ThreadPoolExecutor(_INSTRUMENTS) as pool:
            lags = [lag for lags in pool.map(lambda each: list(_lags(place, each)), folders) for lag in lags]
        cpu, asked = daemon.cpu_seconds, place.calls
        time.sleep(_IDLE_SECONDS)
        share = 100 * (daemon.cpu_seconds - cpu) / _IDLE_SECONDS
        a_minute = (place.calls - asked) * 60 / _IDLE_SECONDS / _INSTRUMENTS
        for each in folders:
            (each / ".running").unlink()
        began = time.monotonic()
        for each in folders:
            wait_for(f"the end of {each.name}", lambda each=each: _has_ended(place, each), 300)
        ended = time.monotonic() - began
    name = f"{_INSTRUMENTS} live datasets of {_FILES} tables"
    return [
        Figure(f"{name}: a new one is an entry in the catalog after", median(lags), "s"),
        Figure(f"{name}: the latest of {len(lags)}", max(lags), "s", aim=10.0),
        Figure(f"{name}, nothing new: of one core", share, "%"),
        Figure(f"{name}, nothing new: requests a minute for each", a_minute, "1/min"),
        Figure(f"{name}: all ready after the end of acquisition", ended, "s"),
    ]


def _begin(place: Facility, name: str) -> Path:
    folder = place.world.root / name
    folder.mkdir()
    for number in range(_FILES):
        (folder / f"{_word(number)}.csv").write_text(_TABLE)
    (folder / ".running").touch()
    (folder / "SPA.yml").write_text(f"Project: {name}\n")
    return folder


def _word(number: int) -> str:
    """Give a name without digits at its end: numbered tables would become one series."""
    return f"{number}-table"


def _lags(place: Facility, folder: Path) -> Iterator[float]:
    for number in range(_FILES, _FILES + _NEW_FILES):
        time.sleep(_BETWEEN_SECONDS)
        (folder / f"{_word(number)}.csv").write_text(_TABLE)
        closed = time.monotonic()
        wait_for("the new table in the catalog", lambda number=number: _has_by_now(place, folder, number), 300)
        yield time.monotonic() - closed


def _has_ended(place: Facility, folder: Path) -> bool:
    dataset = place.world.dataset(folder.name)
    return dataset is not None and dataset.state is State.READY and not dataset.live


def _has_by_now(place: Facility, folder: Path, number: int) -> bool:
    time.sleep(_BETWEEN_LOOKS_SECONDS)
    return _has(place, folder, number)


def _has(place: Facility, folder: Path, number: int) -> bool:
    dataset = place.world.dataset(folder.name)
    if dataset is None:
        return False
    address = f"{place.world.tiled.url}/api/v1/metadata/tests/{dataset.key}/{_word(number)}.csv"
    headers = {"Authorization": f"Apikey {place.world.tiled.api_key}"}
    return requests.get(address, headers=headers, timeout=60).ok

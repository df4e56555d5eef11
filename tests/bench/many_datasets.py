"""What years of datasets cost: start, rescan, memory, idle work, and what they cost a new one."""

import os
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from bench.facility import Daemon, Facility, facility
from bench.figures import Figure
from spacecast.folders import Discovery, Pace, Reactions, Stamp, Wanted, WatchedFolder
from spacecast.ledger import State
from spacecast.publish.admission import stamp_text

_SIZES = (1_000, 10_000, 100_000)
_TEMPLATE = "warm-up"
# An hour of nothing is not waited for, but more than one scan is to be among what is seen; the size that is promised
# something is given the longest.
_IDLE_SECONDS = {1_000: 60.0, 10_000: 20.0, 100_000: 200.0}
_SECONDS_PER_HOUR = 3600.0
_NEW_ONES = 5
_MEBIBYTE = 1024 * 1024


def many_ready(folder: Path) -> list[Figure]:
    """A thousand, ten thousand and a hundred thousand datasets that are ready."""
    return [figure for size in _SIZES for figure in _with_ready(folder / str(size), size)]


def _with_ready(folder: Path, size: int) -> list[Figure]:
    with facility(folder, with_tiled=True) as place:
        with place.daemon():
            place.warm_up()
            alone = _new_ones(place, "alone")
            place.await_states(ready=1 + _NEW_ONES)
        multiply(place.world.root, place.world.folder / "state" / "ledger.sqlite", size)
        figures = _rescan(place.world.root, size)
        with place.daemon() as daemon:
            figures += _running(place, daemon, size, alone)
    return figures


def _running(place: Facility, daemon: Daemon, size: int, alone: float) -> list[Figure]:
    with_many = _new_ones(place, "many")
    settled = _settle(place, daemon)
    cpu, calls, idle_seconds = daemon.cpu_seconds, place.calls, _IDLE_SECONDS[size]
    time.sleep(idle_seconds)
    share = (daemon.cpu_seconds - cpu) / idle_seconds
    an_hour = (place.calls - calls) * _SECONDS_PER_HOUR / idle_seconds
    at_rest = _new_ones(place, "late")
    name, is_full = f"{size:,} ready datasets", size == _SIZES[-1]
    return [
        Figure(f"{name}: READY after", daemon.ready_seconds, "s", aim=5.0 if is_full else None),
        Figure(f"{name}: first pass over after", settled, "s"),
        Figure(f"{name}: memory", daemon.peak_memory_bytes / _MEBIBYTE, "MiB", aim=200.0 if is_full else None),
        Figure(f"{name}: of one core, idle", 100 * share, "%", aim=2.0 if is_full else None),
        Figure(f"{name}: requests an hour, idle (seen for {idle_seconds:.0f} s)", an_hour, "1/h", aim=0.0),
        Figure(f"{name}: time to link", at_rest, "s", "with one dataset", alone, 1.5),
        Figure(f"{name}: time to link during the first scan", with_many, "s", "with one dataset", alone),
    ]


def _new_ones(place: Facility, name: str) -> float:
    return median(place.await_link([place.drop(f"{name}{number}")])[0] for number in range(_NEW_ONES))


def _settle(place: Facility, daemon: Daemon) -> float:
    """Wait until every dataset is ready and the daemon has nothing left to do; give the seconds since its start."""
    began, last = time.monotonic(), -1.0
    with place.world.ledger() as ledger:
        while (now := daemon.cpu_seconds) - last > 0.1 or set(ledger.numbers()) != {State.READY}:
            last = now
            time.sleep(2.0)
    return daemon.ready_seconds + time.monotonic() - began


def _rescan(root: Path, size: int) -> list[Figure]:
    """Scan twice in this process, the second time as the daemon does again and again."""
    told: list[Any] = []
    reactions = Reactions(told.append, told.append, lambda *gone: told.append(gone), told.append, lambda *_: None)
    discovery = Discovery(
        [WatchedFolder(str(root), "off")], Wanted(("SPA.yml",), ".running"), reactions, pace=Pace(quiet_seconds=0.0)
    )
    first, _ = _timed(discovery.turn)
    discovery.scan_now()
    again, cpu = _timed(discovery.turn)
    bare, _ = _timed(lambda: _look_bare(root))
    name, aim = f"{size:,} datasets", 1.0 if size == _SIZES[-1] else None
    assert len(discovery.figures()) == 1, "the root was not scanned"
    return [
        Figure(f"{name}: first scan", first, "s"),
        Figure(f"{name}: rescan, warm", again, "s", aim=aim),
        Figure(f"{name}: the same as a multiple", again, "s", "listing and one stat each", bare),
        Figure(f"{name}: processor time of a rescan", cpu, "s"),
    ]


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - cpu


def _look_bare(root: Path) -> int:
    """The least that any scan has to do."""
    with os.scandir(root) as entries:
        return sum(Path(entry.path, "SPA.yml").stat().st_size for entry in entries)


def multiply(root: Path, ledger: Path, size: int) -> None:
    """Make folders and rows for so many ready datasets, each a copy of one that was really published."""
    data = (root / _TEMPLATE / "SPA.yml").read_bytes()
    folders = [_folder(root, f"year{number:06}", data) for number in range(size)]
    with closing(sqlite3.connect(ledger)) as connection, connection:
        connection.row_factory = sqlite3.Row
        (template,) = connection.execute("SELECT * FROM dataset WHERE name = ?", (_TEMPLATE,)).fetchall()
        first = connection.execute("SELECT max(id) + 1 FROM dataset").fetchone()[0]
        _insert(connection, "dataset", ({**dict(template), **row, "id": first + n} for n, row in enumerate(folders)))
        for table in ("stage", "remote_object", "event"):
            rows = connection.execute(f"SELECT * FROM {table} WHERE dataset_id = ?", (template["id"],)).fetchall()
            assert rows, f"a real dataset has rows in {table}"
            copies = (_copy(row, first + number) for number in range(size) for row in rows)
            _insert(connection, table, copies)


def _copy(row: sqlite3.Row, dataset_id: int) -> dict[str, Any]:
    values = {**dict(row), "dataset_id": dataset_id}
    values.pop("id", None)
    if values.get("remote_id"):
        values["remote_id"] = f"{values['remote_id']}{dataset_id}"
    return values


def _folder(root: Path, name: str, data: bytes) -> dict[str, Any]:
    folder = root / name
    folder.mkdir()
    file = folder / "SPA.yml"
    file.write_bytes(data)
    status, of_folder = file.stat(), folder.stat()
    stamp = Stamp(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return {
        "name": name,
        "key": name,
        "title": name,
        "marker": str(uuid.uuid4()),
        "device": of_folder.st_dev,
        "inode": of_folder.st_ino,
        "read_stamp": stamp_text(stamp),
    }


def _insert(connection: sqlite3.Connection, table: str, rows: Any) -> None:
    rows = iter(rows)
    head = next(rows)
    names = ", ".join(f'"{name}"' for name in head)
    marks = ", ".join("?" for _ in head)
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"
    connection.execute(statement, tuple(head.values()))
    connection.executemany(statement, (tuple(row.values()) for row in rows))

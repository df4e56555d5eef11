"""What registering costs against Tiled's own `tiled register` of the same folder, and what one frame of a stack costs.

The folder has a fifth of its files in one series of images and the others in a series of tables: `tiled register`
makes one array and thousands of tables of it, Spacecast one array and eight tables with a partition for each file.
"""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import mrcfile
import numpy as np
import requests
import tifffile
from tiled.client import from_uri

from bench.figures import Figure
from spacecast.catalog import CatalogClient
from spacecast.sandbox.tiled import TiledSandbox
from support.catalog import Dataset, ObservedTransport

_FILES = 5000
_OF_THE_LIBRARYS_TIME = 1 / 20
# The library takes minutes; seconds may happen to be slow ones of the machine, so the middle one of these counts. They
# differed by a fifth, and the middle one of three by as much.
_TRIALS = 7
_TRIALS_ONE_BY_ONE = 3
_FRAMES = (200, 50, 120, 7, 180)
_STACK_SHAPE = (256, 2048, 2048)
_MEBIBYTE = 1 << 20


def catalog(folder: Path, files: int = _FILES) -> list[Figure]:
    """A folder of so many small files, registered by both in new catalogs; and a frame of a stack of 4 GiB."""
    data = folder / "data" / "20260721_bench"
    data.mkdir(parents=True)
    make_small_files(data, files)
    with server(folder / "library", data.parent) as tiled:
        library = _library(tiled, data)
    others = [_ours(folder / f"ours{number}", data) for number in range(_TRIALS - 1)]
    one_by_one = [_ours(folder / f"plain{number}", data, at_once=False) for number in range(_TRIALS_ONE_BY_ONE)]
    with server(folder / "ours", data.parent) as tiled:
        registering = _registering(tiled, data, files, library, others)
        return [*registering, *_without_our_part(files, library, one_by_one), *_frame(tiled, data.parent)]


def make_small_files(folder: Path, files: int) -> None:
    """A fifth is one series of images, the others are one of tables."""
    (folder / "frames").mkdir()
    for number in range(files // 5):
        tifffile.imwrite(folder / "frames" / f"frame_{number:05}.tif", np.full((8, 8), number, "u2"), metadata=None)
    (folder / "SPA.yml").write_text("Sample: {Name: apoferritin}\n")
    for number in range(files - files // 5):
        (folder / f"drift_{number:05}.csv").write_text(f"time,x\n0,{number}\n1,2\n")


@contextmanager
def server(folder: Path, storage: Path, **options: Any) -> Iterator[TiledSandbox]:
    """A Tiled server of its own with an empty catalog."""
    folder.mkdir()
    with TiledSandbox(folder, readable_storage=[storage], **options) as tiled:
        yield tiled


class _Cost:
    """Seconds by the clock and of the processor, of the server, this process and its ended children."""

    def __init__(self, tiled: TiledSandbox, call: Callable[[], Any]) -> None:
        before, started = _processor_seconds(tiled), time.perf_counter()
        call()
        self.seconds = time.perf_counter() - started
        self.processor_seconds = _processor_seconds(tiled) - before


def _library(tiled: TiledSandbox, data: Path) -> _Cost:
    command = [sys.executable, "-m", "tiled", "register", f"{tiled.url}/api/v1", str(data), "--api-key", tiled.api_key]
    cost = _Cost(tiled, lambda: subprocess.run(command, check=True, capture_output=True))
    answer = requests.get(f"{tiled.url}/api/v1/search/?page[limit]=1", timeout=60).json()
    assert int(answer["meta"]["count"]) > len(list(data.iterdir())) // 2
    return cost


def _ours(folder: Path, data: Path, **options: Any) -> _Cost:
    with server(folder, data.parent, **options) as tiled, _dataset(tiled, data) as dataset:
        return _Cost(tiled, dataset.register)


def _registering(tiled: TiledSandbox, data: Path, files: int, library: _Cost, others: Sequence[_Cost]) -> list[Figure]:
    with _dataset(tiled, data) as dataset:
        last = _Cost(tiled, dataset.register)
        seconds = median(each.seconds for each in (*others, last))
        processor_seconds = median(each.processor_seconds for each in (*others, last))
        first = len(dataset.transport.sent)
        dataset.register()
        nothing_new = len(dataset.transport.sent)
        for number in range(5):
            dataset.write(f"late_{number}.xml", b"<late/>")
        with _polling(tiled, dataset.key) as seen:
            later = _Cost(tiled, dataset.register)
        five_more = len(dataset.transport.sent)
    name, peer = f"{files:,} small files", "`tiled register`"
    aim = _OF_THE_LIBRARYS_TIME
    return [
        Figure(f"{name}: available after", seconds, "s", peer, library.seconds, aim),
        Figure(f"{name}: processor time", processor_seconds, "s", peer, library.processor_seconds, aim),
        Figure(f"{name}: faster than the library", library.seconds / seconds, "times"),
        Figure(f"{name}: requests", first, "requests"),
        Figure("registered again with nothing new: requests", nothing_new, "requests", aim=1),
        Figure("five more files: requests", five_more, "requests", aim=10),
        Figure("five more files: available after", later.seconds, "s"),
        Figure("looks at the entries meanwhile", len(seen), "looks"),
        Figure("of which an entry was missing in", sum(not is_whole for is_whole in seen), "looks", aim=0),
    ]


def _without_our_part(files: int, library: _Cost, costs: Sequence[_Cost]) -> list[Figure]:
    """On a server without `routers:` in its configuration, which enters files one by one."""
    name, peer = f"{files:,} small files, one by one", "`tiled register`"
    seconds = median(each.seconds for each in costs)
    return [
        Figure(f"{name}: available after", seconds, "s", peer, library.seconds),
        Figure(f"{name}: faster than the library", library.seconds / seconds, "times"),
    ]


@contextmanager
def _dataset(tiled: TiledSandbox, folder: Path) -> Iterator[Dataset]:
    client = from_uri(f"{tiled.url}/api/v1", api_key=tiled.api_key)
    try:
        with ObservedTransport(tiled.url, tiled.api_key) as transport:
            yield Dataset(folder, CatalogClient(transport), transport, client)
    finally:
        client.context.close()


@contextmanager
def _polling(tiled: TiledSandbox, key: str) -> Iterator[list[bool]]:
    """Somebody who looks at all entries again and again; True for each look at which all of them were there."""
    address = f"{tiled.url}/api/v1/search/datasets/{key}?fields=metadata&page[limit]=100"
    seen: list[bool] = []
    ended = threading.Event()
    with requests.Session() as session:
        before = {item["id"] for item in session.get(address, timeout=60).json()["data"]}

        def look() -> None:
            while not ended.is_set():
                answer = session.get(address, timeout=60)
                keys = {item["id"] for item in answer.json()["data"]} if answer.ok else set()
                seen.append(before <= keys)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield seen
        finally:
            ended.set()
            thread.join()


def _frame(tiled: TiledSandbox, storage: Path) -> list[Figure]:
    stack = storage / "20260721_stack"
    stack.mkdir()
    with mrcfile.new_mmap(stack / "stack.mrc", shape=_STACK_SHAPE, mrc_mode=2) as file:
        file.data[:, 7, 9] = 3.5
    with _dataset(tiled, stack) as dataset:
        dataset.register()
        array = dataset.entry["stack.mrc"]
        array[0, :4, :4]  # the client's and server's own imports are not what a frame costs
        before = _memory_bytes(tiled)
        seconds = median(_frame_seconds(array, number) for number in _FRAMES)
        growth = (_memory_bytes(tiled) - before) / _MEBIBYTE
    return [
        Figure("one frame of a stack of 4 GiB (MRC)", seconds, "s", aim=0.3),
        Figure("one frame: memory of the server grows by", growth, "MiB", aim=100),
    ]


def _frame_seconds(array: Any, number: int) -> float:
    started = time.perf_counter()
    frame = array[number]
    seconds = time.perf_counter() - started
    assert frame[7, 9] == 3.5
    return seconds


def _memory_bytes(tiled: TiledSandbox) -> int:
    """The resident memory, files that are mapped not counted."""
    return int(_status(tiled)["RssAnon"].split()[0]) * 1024


def _status(tiled: TiledSandbox) -> dict[str, str]:
    status = Path(f"/proc/{tiled._process.pid}/status").read_text()
    return dict(line.split(":", 1) for line in status.splitlines())


def _processor_seconds(tiled: TiledSandbox) -> float:
    """What the server, this process and its ended children have used so far."""
    fields = Path(f"/proc/{tiled._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    ours = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    served = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return served + sum(usage.ru_utime + usage.ru_stime for usage in ours)

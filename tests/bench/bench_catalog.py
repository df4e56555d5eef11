"""What registering costs, against Tiled's own `tiled register` of the same folder, and what one frame of a stack costs.

    python tests/bench/bench_catalog.py [--files 5000]

The folder has a fifth of its files in one series of images and the others in a series of tables: `tiled register`
makes one array and thousands of tables of it, Spacecast one array and one table with a partition for each file.
Prints the figures; ends with 1 where one is worse than its bound.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import mrcfile
import numpy as np
import requests
import tifffile
from tiled.client import from_uri

sys.path.insert(0, str(Path(__file__).parents[1]))

from spacecast.catalog import CatalogClient
from spacecast.sandbox.tiled import TiledSandbox
from support.catalog import Dataset, ObservedTransport

FASTER_AT_LEAST = 20.0
MOST_REQUESTS_FOR_FIVE_FILES = 10
SLOWEST_FRAME_SECONDS = 0.3
MOST_MEMORY_GROWTH_BYTES = 100 << 20

_STACK_SHAPE = (256, 2048, 2048)


@dataclass(frozen=True)
class CatalogFigures:
    """What was measured; times in seconds."""

    files: int
    register_seconds: float
    register_processor_seconds: float
    """Of both, server and client: what a loaded machine does not change."""
    library_seconds: float
    library_processor_seconds: float
    library_nodes: int
    entries: int
    requests: int
    requests_for_nothing_new: int
    requests_for_five_files: int
    seconds_for_five_files: float
    polls: int
    holes: int
    frame_seconds: float
    memory_growth_bytes: int

    @property
    def times_faster(self) -> float:
        """How much sooner than with `tiled register` everything can be read."""
        return self.library_seconds / self.register_seconds

    def misses(self) -> list[str]:
        """Name the bounds that are not kept."""
        kept = {
            f"{self.times_faster:.1f} times faster": self.times_faster >= FASTER_AT_LEAST,
            f"{self.requests_for_five_files} requests for five files": (
                self.requests_for_five_files <= MOST_REQUESTS_FOR_FIVE_FILES
            ),
            f"{self.holes} holes": self.holes == 0 and self.polls > 0,
            f"{self.frame_seconds:.3f} s for a frame": self.frame_seconds < SLOWEST_FRAME_SECONDS,
            f"{self.memory_growth_bytes >> 20} MiB more": self.memory_growth_bytes < MOST_MEMORY_GROWTH_BYTES,
        }
        return [text for text, is_kept in kept.items() if not is_kept]


def measure(folder: Path, *, files: int = 5000) -> CatalogFigures:
    """Register a folder of so many small files with both, in new catalogs, and read a frame of a 4 GiB stack."""
    data = folder / "data" / "20260721_bench"
    data.mkdir(parents=True)
    make_small_files(data, files)
    with server(folder / "ours", data.parent) as tiled:
        figures = _ours(tiled, data)
        frame = _frame(tiled, data.parent)
    with server(folder / "library", data.parent) as tiled:
        library = _library(tiled, data)
    return CatalogFigures(files=files, **figures, **frame, **library)


def make_small_files(folder: Path, files: int) -> None:
    """A fifth is one series of images, the others are one of tables."""
    (folder / "frames").mkdir()
    for number in range(files // 5):
        tifffile.imwrite(folder / "frames" / f"frame_{number:05}.tif", np.full((8, 8), number, "u2"), metadata=None)
    (folder / "SPA.yml").write_text("Sample: {Name: apoferritin}\n")
    for number in range(files - files // 5):
        (folder / f"drift_{number:05}.csv").write_text(f"time,x\n0,{number}\n1,2\n")


@contextmanager
def server(folder: Path, storage: Path) -> Iterator[TiledSandbox]:
    """A Tiled server of its own with an empty catalog."""
    folder.mkdir()
    with TiledSandbox(folder, readable_storage=[storage]) as tiled:
        yield tiled


def _ours(tiled: TiledSandbox, data: Path) -> dict[str, Any]:
    with ObservedTransport(tiled.url, tiled.api_key) as transport:
        client = from_uri(f"{tiled.url}/api/v1", api_key=tiled.api_key)
        dataset = Dataset(data, CatalogClient(transport), transport, client)
        before = _processor_seconds(tiled)
        seconds, done = _timed(dataset.register)
        processor_seconds = _processor_seconds(tiled) - before
        requests_first = len(transport.sent)
        dataset.register()
        requests_again = len(transport.sent)
        for number in range(5):
            dataset.write(f"late_{number}.xml", b"<late/>")
        with _polling(tiled, dataset.key) as seen:
            seconds_five, _done = _timed(dataset.register)
        requests_five = len(transport.sent)
        client.context.close()
    return {
        "register_seconds": seconds,
        "register_processor_seconds": processor_seconds,
        "entries": done.entries,
        "requests": requests_first,
        "requests_for_nothing_new": requests_again,
        "requests_for_five_files": requests_five,
        "seconds_for_five_files": seconds_five,
        "polls": len(seen),
        "holes": sum(not is_whole for is_whole in seen),
    }


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


def _library(tiled: TiledSandbox, data: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tiled", "register", f"{tiled.url}/api/v1", str(data), "--api-key", tiled.api_key]
    before = _processor_seconds(tiled)
    seconds, _done = _timed(lambda: subprocess.run(command, check=True, capture_output=True))
    processor_seconds = _processor_seconds(tiled) - before
    answer = requests.get(f"{tiled.url}/api/v1/search/?page[limit]=1", timeout=60).json()
    return {
        "library_seconds": seconds,
        "library_processor_seconds": processor_seconds,
        "library_nodes": int(answer["meta"]["count"]),
    }


def _frame(tiled: TiledSandbox, storage: Path) -> dict[str, Any]:
    stack = storage / "20260721_stack"
    stack.mkdir()
    _sparse_mrc(stack / "stack.mrc")
    with ObservedTransport(tiled.url, tiled.api_key) as transport:
        client = from_uri(f"{tiled.url}/api/v1", api_key=tiled.api_key)
        Dataset(stack, CatalogClient(transport), transport, client).register()
        array = client["datasets", stack.name, "stack.mrc"]
        array[0, :4, :4]  # the client's and server's own imports are not what a frame costs
        before = _memory_bytes(tiled)
        seconds, frame = _timed(lambda: array[200])
        assert frame[7, 9] == 3.5
        growth = _memory_bytes(tiled) - before
        client.context.close()
    return {"frame_seconds": seconds, "memory_growth_bytes": growth}


def _sparse_mrc(path: Path) -> None:
    with mrcfile.new_mmap(path, shape=_STACK_SHAPE, mrc_mode=2) as file:
        file.data[200, 7, 9] = 3.5


def _memory_bytes(tiled: TiledSandbox) -> int:
    """The largest resident memory so far, files that are mapped not counted."""
    status = Path(f"/proc/{tiled._process.pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return int(fields["RssAnon"].split()[0]) * 1024


def _processor_seconds(tiled: TiledSandbox) -> float:
    """What the server, this process and its ended children have used so far."""
    fields = Path(f"/proc/{tiled._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    ours = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    served = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return served + sum(usage.ru_utime + usage.ru_stime for usage in ours)


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-catalog-") as folder:
        figures = measure(Path(folder), files=arguments.files)
    sys.stdout.write(json.dumps({**asdict(figures), "times_faster": figures.times_faster}, indent=2) + "\n")
    for miss in figures.misses():
        sys.stderr.write(f"not kept: {miss}\n")
    return 1 if figures.misses() else 0


if __name__ == "__main__":
    sys.exit(main())

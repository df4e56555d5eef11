"""How late `wait` returns, on servers that stream and that do not, and what `import spacecast.data` costs."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from statistics import median

from bench.catalog import server
from bench.figures import Figure
from spacecast import data
from spacecast.catalog import CatalogClient, build_plan, mark, register
from spacecast.sandbox.tiled import TiledSandbox

_TRIALS = 5
# Until then polling has reached its longest pause; each trial is at another point of it.
_BEFORE_SECONDS = 3.0
_SHIFT_SECONDS = 0.37
_IMPORTS = 5
_IMPORT = "import time; began = time.perf_counter(); import spacecast.data; print(time.perf_counter() - began)"


def waiting(folder: Path) -> list[Figure]:
    """From the server's answer to `available` until `wait` returns."""
    figures = []
    for name, streaming, aim in (("a streaming", True, 0.1), ("a plain", False, 1.5)):
        storage = folder / f"data-{streaming}"
        storage.mkdir(parents=True)
        with server(folder / f"server-{streaming}", storage, streaming=streaming) as tiled:
            lags = _lags(tiled)
        figures += [
            Figure(f"`wait` on {name} server returns after", median(lags), "s"),
            Figure(f"`wait` on {name} server: the latest of {len(lags)}", max(lags), "s", aim=aim),
        ]
    return figures


def importing(folder: Path) -> list[Figure]:
    """In new processes; the packages' byte code is there."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-c", _IMPORT]
    times = [float(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(_IMPORTS)]
    return [Figure("`import spacecast.data`", median(times), "s", aim=0.4)]


def _lags(tiled: TiledSandbox) -> list[float]:
    with CatalogClient.connect(tiled.url, lambda: tiled.api_key) as client:
        return [_lag(tiled, client, number) for number in range(_TRIALS)]


def _lag(tiled: TiledSandbox, client: CatalogClient, number: int) -> float:
    key = f"d{number}"
    mark(client, ("datasets",), key, status="pending", stop=threading.Event())
    with ThreadPoolExecutor(1) as pool:
        returned = pool.submit(_wait, tiled, key)
        time.sleep(_BEFORE_SECONDS + number * _SHIFT_SECONDS)
        available = _make_available(client, key)
        return returned.result() - available


def _wait(tiled: TiledSandbox, key: str) -> float:
    reference = data.ref(f"{tiled.url}/api/v1/metadata/datasets/{key}")
    data.wait(reference, timeout=60, api_key=tiled.api_key)
    return time.perf_counter()


def _make_available(client: CatalogClient, key: str) -> float:
    stop, folder = threading.Event(), PurePosixPath("/none")
    plan = build_plan([], lambda _path: None, folder=folder, stop=stop)
    register(client, ("datasets",), key, plan, metadata={}, facts={}, stop=stop)
    return time.perf_counter()

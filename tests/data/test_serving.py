"""A downloaded folder is served by Tiled's own commands, also after it was moved."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import requests
from tiled.client import from_uri

from spacecast import data

NAME = "20211227125_Demo"
_START_SECONDS = 60


@contextmanager
def served(folder, *words):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tiled", "serve", *words, "--public", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=os.environ)
    try:
        end = time.monotonic() + _START_SECONDS
        while not _answers(f"http://127.0.0.1:{port}/healthz"):
            assert process.poll() is None, (folder / "server.log").read_text()
            assert time.monotonic() < end, "it did not start in time"
            time.sleep(0.1)
        client = from_uri(f"http://127.0.0.1:{port}")
        yield client[NAME]
        client.context.close()
    finally:
        process.terminate()
        process.wait(20)


def _answers(url):
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def test_the_folder_is_served_by_tiled_after_being_moved(facility, tmp_path, makes_catalogs):
    folder = facility.acquire()
    np.save(folder / "mask.npy", np.arange(12).reshape(3, 4))
    facility.publish()
    data.download(NAME, tmp_path / "stuff")
    moved = tmp_path / "elsewhere"
    shutil.move(tmp_path / "stuff", moved)
    assert data.relocate(moved) == 8
    assert data.relocate(moved) == 0
    with served(moved, "catalog", "catalog.db", "-r", "data") as dataset:
        assert dataset["mask.npy"].read().tolist() == np.arange(12).reshape(3, 4).tolist()
        assert dataset["grid_series.tif"][1].shape == (256, 256)
        assert dataset["holder.h5"]["holder", "time"][:3].tolist() == [0.0, 0.2, 0.4]
    with served(moved, "config", "tiled.yaml") as dataset:
        movie = np.frombuffer((folder / "stack.mrc").read_bytes()[1024:], "<f4").reshape(12, 256, 256)
        assert np.array_equal(dataset["stack.mrc"][3], movie[3])

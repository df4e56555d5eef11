"""Files of independent writers, registered by what their headers say, come back from a real Tiled server."""

import time

import h5py
import mrcfile
import numpy as np
import pytest

from support.reading_back import RANDOM, assert_serves, some
from support.tiled_server import described


@pytest.mark.parametrize("dtype", ["|b1", "<i8", ">u4", "<f8", "<c16", "|S5", "<U7", "<M8[ms]"])
def test_an_npy_array_comes_back(tiled, dtype):
    path = tiled.folder() / "array.npy"
    array = RANDOM.integers(0, 2, size=(4, 5, 6)).astype(dtype)
    np.save(path, array)
    assert_serves(tiled.open(path), array)


def test_an_npy_array_in_fortran_order_comes_back(tiled):
    path = tiled.folder() / "fortran.npy"
    array = np.asfortranarray(some((3, 4, 5), "f8"))
    np.save(path, array)
    assert_serves(tiled.open(path), array)


def test_a_series_of_npy_arrays_is_one_array(tiled):
    folder = tiled.folder()
    array = some((3, 5, 6), "f8")
    paths = [folder / f"{number}.npy" for number in range(3)]
    for path, frame in zip(paths, array, strict=True):
        np.save(path, frame)
    assert_serves(tiled.open(*paths), array)


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"userblock_size": 1024}])
def test_an_hdf5_file_is_a_container_with_all_that_is_in_it(tiled, options):
    path = tiled.folder() / "scan.nxs"
    array = some((4, 5), "i4")
    with h5py.File(path, "w", **options) as file:
        file["entry/data/counts"] = array
    entry = tiled.open(path)
    assert_serves(entry["entry", "data", "counts"], array)


def test_a_file_that_was_cut_off_after_its_registration_gives_an_error_that_says_so(tiled):
    path = tiled.folder() / "cut.mrc"
    mrcfile.write(path, some((8, 8), "f4"))
    readable = described(path)
    with path.open("r+b") as file:
        file.truncate(1100)
    entry = tiled.open_as(readable, [path])
    response = entry.context.http_client.get(f"{tiled.sandbox.url}/api/v1/array/full/{entry.path_parts[-1]}")
    assert response.status_code == 503
    assert "has 1100 bytes and its array needs 1280" in response.json()["detail"]


def test_a_frame_of_a_large_sparse_stack_is_served_at_once(tiled):
    path = tiled.folder() / "large.mrc"
    with mrcfile.new_mmap(path, shape=(64, 2048, 2048), mrc_mode=2) as file:
        file.data[40, 7, 9] = 3.5
    entry = tiled.open(path)
    started = time.monotonic()
    frame = entry[40]
    assert time.monotonic() - started < 5.0, "one frame of 16 MiB must not cost the reading of 1 GiB"
    assert frame[7, 9] == 3.5

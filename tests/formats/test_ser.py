"""SER files come back from a real Tiled server: images, series, spectra, scans; broken ones do no harm."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.formats import Readable, Unreadable, describe
from support.file_heads import readable, unreadable
from support.ser_files import CODES, ser

RANDOM = np.random.default_rng(12)

# One server for all of these: in the same worker.
pytestmark = pytest.mark.xdist_group("reading-back")


def some(shape, dtype):
    values = RANDOM.integers(0, 120, size=shape)
    return (values + 1j * values[::-1]).astype(dtype) if np.dtype(dtype).kind == "c" else values.astype(dtype)


def served(tiled, data):
    path = tiled.folder() / "data_1.ser"
    path.write_bytes(data)
    return tiled.open(path)


def assert_serves(entry, array):
    assert entry.shape == array.shape
    assert entry.dtype == array.dtype
    np.testing.assert_array_equal(entry.read(), array)


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("version", [0x0210, 0x0220])
def test_an_image_of_every_type_comes_back(tiled, dtype, version):
    array = some((5, 7), dtype)
    assert_serves(served(tiled, ser(array, element_axes=2, version=version)), array)


def test_an_image_has_its_pixel_size_and_time(tiled):
    entry = served(tiled, ser(some((5, 7), "u2"), element_axes=2, scale=2e-10))
    assert entry.metadata["acquisition"] == {
        "pixel_size_x_nm": 0.2, "pixel_size_y_nm": 0.2, "acquired_at": "2023-11-14T22:13:20+00:00",
    }  # fmt: skip
    assert entry.metadata["first_row"] == "bottom"


def test_a_series_of_images_comes_back_frame_by_frame(tiled):
    array = some((9, 16, 12), "i2")
    entry = served(tiled, ser(array, element_axes=2))
    np.testing.assert_array_equal(entry[4, 2:5], array[4, 2:5])
    assert_serves(entry, array)


def test_a_scan_of_spectra_has_the_axes_of_the_scan_first(tiled):
    array = some((3, 4, 50), "u4")
    scan = [(4, 0.0, 1e-9, "X", "m"), (3, 0.0, 2e-9, "Y", "m")]
    entry = served(tiled, ser(array, element_axes=1, scan=scan, scale=5.0, offset=-100.0))
    assert entry.metadata["axes"] == [
        {"size": 3, "offset": 0.0, "scale": 2e-9, "name": "Y", "units": "m"},
        {"size": 4, "offset": 0.0, "scale": 1e-9, "name": "X", "units": "m"},
        {"size": 50, "offset": -100.0, "scale": 5.0},
    ]
    assert entry.metadata["acquisition"]["dispersion_ev"] == 5.0
    np.testing.assert_array_equal(entry[2, 1], array[2, 1])
    assert_serves(entry, array)


def test_a_scan_that_ended_early_is_a_list_of_what_there_is(tiled):
    array = some((5, 50), "u2")
    scan = [(4, 0.0, 1.0, "X", "m"), (3, 0.0, 1.0, "Y", "m")]
    entry = served(tiled, ser(array, element_axes=1, scan=scan, planned=12))
    assert entry.metadata["planned_elements"] == 12
    assert_serves(entry, array)


def test_one_spectrum_has_one_axis(tiled):
    array = some((64,), "f4")
    assert_serves(served(tiled, ser(array, element_axes=1)), array)


def test_a_file_that_is_still_growing_is_tried_again():
    data = ser(some((4, 8, 8), "u2"), element_axes=2)
    assert unreadable(data[:-60], "growing.ser").try_again
    assert unreadable(data[:50], "growing.ser").try_again
    assert unreadable(data[:18] + bytes(4) + data[22:], "empty.ser").try_again


def test_texts_have_nothing_in_them_that_a_database_cannot_store():
    items = RANDOM.integers(0, 9, size=(3, 4)).astype("u2")
    found = readable(ser(items, element_axes=1, scan=[(3, 0.0, 1.0, "x\0y\x1b", "m\0")]))
    assert found.metadata["axes"][0] == {"size": 3, "offset": 0.0, "scale": 1.0, "name": "xy", "units": "m"}


def test_images_at_uneven_places_are_not_taken_for_an_array():
    data = bytearray(ser(some((4, 8, 8), "u1"), element_axes=2, version=0x0210))
    place = int.from_bytes(data[22:26], "little") + 4
    data[place] ^= 8
    assert "equal distances" in unreadable(bytes(data), "odd.ser").reason


WHOLE = ser(some((3, 4, 5), "u2"), element_axes=2)


@given(data=st.data())
def test_no_damage_to_a_file_makes_the_reader_fail(data):
    assert readable(WHOLE, "a.ser").shape == (3, 4, 5)
    damaged = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.sampled_from([0, 1, 127, 128, 255]))
    del damaged[data.draw(st.integers(1, len(damaged))) :]
    assert isinstance(describe(io.BytesIO(damaged), "a.ser", len(damaged)), Readable | Unreadable)

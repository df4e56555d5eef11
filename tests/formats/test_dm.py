"""DM3 and DM4 files of an independent writer come back from a real Tiled server, and broken ones do no harm."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.formats import Readable, Unreadable, describe
from support.dm_files import write_dm
from support.file_heads import readable, unreadable
from support.tiled_server import described

RANDOM = np.random.default_rng(11)
VERSIONS = [3, 4]

# One server for all of these: in the same worker.
pytestmark = pytest.mark.xdist_group("reading-back")


def some(shape, dtype):
    values = RANDOM.integers(0, 120, size=shape)
    return (values + 1j * values[::-1]).astype(dtype) if np.dtype(dtype).kind == "c" else values.astype(dtype)


def assert_serves(entry, array):
    assert entry.shape == array.shape
    assert entry.dtype == array.dtype
    np.testing.assert_array_equal(entry.read(), array)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("dtype", ["i2", "u2", "i4", "u4", "f4", "f8", "c8", "c16"])
def test_an_image_of_every_type_comes_back(tiled, version, dtype):
    path = tiled.folder() / f"image.dm{version}"
    array = some((7, 9), dtype)
    write_dm(path, array)
    entry = tiled.open(path)
    assert entry.metadata["format"] == f"DM{version}"
    assert_serves(entry, array)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_image_has_its_calibration_with_units(tiled, version):
    path = tiled.folder() / f"image.dm{version}"
    array = some((6, 8), "f4")
    write_dm(path, array, calibrations=[(-2.0, 0.5, "nm"), (10.0, 0.25, "µm")], counts=(0.0, 2.0, "e-"))
    entry = tiled.open(path)
    assert entry.metadata["axes"] == [
        {"size": 6, "scale": 0.5, "offset": -2.0, "units": "nm"},
        {"size": 8, "scale": 0.25, "offset": 10.0, "units": "µm"},
    ]
    assert entry.metadata["intensity"] == {"scale": 2.0, "offset": 0.0, "units": "e-"}
    assert entry.metadata["acquisition"]["pixel_size_x_nm"] == 250.0
    assert entry.metadata["acquisition"]["pixel_size_y_nm"] == 0.5
    assert_serves(entry, array)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stack_comes_back_frame_by_frame(tiled, version):
    path = tiled.folder() / f"stack.dm{version}"
    array = some((40, 32, 48), "i2")
    write_dm(path, array, is_sequence=True, calibrations=[(0.0, 0.1, "s"), (0.0, 2.0, "nm"), (0.0, 2.0, "nm")])
    entry = tiled.open(path)
    assert [axis.get("units") for axis in entry.metadata["axes"]] == ["s", "nm", "nm"]
    np.testing.assert_array_equal(entry[17, 3:5], array[17, 3:5])
    assert_serves(entry, array)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_spectrum_comes_back_with_its_energies(tiled, version):
    path = tiled.folder() / f"spectrum.dm{version}"
    array = some((1024,), "f4")
    write_dm(path, array, datum=1, calibrations=[(250.0, 0.5, "eV")], tags={"hardware_source": {"signal_type": "EELS"}})
    entry = tiled.open(path)
    assert entry.metadata["axes"] == [{"size": 1024, "scale": 0.5, "offset": 250.0, "units": "eV"}]
    assert entry.metadata["acquisition"]["dispersion_ev"] == 0.5
    assert_serves(entry, array)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_spectrum_image_is_served_in_the_order_of_the_file_and_says_which_axis_is_which(tiled, version):
    path = tiled.folder() / f"si.dm{version}"
    array = some((5, 6, 100), "f4")
    write_dm(path, array, collection=2, datum=1, calibrations=[(0.0, 2.0, "nm"), (0.0, 2.0, "nm"), (-20.0, 0.25, "eV")])
    entry = tiled.open(path)
    assert [axis["units"] for axis in entry.metadata["axes"]] == ["eV", "nm", "nm"]
    common = {name: value for name, value in entry.metadata["acquisition"].items() if name != "acquired_at"}
    assert common == {"pixel_size_x_nm": 2.0, "pixel_size_y_nm": 2.0, "dispersion_ev": 0.25}
    np.testing.assert_array_equal(entry[:, 2, 3], array[2, 3])
    assert_serves(entry, np.moveaxis(array, 2, 0))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_coloured_image_comes_back_with_its_channels_named(tiled, version):
    path = tiled.folder() / f"colour.dm{version}"
    array = some((4, 5, 4), "u1")
    write_dm(path, array, calibrations=[(0.0, 1.0, "nm")] * 2)
    entry = tiled.open(path)
    assert entry.metadata["channels"] == "BGRA"
    assert len(entry.metadata["axes"]) == 2
    assert_serves(entry, array)


@pytest.mark.parametrize("version", VERSIONS)
def test_acquisition_tags_are_there_under_the_files_names_and_the_common_ones(tmp_path, version):
    path = tmp_path / f"tagged.dm{version}"
    tags = {
        "Microscope Info": {
            "Voltage": 300000.0, "Indicated Magnification": 81000.0, "Microscope": "Titan Krios",
            "Stage Position": {"Stage Alpha": -12.5},
        },
        "Acquisition": {"Device": {"Name": "K3"}, "Parameters": {"High Level": {"Exposure (s)": 0.25}}},
        "DataBar": {"Acquisition Date": "7/21/2026", "Acquisition Time": "10:11:12"},
    }  # fmt: skip
    write_dm(path, some((4, 4), "u2"), tags=tags)
    metadata = described(path).metadata
    assert metadata["tags"]["Microscope Info"]["Voltage"] == 300000.0
    assert metadata["tags"]["Acquisition"]["Device"]["Name"] == "K3"
    assert metadata["acquisition"] == {
        "voltage_kv": 300.0, "magnification": 81000.0, "instrument": "Titan Krios", "tilt_degrees": -12.5,
        "detector": "K3", "exposure_seconds": 0.25, "acquired_at": "7/21/2026 10:11:12",
    }  # fmt: skip


def test_very_many_tags_are_cut_off_and_it_is_said(tmp_path):
    path = tmp_path / "many.dm4"
    write_dm(path, some((4, 4), "u2"), tags={f"Tag {number}": "some text" * 20 for number in range(500)})
    metadata = described(path).metadata
    assert metadata["tags_left_out"] is True
    assert 10 < len(metadata["tags"]) < 500


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_that_is_still_growing_is_tried_again(tmp_path, version):
    path = tmp_path / f"growing.dm{version}"
    write_dm(path, some((64, 64), "f8"))
    data = path.read_bytes()
    for length in (40, 200, len(data) // 2):
        found = unreadable(data[:length], path.name)
        assert found.try_again
        assert "not complete" in found.reason


def group(*tags, version=3):
    form = ">iH" if version == 3 else ">qH"
    return bytes(2) + struct.pack(form[:2], len(tags)) + b"".join(tags)


def dm3(root):
    return struct.pack(">3i", 3, len(root), 1) + root + bytes(40)


def test_groups_without_end_in_each_other_are_refused():
    assert "nested" in unreadable(dm3(group(b"\x14\0\0") * 2000), "deep.dm3").reason


def test_a_group_that_claims_billions_of_tags_ends_at_the_end_of_the_file():
    assert unreadable(dm3(bytes(2) + struct.pack(">i", 2**31 - 1)), "many.dm3").reason


def test_more_tags_than_any_program_writes_are_refused():
    tag = b"\x15\0\0%%%%" + struct.pack(">2i", 1, 8) + b"\1"
    data = dm3(bytes(2) + struct.pack(">i", 200_000) + tag * 150_000)
    assert "more than 100,000 tags" in unreadable(data, "many.dm3").reason


def test_a_file_without_an_image_says_so():
    assert "no image" in unreadable(dm3(group(b"\x14\0\0" + group())), "empty.dm3").reason


@pytest.fixture(scope="module", params=VERSIONS)
def whole(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("dm") / f"a.dm{request.param}"
    write_dm(path, some((3, 4), "u2"), tags={"Microscope Info": {"Voltage": 3e5}})
    data = path.read_bytes()
    assert readable(data, path.name).shape == (3, 4)
    return data


@given(data=st.data())
def test_no_damage_to_a_file_makes_the_reader_fail(whole, data):
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.sampled_from([0, 1, 127, 128, 255, 20, 21]))
    del damaged[data.draw(st.integers(1, len(damaged))) :]
    assert isinstance(describe(io.BytesIO(damaged), "a.dm4", len(damaged)), Readable | Unreadable)

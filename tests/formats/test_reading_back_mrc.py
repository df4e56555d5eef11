"""MRC files of independent writers, registered by what their headers say, come back from a real Tiled server."""

import struct

import mrcfile
import numpy as np
import pytest

from support.file_heads import mrc
from support.reading_back import RANDOM, assert_serves, some
from support.tiled_server import described


@pytest.mark.parametrize("dtype", ["i1", "i2", "f4", "c8", "u2", "f2"])
def test_an_mrc_image_of_every_mode_comes_back(tiled, dtype):
    path = tiled.folder() / "image.mrc"
    array = some((7, 9), dtype)
    mrcfile.write(path, array)
    assert_serves(tiled.open(path), array)


def test_an_mrc_stack_comes_back_frame_by_frame(tiled):
    path = tiled.folder() / "stack.mrcs"
    array = some((300, 64, 48), "f4")
    with mrcfile.new(path) as file:
        file.set_data(array)
        file.set_image_stack()
        file.voxel_size = (1.5, 2.5, 1.0)
    entry = tiled.open(path)
    assert entry.metadata["pixel_size"]["x"] == pytest.approx(1.5)
    assert entry.metadata["pixel_size"]["y"] == pytest.approx(2.5)
    np.testing.assert_array_equal(entry[17], array[17])
    np.testing.assert_array_equal(entry[250:, 3, 5], array[250:, 3, 5])
    assert_serves(entry, array)


# How mrcfile 1.5.4 turns its own header round; NumPy 2.5 would rather have a view.
@pytest.mark.filterwarnings("ignore:Setting the dtype on a NumPy array has been deprecated:DeprecationWarning")
def test_a_big_endian_mrc_volume_behind_an_extended_header_comes_back(tiled):
    path = tiled.folder() / "volume.map"
    array = some((5, 6, 7), ">i2")
    with mrcfile.new(path) as file:
        file.set_data(array)
        file.set_volume()
        file.set_extended_header(np.zeros(1000, "V1"))
    assert described(path).parameters["offset"] == 2024
    assert_serves(tiled.open(path), array)


def test_a_stack_of_mrc_volumes_comes_back(tiled):
    path = tiled.folder() / "volumes.mrc"
    array = some((2, 3, 4, 5), "f4")
    mrcfile.write(path, array)
    assert_serves(tiled.open(path), array)


@pytest.mark.parametrize(("mode", "channels", "dtype"), [(3, 2, "<i2"), (16, 3, "|u1")])
def test_mrc_pixels_of_several_numbers_get_an_axis_of_their_own(tiled, mode, channels, dtype):
    path = tiled.folder() / "several.mrc"
    array = some((3, 4, 5, channels), dtype)
    path.write_bytes(mrc(5, 4, 3, mode) + array.tobytes())
    entry = tiled.open(path)
    assert len(entry.metadata["channels"]) == channels
    assert_serves(entry, array)


@pytest.mark.parametrize("columns", [6, 7])
def test_an_mrc_stack_of_4_bit_pixels_comes_back(tiled, columns):
    path = tiled.folder() / "counted.mrc"
    array = RANDOM.integers(0, 16, size=(3, 4, columns), dtype="u1")
    even = np.pad(array, ((0, 0), (0, 0), (0, columns % 2)))
    path.write_bytes(mrc(columns, 4, 3, 101) + (even[..., ::2] | even[..., 1::2] << 4).tobytes())
    entry = tiled.open(path)
    np.testing.assert_array_equal(entry[1], array[1])
    np.testing.assert_array_equal(entry[1:, 2, 3:], array[1:, 2, 3:])
    np.testing.assert_array_equal(entry[..., 2], array[..., 2])
    assert_serves(entry, array)


@pytest.mark.parametrize("kind", [b"FEI1", b"FEI2"])
def test_what_thermo_fishers_programs_say_of_each_section_is_told(tiled, kind):
    path = tiled.folder() / "tilts.mrc"
    array = some((3, 4, 5), "i2")
    extended = np.zeros(3, mrcfile.dtypes.get_ext_header_dtype(kind, "<"))
    told = {
        "Metadata size": extended.itemsize, "Bitmask 1": 1 << 7, "HT": 300000.0, "Dose": 2.5e20, "Defocus": -1.5e-6,
        "Pixel size X": 1.5e-10, "Pixel size Y": 1.5e-10, "Magnification": 81000.0, "Integration time": 0.5,
        "Microscope type": b"TITAN", "Camera name": b"Falcon 4i", "Timestamp": 46224.5,
    }  # fmt: skip
    for name, value in told.items():
        extended[name] = value
    extended["Alpha tilt"] = [-3.0, 0.0, 3.0]
    with mrcfile.new(path) as file:
        file.set_data(array)
        file.set_image_stack()
        file.set_extended_header(extended)
        file.header.exttyp = kind
    entry = tiled.open(path)
    assert entry.metadata["tilts_degrees"] == [-3.0, 0.0, 3.0]
    assert entry.metadata["acquisition"] == {
        "voltage_kv": 300.0, "dose_electrons_per_square_angstrom": 2.5, "defocus_um": -1.5, "pixel_size_x_nm": 0.15,
        "pixel_size_y_nm": 0.15, "magnification": 81000.0, "exposure_seconds": 0.5, "tilt_degrees": -3.0,
        "instrument": "TITAN", "detector": "Falcon 4i", "acquired_at": "2026-07-21T12:00:00",
    }  # fmt: skip
    assert_serves(entry, array)


def test_the_tilts_that_serialem_writes_are_told(tiled):
    path = tiled.folder() / "tilts.st"
    array = some((3, 4, 5), "i2")
    with mrcfile.new(path, overwrite=True) as file:
        file.set_data(array)
        file.voxel_size = 2.0
        file.set_extended_header(np.array([[-6000, 810], [0, 810], [6000, 810]], "<i2"))
        file.header.exttyp = b"SERI"
    data = bytearray(path.read_bytes())
    data[128:132] = struct.pack("<2h", 4, 1 | 8)
    path.write_bytes(data)
    entry = tiled.open(path)
    assert entry.metadata["tilts_degrees"] == [-60.0, 0.0, 60.0]
    assert entry.metadata["acquisition"] == {
        "tilt_degrees": -60.0, "magnification": 81000.0,
        "pixel_size_x_nm": 0.2, "pixel_size_y_nm": 0.2, "pixel_size_z_nm": 0.2,
    }  # fmt: skip
    assert_serves(entry, array)

"""Files of independent writers, registered by what their headers say, come back from a real Tiled server."""

import csv
import struct
import time

import h5py
import mrcfile
import numpy as np
import PIL.Image
import pytest
import tifffile

from spacecast.formats.structures import RAW_ARRAY_MIMETYPE
from support.file_heads import mrc
from support.tiled_server import described

RANDOM = np.random.default_rng(7)

# One server for all of these: in the same worker.
pytestmark = pytest.mark.xdist_group("reading-back")


def some(shape, dtype):
    values = RANDOM.integers(0, 120, size=shape)
    return (values + 1j * values[::-1]).astype(dtype) if np.dtype(dtype).kind == "c" else values.astype(dtype)


def assert_serves(entry, array):
    assert entry.shape == array.shape
    assert entry.dtype == array.dtype
    np.testing.assert_array_equal(entry.read(), array)


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


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((31, 17), {}),
        ((31, 17), {"rowsperstrip": 4}),
        ((5, 31, 17), {"photometric": "minisblack"}),
        ((2, 3, 31, 17), {"photometric": "minisblack"}),
        ((31, 17, 3), {"photometric": "rgb"}),
        ((3, 31, 17), {"photometric": "rgb", "planarconfig": "separate"}),
        ((5, 31, 17), {"photometric": "minisblack", "metadata": None}),
        ((5, 31, 17), {"photometric": "minisblack", "truncate": True}),
    ],
)
def test_an_uncompressed_tiff_comes_back_through_the_raw_adapter(tiled, bigtiff, byteorder, shape, options):
    path = tiled.folder() / "image.tif"
    array = some(shape, f"{byteorder}u2")
    tifffile.imwrite(path, array, bigtiff=bigtiff, byteorder=byteorder, **options)
    assert described(path).mimetype == RAW_ARRAY_MIMETYPE
    entry = tiled.open(path)
    assert_serves(entry, array)
    assert entry.shape == tifffile.imread(path).shape


def test_an_imagej_stack_with_one_directory_comes_back(tiled):
    path = tiled.folder() / "imagej.tif"
    array = some((6, 20, 30), ">u2")
    tifffile.imwrite(path, array, imagej=True)
    assert_serves(tiled.open(path), array)


def test_a_tiff_written_page_by_page_comes_back(tiled):
    path = tiled.folder() / "pages.tif"
    array = some((6, 20, 30), "<f4")
    with tifffile.TiffWriter(path) as writer:
        for page in array:
            writer.write(page, contiguous=False, metadata=None)
    described_as = described(path)
    assert described_as.mimetype == RAW_ARRAY_MIMETYPE
    assert described_as.parameters["stride"] > array[0].nbytes
    entry = tiled.open(path)
    np.testing.assert_array_equal(entry[4, 3:5], array[4, 3:5])
    assert_serves(entry, array)


def test_a_thumbnail_behind_an_image_does_not_spoil_it(tiled):
    path = tiled.folder() / "thumbnail.tif"
    array = some((40, 30), "<u2")
    with tifffile.TiffWriter(path) as writer:
        writer.write(array, metadata=None)
        writer.write(array[::10, ::10].astype("u1"), metadata=None, subfiletype=1)
    entry = tiled.open(path)
    assert entry.metadata["pages_of_other_kinds"] == 1
    assert_serves(entry, array)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize(
    "options",
    [{"compression": "zlib"}, {"compression": "zlib", "predictor": True}, {"tile": (16, 16)}],
)
@pytest.mark.parametrize("shape", [(40, 50), (4, 40, 50)])
def test_a_packed_tiff_comes_back_through_the_servers_own_adapter(tiled, byteorder, options, shape):
    path = tiled.folder() / "packed.tiff"
    array = some(shape, f"{byteorder}u2")
    tifffile.imwrite(path, array, byteorder=byteorder, photometric="minisblack", **options)
    assert described(path).mimetype == "image/tiff"
    assert_serves(tiled.open(path), array)


@pytest.mark.parametrize("compression", ["packbits", "tiff_deflate", "tiff_adobe_deflate", "raw"])
def test_a_tiff_of_another_writer_comes_back(tiled, compression):
    path = tiled.folder() / "pillow.tif"
    array = some((40, 50), "u1")
    PIL.Image.fromarray(array).save(path, compression=compression)
    assert_serves(tiled.open(path), array)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_a_series_of_tiffs_is_one_array(tiled, byteorder, options):
    folder = tiled.folder()
    array = some((12, 20, 30), f"{byteorder}u2")
    paths = [folder / f"frame_{number}.tif" for number in range(1, 13)]
    for path, frame in zip(paths, array, strict=True):
        tifffile.imwrite(path, frame, byteorder=byteorder, **options)
    entry = tiled.open(*paths)
    np.testing.assert_array_equal(entry[10], array[10])
    assert_serves(entry, array)


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


def test_a_table_comes_back_with_the_types_that_were_promised(tiled):
    path = tiled.folder() / "table.csv"
    rows = [
        {"id": 1, "energy/eV": 2.5, "name": "a,b", "good": True, "code": "000417", "gap": ""},
        {"id": -3, "energy/eV": 1e-3, "name": "žluť", "good": False, "code": "12", "gap": 7},
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    entry = tiled.open(path)
    table = entry.read()
    assert list(entry.columns) == list(rows[0])
    assert table["id"].tolist() == [1, -3]
    assert table["id"].dtype == np.int64
    assert table["energy/eV"].tolist() == [2.5, 1e-3]
    assert table["name"].tolist() == ["a,b", "žluť"]
    assert table["good"].dtype == np.bool_
    assert table["good"].tolist() == [True, False]
    assert table["code"].tolist() == ["000417", "12"]
    assert np.isnan(table["gap"][0])
    assert table["gap"][1] == 7
    assert entry["id"].read().tolist() == [1, -3]
    types = {field.name: str(field.type) for field in entry.structure().arrow_schema_decoded}
    assert types == {
        "id": "int64", "energy/eV": "double", "name": "string", "good": "bool", "code": "string", "gap": "double",
    }  # fmt: skip


def test_a_series_of_tables_is_one_table_with_a_partition_for_each_file(tiled):
    folder = tiled.folder()
    paths = [folder / f"spectrum_{number}.csv" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_text(f"energy;counts\n{number},5;10\n2,5;{number}\n")
    entry = tiled.open(*paths)
    assert entry.read_partition(1)["energy"].tolist() == [1.5, 2.5]
    assert entry.read_partition(2)["counts"].tolist() == [10, 2]
    assert entry.read()["counts"].tolist() == [10, 0, 10, 1, 10, 2]
    assert entry.metadata["files"] == 3


def test_numbers_with_decimal_commas_behind_comments_come_back(tiled):
    path = tiled.folder() / "spektrum.csv"
    path.write_bytes("# Gerät: Größe\n# zwei\nWellenlänge;Größe;n\n1,5;2,25;1\n-3,5;1e3;2\n".encode("latin-1"))
    table = tiled.open(path).read()
    assert table["Wellenlänge"].tolist() == [1.5, -3.5]
    assert table["Größe"].tolist() == [2.25, 1000.0]
    assert table["n"].tolist() == [1, 2]


def test_a_table_without_names_gets_numbered_columns(tiled):
    path = tiled.folder() / "spectrum.tsv"
    path.write_text("100\t0.5\n200\t0.25\n300\t1e-3\n")
    table = tiled.open(path).read()
    assert table["column_1"].tolist() == [100, 200, 300]
    assert table["column_2"].tolist() == [0.5, 0.25, 1e-3]


def test_names_that_are_doubled_missing_or_reserved_are_made_usable(tiled):
    path = tiled.folder() / "names.csv"
    path.write_text("\ufeffx,x,,_private\n1,2,3,4\n", encoding="utf-8")
    table = tiled.open(path).read()
    assert {name: table[name].tolist() for name in table} == {"x": [1], "x_2": [2], "column_3": [3], "private": [4]}


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

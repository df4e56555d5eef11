"""TIFF files of independent writers, registered by what their directories say, come back from a real Tiled server."""

import numpy as np
import PIL.Image
import pytest
import tifffile

from spacecast.formats.structures import RAW_ARRAY_MIMETYPE
from support.reading_back import assert_serves, some
from support.tiled_server import described


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

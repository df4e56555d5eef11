"""JPEG and PNG files of another writer come back from a real Tiled server; broken ones are told of."""

import io

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.formats import Readable, Unreadable, describe
from support.file_heads import readable, unreadable
from support.tiled_server import described

RANDOM = np.random.default_rng(13)

# One server for all of these: in the same worker.
pytestmark = pytest.mark.xdist_group("reading-back")


def some(shape, dtype="u1"):
    return RANDOM.integers(0, 250, size=shape).astype(dtype)


def encoded(array, kind):
    file = io.BytesIO()
    PIL.Image.fromarray(array).save(file, kind)
    return file.getvalue()


def assert_serves(entry, array):
    assert entry.shape == array.shape
    assert entry.dtype == array.dtype
    np.testing.assert_array_equal(entry.read(), array)


@pytest.mark.parametrize(("shape", "dtype"), [((7, 9), "u1"), ((7, 9), "u2"), ((7, 9, 3), "u1"), ((7, 9, 4), "u1")])
def test_a_png_comes_back(tiled, shape, dtype):
    path = tiled.folder() / "plot.png"
    array = some(shape, dtype)
    path.write_bytes(encoded(array, "PNG"))
    entry = tiled.open(path)
    np.testing.assert_array_equal(entry[2:5, 3], array[2:5, 3])
    assert_serves(entry, array)


@pytest.mark.parametrize("mode", ["1", "P", "LA"])
def test_a_png_with_a_palette_or_transparency_comes_back_as_it_looks(tiled, mode):
    path = tiled.folder() / "palette.png"
    image = PIL.Image.fromarray(some((7, 9, 3))).convert("L" if mode == "LA" else "RGB").convert(mode)
    image.save(path)
    looks = {"1": "L", "P": "RGB", "LA": "RGBA"}[mode]
    assert_serves(tiled.open(path), np.asarray(image.convert(looks)))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_comes_back(tiled, mode, progressive):
    path = tiled.folder() / "preview.jpg"
    PIL.Image.fromarray(some((17, 23, 3))).convert(mode).save(path, progressive=progressive)
    with PIL.Image.open(path) as image:
        assert_serves(tiled.open(path), np.asarray(image.convert("L" if mode == "L" else "RGB")))


def test_a_series_of_pictures_is_one_array_of_which_single_ones_are_read(tiled):
    folder = tiled.folder()
    array = some((5, 6, 7, 3))
    paths = [folder / f"preview_{number}.png" for number in range(5)]
    for path, picture in zip(paths, array, strict=True):
        path.write_bytes(encoded(picture, "PNG"))
    entry = tiled.open(*paths)
    np.testing.assert_array_equal(entry[3], array[3])
    np.testing.assert_array_equal(entry[1:4, 2, :, 1], array[1:4, 2, :, 1])
    paths[0].write_bytes(b"gone")
    np.testing.assert_array_equal(entry[3], array[3])


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_that_is_cut_off_is_tried_again(kind):
    data = encoded(some((64, 64, 3)), kind)
    for length in (20, len(data) // 2, len(data) - 6):
        assert unreadable(data[:length], f"a.{kind.lower()}").try_again


def test_a_picture_that_claims_to_be_huge_is_refused():
    data = bytearray(encoded(some((4, 4)), "PNG"))
    data[16:24] = (100_000).to_bytes(4, "big") * 2
    assert "100000 x 100000" in unreadable(bytes(data), "bomb.png").reason


def test_a_picture_cut_off_after_its_registration_gives_an_error_that_says_so(tiled):
    path = tiled.folder() / "cut.png"
    path.write_bytes(encoded(some((64, 64)), "PNG"))
    found = described(path)
    path.write_bytes(path.read_bytes()[:1000])
    entry = tiled.open_as(found, [path])
    response = entry.context.http_client.get(f"{tiled.sandbox.url}/api/v1/array/full/{entry.path_parts[-1]}")
    assert response.status_code == 503
    assert "cut.png cannot be unpacked" in response.json()["detail"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@given(data=st.data())
def test_no_damage_to_a_file_makes_the_reader_fail(kind, data):
    whole = encoded(np.full((5, 6), 7, "u1"), kind)
    assert readable(whole).shape == (5, 6)
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.sampled_from([0, 1, 127, 128, 192, 255]))
    del damaged[data.draw(st.integers(1, len(damaged))) :]
    assert isinstance(describe(io.BytesIO(damaged), "a.jpg", len(damaged)), Readable | Unreadable)

import io
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.formats import Readable, describe, entry_key, frame_kind, group, natural, stack
from spacecast.formats.keys import KEY
from support.file_heads import image_tags, mrc, readable, tiff


def grouped(*names):
    return [(series.key, list(series.names)) for series in group(names)]


def test_files_that_differ_in_their_trailing_number_are_a_series_in_natural_order():
    assert grouped("f_10.tif", "f_2.tif", "f_1.tif") == [("f_series.tif", ["f_1.tif", "f_2.tif", "f_10.tif"])]


def test_one_file_is_no_series():
    assert grouped("f_1.tif", "g_1.tif", "notes.txt") == []


def test_the_same_stem_with_another_extension_is_another_series():
    assert [key for key, _ in grouped("a1.tif", "a2.tif", "a1.tiff", "a2.tiff")] == ["aseries.tif", "aseries.tiff"]


def test_names_of_nothing_but_numbers_are_a_series():
    assert grouped("001.npy", "002.npy") == [("series.npy", ["001.npy", "002.npy"])]


def test_a_series_keeps_its_key_while_it_grows():
    assert group(["f1.tif", "f2.tif"])[0].key == group([f"f{number}.tif" for number in range(50)])[0].key


def image(**changes):
    return readable(tiff(image_tags(**changes)) + bytes(400))


def test_images_are_alike_when_shape_and_type_are():
    assert frame_kind(image()) == frame_kind(image(offset=220)) is not None
    assert frame_kind(image()) != frame_kind(image(width=5))
    assert frame_kind(image()) != frame_kind(image(tag_339=2))


def test_an_image_that_no_adapter_stacks_is_no_frame():
    one = readable(mrc() + bytes(12))
    assert frame_kind(one) is None
    with pytest.raises(ValueError, match="make no series"):
        stack(one, 3)


def test_a_stack_has_a_chunk_for_each_file():
    stacked = stack(image(), 3)
    assert stacked.shape == (3, 3, 4)
    assert stacked.structure["chunks"] == [[1, 1, 1], [3], [4]]
    assert stacked.mimetype == "multipart/related;type=image/tiff"
    assert stacked.asset_parameter == "data_uris"


def test_a_name_that_can_be_a_key_is_its_own_key():
    assert entry_key("Image_001.final.tif") == "Image_001.final.tif"


@pytest.mark.parametrize(
    "name", ["ä b.tif", "a#1.tif", ".hidden", "x" * 300 + ".mrc", "数据.h5", "a\nb", "-x", "\udcff.h5", ""]
)
def test_any_other_name_gets_a_key_of_its_own_with_its_extension(name):
    key = entry_key(name)
    assert KEY.match(key)
    assert key == entry_key(name)
    assert key.endswith(".h5" if name.endswith(".h5") else key[-1])


@given(st.lists(st.text(max_size=40), unique=True, max_size=30))
def test_different_names_never_share_a_key(names):
    assert len({entry_key(name) for name in names}) == len(names)


def test_a_reserved_name_is_not_given_to_a_file():
    assert entry_key("files", reserved=frozenset({"files"})) != "files"


def test_numbers_sort_by_value():
    assert sorted(["a10", "a9", "a", "b1", "a1b"], key=natural) == ["a", "a1b", "a9", "a10", "b1"]


def test_the_readers_work_where_neither_numpy_nor_tiled_is_installed():
    code = """
import importlib.machinery, io, sys
find = importlib.machinery.PathFinder.find_spec
absent = {"numpy", "tiled", "h5py", "tifffile", "pyarrow", "pandas"}
importlib.machinery.PathFinder.find_spec = lambda name, *rest: None if name in absent else find(name, *rest)
from spacecast.formats import Readable, describe
data = b"a,b\\n1,x\\n"
assert isinstance(describe(io.BytesIO(data), "table.csv", len(data)), Readable)
assert not absent & set(sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_chunks_of_small_frames_are_shared_and_of_huge_ones_split():
    def chunks(columns, rows, sections):
        header = mrc(columns, rows, sections, 2)
        found = describe_sparse(header, columns * rows * sections * 4)
        return [len(sizes) for sizes in found.structure["chunks"]]

    assert chunks(2048, 2048, 100) == [100, 1, 1]
    assert chunks(16, 16, 10_000) == [10, 1, 1]
    assert chunks(30_000, 30_000, 2) == [2, 54, 1]
    assert max(chunks(2048, 2048, 1_000_000)) <= 20_000


def describe_sparse(header, size) -> Readable:
    found = describe(io.BytesIO(header), "a.mrc", len(header) + size)
    assert isinstance(found, Readable)
    return found

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.formats import Readable, Unreadable, describe
from support.file_heads import image_tags, mrc, npy, readable, tiff, unreadable

WHOLE_FILES = {
    "a.mrc": mrc() + bytes(12),
    "a.tif": tiff(image_tags(), image_tags(offset=240)) + bytes(200),
    "a.npy": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", data=bytes(24)),
    "a.h5": b"\x89HDF\r\n\x1a\n\x02\x08\x08\x00" + bytes(16) + (60).to_bytes(8, "little") + bytes(30),
    "a.csv": b"a;b\n1,5;x\n2,5;y\n",
}


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_the_content_decides_not_the_name(name):
    data = WHOLE_FILES[name]
    assert readable(data, name) is not None
    if name != "a.csv":
        assert readable(data, "renamed.csv") == readable(data, name)


@pytest.mark.parametrize("name", WHOLE_FILES)
@given(data=st.data())
def test_no_damage_to_a_file_makes_a_reader_fail(name, data):
    damaged = bytearray(WHOLE_FILES[name])
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.sampled_from([0, 1, 127, 128, 255, 34, 10]))
    del damaged[data.draw(st.integers(1, len(damaged))) :]
    assert isinstance(describe(io.BytesIO(damaged), name, len(damaged)), Readable | Unreadable)


@given(data=st.binary(max_size=2000), name=st.sampled_from([*WHOLE_FILES, "a.nxs", "a", "a.txt"]))
def test_no_content_makes_a_reader_fail(data, name):
    assert isinstance(describe(io.BytesIO(data), name, len(data)), Readable | Unreadable)


def test_a_format_without_a_reader_is_named():
    assert unreadable(b"\0\0\0\3", "scan.CBF").reason == "there is no reader for CBF files"
    assert unreadable(b"hello", "notes.txt").reason == "there is no reader for .txt files"
    assert unreadable(b"hello", "notes.\x1b[31m").reason == "there is no reader for .\\x1b[31m files"
    assert unreadable(b"hello", "README").reason == "its content is of no known format"


def test_an_empty_file_is_tried_again_only_where_data_are_expected():
    assert unreadable(b"", "new.tif").try_again
    assert not unreadable(b"", "marker").try_again

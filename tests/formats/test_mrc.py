import struct

import pytest

from support.file_heads import mrc, readable, unreadable


def test_the_shape_is_known_before_the_data_are_read():
    found = readable(mrc(40, 30, 20, 2) + bytes(40 * 30 * 20 * 4))
    assert found.shape == (20, 30, 40)
    assert found.dtype == "<f4"
    assert found.parameters == {"offset": 1024, "dtype": "<f4"}


def test_a_file_that_is_still_growing_is_tried_again():
    found = unreadable(mrc(40, 30, 1, 2) + bytes(40 * 30 * 4 - 1), "growing.mrc")
    assert found.try_again
    assert found.reason == "as MRC it is not complete: it has 5823 bytes of 5824"


def test_a_header_without_dimensions_is_tried_again():
    assert unreadable(mrc(0, 0, 0), "new.mrc").try_again


def test_a_header_that_is_cut_off_is_tried_again():
    assert unreadable(mrc()[:500], "new.mrc").try_again


def test_bytes_of_imod_are_unsigned_unless_it_says_so():
    pixels = bytes(12)
    assert readable(mrc(imod=(1146047817, 0)) + pixels).dtype == "|u1"
    assert readable(mrc(imod=(1146047817, 1)) + pixels).dtype == "|i1"
    assert readable(mrc() + pixels).dtype == "|i1"


def test_a_mode_that_nobody_knows_is_named():
    found = unreadable(mrc(mode=7) + bytes(100), "x.mrc")
    assert "unknown MRC mode 7" in found.reason
    assert not found.try_again


def test_a_file_without_the_stamp_is_taken_by_its_extension_only():
    data = mrc(mode=1, stamp=b"\0\0\0\0") + bytes(24)
    assert readable(data, "old.st").shape == (3, 4)
    assert "no known format" in unreadable(data, "old").reason


@pytest.mark.parametrize("order", ["<", ">"])
def test_without_a_machine_stamp_the_byte_order_is_the_one_with_a_known_mode(order):
    data = bytearray(mrc(mode=1, order=order) + bytes(24))
    data[212:214] = b"\0\0"
    assert readable(bytes(data)).dtype == f"{order}i2"


def test_an_extended_header_longer_than_the_file_is_not_believed():
    assert unreadable(mrc(extended=2**31 - 1) + bytes(12)).try_again
    assert "negative" in unreadable(mrc(extended=-5) + bytes(12)).reason


def test_dimensions_beyond_any_file_are_refused():
    assert "larger than any file" in unreadable(mrc(2**31 - 1, 2**31 - 1, 2**31 - 1, 2)).reason


def test_figures_that_are_not_numbers_do_not_reach_the_metadata():
    data = bytearray(mrc() + bytes(12))
    struct.pack_into("<3f", data, 40, float("nan"), float("inf"), 8.0)
    struct.pack_into("<3f", data, 76, float("-inf"), float("inf"), 0.0)
    metadata = readable(bytes(data)).metadata
    assert metadata["pixel_size"] == {"z": 8.0, "unit": "angstrom"}
    assert "statistics" not in metadata


def test_labels_are_taken_as_far_as_they_are_used():
    data = bytearray(mrc() + bytes(12))
    struct.pack_into("<i", data, 220, 99)
    data[224:234] = b"made by\x1b x"
    assert readable(bytes(data)).metadata["labels"] == ["made by x"]

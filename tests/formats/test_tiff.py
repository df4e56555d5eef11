import io
import struct

import numpy as np
import pytest
import tifffile

from spacecast.formats.structures import RAW_ARRAY_MIMETYPE
from support.file_heads import image_tags, readable, tiff, unreadable


def padded(data, size=400):
    return data + bytes(size - len(data))


def written(array, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


def test_one_strip_is_a_raw_array():
    found = readable(padded(tiff(image_tags())))
    assert (found.mimetype, found.shape, found.dtype) == (RAW_ARRAY_MIMETYPE, (3, 4), "|u1")
    assert found.parameters["offset"] == 200


def test_an_image_whose_pixels_lie_beyond_the_end_is_tried_again():
    assert unreadable(padded(tiff(image_tags(offset=395)))).try_again


def test_a_directory_beyond_the_end_is_tried_again():
    assert unreadable(tiff(image_tags(), links=[5000])).try_again
    assert unreadable(b"II*\0\0\0\0\0").try_again


def test_directories_in_a_circle_are_noticed():
    found = unreadable(padded(tiff(image_tags(), links=[8])))
    assert "circle" in found.reason
    assert not found.try_again


def test_a_strip_table_that_is_larger_than_anybody_needs_is_not_read():
    entries = [entry for entry in image_tags() if entry[0] != 273]
    assert "larger than anybody needs" in unreadable(tiff(sorted([*entries, (273, 4, 2**31, 8)]))).reason


def test_strips_that_do_not_follow_each_other_are_left_to_the_server():
    array = np.arange(64, dtype="u1").reshape(8, 8)
    data = bytearray(written(array, rowsperstrip=4, metadata=None))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tag = file.pages[0].tags["StripOffsets"]
        place, (first, second) = tag.valueoffset, tag.value
        code = "<2H" if tag.dtype == 3 else "<2I"
    struct.pack_into(code, data, place, second, first)
    assert readable(bytes(data)).mimetype == "image/tiff"


def test_pages_at_uneven_distances_are_left_to_the_server():
    pages = [image_tags(offset=offset) for offset in (400, 420, 450)]
    found = readable(padded(tiff(*pages), 500))
    assert found.mimetype == "image/tiff"
    assert found.shape == (3, 3, 4)


def test_pages_that_lie_backwards_are_left_to_the_server():
    pages = [image_tags(offset=offset) for offset in (450, 420)]
    assert readable(padded(tiff(*pages), 500)).mimetype == "image/tiff"


def test_pages_that_overlap_are_left_to_the_server():
    pages = [image_tags(offset=offset) for offset in (400, 401)]
    assert readable(padded(tiff(*pages), 500)).mimetype == "image/tiff"


def test_even_distances_are_served_with_a_stride():
    pages = [image_tags(offset=offset) for offset in (400, 420, 440)]
    found = readable(padded(tiff(*pages), 500))
    assert found.parameters == {"offset": 400, "dtype": "|u1", "stride": 20}
    assert found.shape == (3, 3, 4)


def test_unlike_pages_that_are_compressed_are_not_guessed_at():
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(np.zeros((8, 8), "u1"), compression="zlib", metadata=None)
        writer.write(np.zeros((4, 4), "u1"), compression="zlib", metadata=None)
    assert "differ in size" in unreadable(file.getvalue()).reason


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"tag_259": 5}, "LZW"),
        ({"tag_259": 7}, "JPEG"),
        ({"tag_259": 59999}, "method 59999"),
        ({"tag_258": 12}, "12 bits"),
        ({"tag_258": 1}, "1 bits"),
        ({"tag_339": 5}, "packed into"),
        ({"tag_266": 2}, "packed into"),
        ({"tag_259": 8, "tag_317": 3}, "compressed"),
        ({"tag_256": 0}, "nothing in it"),
    ],
)
def test_pixels_that_the_server_cannot_unpack_are_refused_with_the_reason(changes, word):
    found = unreadable(padded(tiff(image_tags(**changes))))
    assert word in found.reason
    assert not found.try_again


def test_a_compressed_image_larger_than_memory_is_refused():
    assert "too large" in unreadable(padded(tiff(image_tags(60000, 60000, tag_259=8)))).reason


def test_the_shape_in_a_description_counts_only_where_it_fits():
    stack = np.zeros((2, 3, 4, 5), "u1")
    assert readable(written(stack, photometric="minisblack")).shape == (2, 3, 4, 5)
    wrong = written(stack, photometric="minisblack").replace(b"[2, 3, 4, 5]", b"[2, 3, 4, 9]")
    assert readable(wrong).shape == (6, 4, 5)


def imagej_stack(images, pixel_bytes):
    """As ImageJ writes it beyond 4 GiB: one directory, all frames behind it."""
    text = f"ImageJ=1.54f\nimages={images}\nslices={images}\n\0".encode()
    entries = sorted([*image_tags(offset=300), (270, 2, len(text), 200)])
    return tiff(entries).ljust(200, b"\0") + text.ljust(100, b"\0") + bytes(pixel_bytes)


def test_a_stack_that_imagej_hides_behind_one_directory_is_found():
    assert readable(imagej_stack(5, 60)).shape == (5, 3, 4)


def test_frames_that_imagej_promises_and_the_file_lacks_are_waited_for():
    assert unreadable(imagej_stack(5, 59)).try_again
    assert unreadable(imagej_stack(999_999_999, 60)).try_again


def test_what_the_file_says_about_itself_is_told():
    data = written(
        np.zeros((4, 4), "u1"), description="a grid", software="scope 3", datetime="2026:01:02 03:04:05",
        resolution=(300, 200), resolutionunit="CENTIMETER", metadata=None,
    )  # fmt: skip
    metadata = readable(data).metadata
    assert metadata["description"] == "a grid"
    assert metadata["software"] == "scope 3"
    assert metadata["resolution"] == {"x": 300, "y": 200, "unit": "pixels per centimetre"}


def overlapping(count, entries=4096):
    """A good first directory, then `count` of so many entries, each 4 bytes after the one before."""
    image = image_tags(offset=8)
    first = 8 + 2 + 12 * len(image) + 4
    length = 2 + 12 * entries
    data = bytearray(tiff(image, links=[first]).ljust(first + 4 * count + length + 4, b"\0"))
    for place in range(first, first + 4 * count, 4):
        struct.pack_into("<H", data, place, entries)
        struct.pack_into("<I", data, place + length, place + 4 if place < first + 4 * (count - 1) else 0)
    return bytes(data)


def test_directories_that_overlap_are_read_up_to_a_number_of_entries_in_all():
    assert readable(overlapping(100)).metadata["pages"] == 101
    data = overlapping(400)
    assert len(data) < 60_000
    found = unreadable(data)
    assert "more than 500,000 entries together" in found.reason
    assert not found.try_again


def test_a_chain_of_very_many_directories_is_not_followed_to_its_end():
    pages = [image_tags(offset=8), *[[(254, 4, 1, 1)]] * 20_000]
    found = unreadable(tiff(*pages))
    assert "more than 20,000 image directories" in found.reason
    assert not found.try_again


@pytest.mark.parametrize("order", ["<", ">"])
def test_tags_of_no_use_are_passed_over_wherever_they_point(order):
    private = [(tag, 4, 2**32 - 1, 2**32 - 1) for tag in (254, 33550, 65000)]
    found = readable(padded(tiff(sorted([*image_tags(), *private]), order=order)))
    assert found.shape == (3, 4)


def test_of_a_tag_that_stands_twice_the_first_counts():
    assert readable(padded(tiff([*image_tags(), (256, 4, 1, 9)]))).shape == (3, 4)

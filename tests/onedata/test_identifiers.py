import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.onedata import (
    FileReference,
    InvalidIdentifier,
    decode_file_id,
    encode_file_id,
    file_uuid,
    root_directory_id,
    space_id_from_seed,
)
from spacecast.onedata.identifiers import crc16_arc

SPACE = "16403a6c45105010dc7103e31874cb3echac41"


def test_the_space_id_of_a_seed_is_its_digest_with_a_check():
    digest = hashlib.md5(b"customSpaceIdGeneratorSeedabc").hexdigest()
    assert space_id_from_seed("abc") == digest + "ch" + digest[10:14]
    assert len(space_id_from_seed("ü")) == 38


def test_the_checksum_is_crc_16_arc():
    assert crc16_arc(b"123456789") == 0xBB3D


def test_the_root_of_a_space_has_a_file_id_that_can_be_computed():
    file_id = root_directory_id(SPACE)
    assert file_id == file_id.upper()
    assert file_id.startswith("0000000000")
    assert bytes.fromhex(file_id)[8:] == f"guid#space_{SPACE}#{SPACE}".encode()
    assert decode_file_id(file_id) == FileReference(f"space_{SPACE}", SPACE)
    assert decode_file_id(file_id).is_space_root


def test_a_file_is_the_same_inside_and_outside_a_share():
    shared = encode_file_id(FileReference(f"space_{SPACE}", SPACE, "share1"))
    assert shared != root_directory_id(SPACE)
    assert file_uuid(shared) == file_uuid(root_directory_id(SPACE))
    assert decode_file_id(shared).share_id == "share1"


@pytest.mark.parametrize(
    "text", ["", "zz", "00", "00" * 8, SPACE, "FF" + root_directory_id(SPACE)[2:], root_directory_id(SPACE)[:-2] + "00"]
)
def test_anything_else_is_no_file_id(text):
    with pytest.raises(InvalidIdentifier):
        decode_file_id(text)


def test_a_single_wrong_digit_is_noticed():
    good = root_directory_id(SPACE)
    for place in range(12, len(good)):
        wrong = good[:place] + ("0" if good[place] != "0" else "1") + good[place + 1 :]
        with pytest.raises(InvalidIdentifier):
            decode_file_id(wrong)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InvalidIdentifier):
        encode_file_id(FileReference("x" * 300, SPACE))
    with pytest.raises(InvalidIdentifier):
        root_directory_id("a/b")


_part = st.text("0123456789abcdefghijklmnop_-", min_size=1, max_size=60)


@given(st.builds(FileReference, _part, _part, st.none() | _part))
def test_a_file_id_reads_back(reference):
    assert decode_file_id(encode_file_id(reference)) == reference

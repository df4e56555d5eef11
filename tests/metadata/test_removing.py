"""Entries of ours leave a metadata file without a trace, and everything of others stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.metadata import NotYet, Refused, Unreadable, parse, remove_entries, set_block
from support.fuzzing import fuzzed
from support.yaml_corpus import WITH_BLOCK, WITHOUT_BLOCK, data_without

VALUES = {"Onezone": "https://zone.example.org", "Space": "c265f2cc", "InviteToken": "MDAx-_="}
CORPUS = [*WITHOUT_BLOCK.values(), *(b"".join(parts) for parts in WITH_BLOCK.values())]


def removed(data: bytes) -> bytes:
    return remove_entries(data, "Onedata", VALUES, "SPA.yml")


@pytest.mark.parametrize("before", WITHOUT_BLOCK.values(), ids=WITHOUT_BLOCK)
def test_after_setting_and_removing_the_file_is_what_its_author_wrote(before):
    after = removed(set_block(before, "Onedata", VALUES))
    assert after.rstrip(b"\r\n") == before.rstrip(b"\r\n")
    assert after.startswith(before)


@pytest.mark.parametrize("parts", WITH_BLOCK.values(), ids=WITH_BLOCK)
def test_from_a_block_that_was_there_only_our_entries_go(parts):
    data = b"".join(parts)
    try:
        after = removed(set_block(data, "Onedata", VALUES))
    except Refused:
        return
    assert b"InviteToken" not in after
    assert after.startswith(parts[0])
    assert after.endswith(parts[2])
    if after.strip(b"\xef\xbb\xbf\r\n"):
        assert others_in_block(after) == others_in_block(data)


def others_in_block(data):
    block = parse(data, "SPA.yml").get("Onedata")
    return {key: value for key, value in block.items() if key not in VALUES} if isinstance(block, dict) else {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a: 1\nOnedata:\n  Space: x\n  Mine: 2 # kept\n  InviteToken: t\n", b"a: 1\nOnedata:\n  Mine: 2 # kept\n"),
        (b"Onedata:\n  # why\n  Space: x\n\nb: 1\n", b"  # why\n\nb: 1\n"),
        (b"Onedata: {Space: x, Mine: 1, InviteToken: t}\nb: 1\n", b"Onedata: {Mine: 1}\nb: 1\n"),
        (b"Onedata: {Mine: 1, Space: x, InviteToken: t}\n", b"Onedata: {Mine: 1}\n"),
        (b"Onedata: {Space: x}\nb: 1\n", b"b: 1\n"),
        (b"Onedata:\n  Space: x\n", b"Onedata:\n"),
        (b"a: 1\nOnedata:\n  Space: >-\n    x\n    y\nb: 1\n", b"a: 1\nb: 1\n"),
        (b"a: 1\n", b"a: 1\n"),
        (b"Onedata:\na: 1\n", b"Onedata:\na: 1\n"),
    ],
)
def test_lines_of_others_in_the_block_stay(before, after):
    assert removed(before) == after


@pytest.mark.parametrize("data", [b"Onedata: &a {Space: x}\nb: *a\n", b"{Onedata: {Space: x}, b: 1}\n"])
def test_what_cannot_be_removed_safely_is_refused(data):
    with pytest.raises(Refused):
        removed(data)


@fuzzed(150)
@given(st.sampled_from(CORPUS), st.sampled_from(CORPUS))
def test_whatever_the_file_is_only_our_entries_are_missing_or_it_is_refused(one, other):
    data = one + other
    try:
        after = removed(data)
        parse(data, "x")
        after_values = parse(after, "x")
    except (Refused, Unreadable, NotYet):
        return
    assert data_without(data, "Onedata") == data_without(after, "Onedata")
    inner = after_values.get("Onedata")
    assert not isinstance(inner, dict) or not set(inner) & set(VALUES)

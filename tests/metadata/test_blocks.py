from pathlib import Path

import pytest

from spacecast.metadata import invite_tokens, parse, read_block, read_tiled_block

SAMPLES = Path(__file__).parents[1] / "samples"


def test_the_block_of_the_earlier_tool_is_read():
    block = read_block(parse((SAMPLES / "published-by-fs2od.yml").read_bytes()))
    assert block.name == "Onedata2"
    assert block.onezone == "https://datahub.example.org"
    assert block.space == "c265f2cc65a1bc1835929288be145d72ch458a"
    assert block.public_url.endswith("/share/17fd43dbede8fc8cbf995f0b4c8f960fch1dc1")
    assert block.invite_token.startswith("MDAx")


def test_the_configured_block_counts_before_those_of_other_tools():
    document = {"Onedata2": {"Space": "two"}, "Onedata": {"Space": "one"}, "Mine": {"Space": "mine"}}
    assert read_block(document, "Mine").space == "mine"
    assert read_block(document).space == "one"
    assert read_block({"Onedata2": {"Space": "two"}}, "Mine").space == "two"


@pytest.mark.parametrize(
    "document", [{}, {"Onedata": None}, {"Onedata": {}}, {"Onedata": "x"}, {"Onedata": {"Mine": 1}}]
)
def test_without_anything_of_ours_there_is_no_block(document):
    assert read_block(document) is None


def test_a_value_that_is_no_text_is_named_and_not_guessed():
    block = read_block(parse(b"Onedata:\n  Space: 123\n  PublicURL: [x]\n  Onezone: ~\n"))
    assert block.space is None
    assert block.misread == ("Space", "PublicURL")


def test_an_unquoted_id_with_leading_zeros_is_the_text_that_stands_there():
    block = read_block(parse(b"Onedata:\n  Space: 000417\n  InviteToken: 0123456789\n"))
    assert (block.space, block.invite_token, block.misread) == ("000417", "0123456789", ())


def test_the_invite_token_does_not_show_in_the_blocks_repr():
    block = read_block({"Onedata": {"InviteToken": "MDAxSECRET"}})
    assert block.invite_token == "MDAxSECRET"
    assert "SECRET" not in repr(block)


def test_the_tiled_block_is_read():
    values = read_tiled_block({"Tiled": {"URI": "http://x", "Ref": "facility/d"}})
    assert (values.uri, values.ref) == ("http://x", "facility/d")
    assert read_tiled_block({"Tiled": {"Mine": 1}}) is None
    assert read_tiled_block({"Tiled": "x"}) is None


def test_every_invite_token_in_the_file_is_found():
    document = {"Onedata": {"InviteToken": "one"}, "Old": {"InviteToken": "two"}, "x": {"InviteToken": 3}, "y": 1}
    assert list(invite_tokens(document)) == ["one", "two"]

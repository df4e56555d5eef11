import difflib
from pathlib import Path

import pytest

from spacecast.faults import NeedsPerson
from spacecast.metadata import Refused, parse, set_block, set_blocks, splice
from support.yaml_corpus import BOM, REFUSED, WITH_BLOCK, WITHOUT_BLOCK, block_of, data_without

SAMPLES = Path(__file__).parents[1] / "samples"
VALUES = {"Space": "c265f2cc", "InviteToken": 'M"D\\A # : {no}'}
OTHER_VALUES = {"Space": "12345e67", "InviteToken": "yes"}
TEXT = "tag:yaml.org,2002:str"


def lines(data):
    return data.decode().splitlines(keepends=True)


def added_and_removed(old, new):
    changes = [line for line in difflib.ndiff(lines(old), lines(new)) if line[0] in "+-"]
    return [line[2:] for line in changes if line[0] == "+"], [line[2:] for line in changes if line[0] == "-"]


@pytest.mark.parametrize("old", WITHOUT_BLOCK.values(), ids=WITHOUT_BLOCK)
def test_adding_a_block_inserts_its_lines_and_changes_nothing_else(old):
    new = set_block(old, "Onedata", VALUES)
    start = next(n for n in range(len(old) + 1) if n == len(old) or old[n] != new[n])
    tail = len(old) - start
    assert new[:start] + new[len(new) - tail :] == old
    assert data_without(new, "Onedata") == data_without(old, "Onedata")
    assert [(key, value) for key, value, _ in block_of(new, "Onedata")] == list(VALUES.items())
    assert parse(new)["Onedata"] == VALUES


@pytest.mark.parametrize(("before", "block", "behind"), WITH_BLOCK.values(), ids=WITH_BLOCK)
def test_changing_a_block_leaves_every_byte_around_it(before, block, behind):
    old = before + block + behind
    new = set_block(old, "Onedata", VALUES)
    assert new.startswith(before)
    assert new.endswith(behind)
    assert data_without(new, "Onedata") == data_without(old, "Onedata")
    ours = {key: (value, tag) for key, value, tag in block_of(new, "Onedata") if key in VALUES}
    assert ours == {key: (value, TEXT) for key, value in VALUES.items()}


@pytest.mark.parametrize("old", [*WITHOUT_BLOCK.values(), *(b"".join(parts) for parts in WITH_BLOCK.values())])
def test_setting_a_block_again_changes_no_byte_and_there_and_back_neither(old):
    new = set_block(old, "Onedata", VALUES)
    assert set_block(new, "Onedata", VALUES) == new
    other = set_block(new, "Onedata", OTHER_VALUES)
    assert other != new
    assert set_block(other, "Onedata", VALUES) == new


@pytest.mark.parametrize(("old", "code"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_edited_safely_is_refused_with_a_code_and_advice(old, code):
    with pytest.raises(Refused) as raised:
        set_block(old, "Onedata", VALUES, "SPA.yml")
    assert raised.value.code == code
    assert raised.value.advice in str(raised.value)
    assert str(raised.value).startswith("SPA.yml: ")
    assert VALUES["InviteToken"] not in str(raised.value)
    assert isinstance(raised.value, NeedsPerson)


@pytest.mark.parametrize(
    "name", ["spa.yml", "spa-by-hand-quoted.yml", "eels.yml", "windows.yml", "published-by-fs2od.yml"]
)
def test_the_diff_of_a_sample_shows_the_blocks_and_nothing_else(name):
    old = (SAMPLES / name).read_bytes()
    new = set_blocks(old, {"Onedata": {"Space": "abc"}, "Tiled": {"URI": "http://x", "Ref": "d"}}, name)
    end = "\r\n" if name == "windows.yml" else "\n"
    block = ["Onedata:", '  Space: "abc"', "Tiled:", '  URI: "http://x"', '  Ref: "d"']
    assert added_and_removed(old, new) == ([line + end for line in block], [])


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("broken-*.yml")))
def test_a_broken_sample_is_refused(name):
    with pytest.raises(Refused):
        set_blocks((SAMPLES / name).read_bytes(), {"Onedata": VALUES}, name)


def test_keys_and_comments_of_others_in_the_block_stay():
    old = b"Onedata:\n  # mine\n  Owner: me   # and you\n  Space: old  # the space\n\n  Tags: [a]\nb: 1\n"
    assert set_block(old, "Onedata", {"Space": "new", "PublicURL": "https://x"}) == (
        b'Onedata:\n  # mine\n  Owner: me   # and you\n  Space: "new"  # the space\n\n  Tags: [a]\n'
        b'  PublicURL: "https://x"\nb: 1\n'
    )


def test_a_block_that_is_right_already_is_left_alone_however_it_is_written():
    old = b"{Onedata: {Space: &x c265, InviteToken: 'abc'}}"
    assert set_block(old, "Onedata", {"Space": "c265", "InviteToken": "abc"}) == old


@pytest.mark.parametrize(
    "value", ["12345e67", "0123", "0o17", "yes", "~", "12:30:45", "2024-01-01", "1_000", "0x1F", "="]
)
def test_a_bare_value_that_some_reader_takes_for_something_else_is_quoted(value):
    old = f"Onedata:\n  Space: {value}\n".encode()
    assert set_block(old, "Onedata", {"Space": value}) == f'Onedata:\n  Space: "{value}"\n'.encode()


def test_the_block_of_the_earlier_tool_is_kept_when_it_is_ours_by_name():
    old = (SAMPLES / "published-by-fs2od.yml").read_bytes()
    space = parse(old)["Onedata2"]["Space"]
    assert set_block(old, "Onedata2", {"Space": space}) == old


@pytest.mark.parametrize("value", ["ž", "a\nb", "\x1b[31m", "a\tb"])
def test_a_value_that_is_not_printable_ascii_is_refused_and_not_shown(value):
    with pytest.raises(Refused) as raised:
        set_block(b"a: 1\n", "Onedata", {"InviteToken": value})
    assert raised.value.code == "bad-value"
    assert value not in str(raised.value)


def test_an_edit_that_would_change_anything_else_is_found_out_and_not_written(monkeypatch):
    applied = splice.applied
    monkeypatch.setattr(splice, "applied", lambda text, edits: applied(text, edits).replace("a: 1", "a: 2"))
    with pytest.raises(Refused) as raised:
        set_block(b"a: 1\n", "Onedata", VALUES)
    assert raised.value.code == "unsafe-splice"


def test_nothing_is_set_when_one_of_the_blocks_is_refused():
    with pytest.raises(Refused, match="duplicate-key"):
        set_blocks(b"a: 1\nTiled: 1\nTiled: 2\n", {"Onedata": VALUES, "Tiled": {"URI": "x"}})


def test_a_block_without_values_is_not_written():
    assert set_blocks(b"a: 1\n", {"Onedata": {}}) == b"a: 1\n"


def test_a_byte_order_mark_stays_the_first_thing_in_the_file():
    new = set_block(BOM + b"a: |+\n  x\n", "Onedata", VALUES)
    assert new.startswith(BOM)
    assert new.count(BOM) == 1

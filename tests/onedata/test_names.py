import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacecast.onedata import UnusableName, is_valid_name, valid_name


@pytest.mark.parametrize("name", ["20211227125_Demo", "Größe (2).v1-b", "日本", "a_", "(x)", "x" * 128, "Å1"])
def test_a_valid_name_stays_as_it_is(name):
    assert is_valid_name(name)
    assert valid_name(name).text == name
    assert not valid_name(name).changed


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a/b", "a_b"),
        ("run: 1", "run_ 1"),
        (".hidden", "_hidden"),
        ("ends.", "ends_"),
        (" x ", "_x_"),
        ("x", "x_"),
        ("-", None),
        ("", None),
        ("___", None),
        ("!!!", None),
        ("tab\there", "tab_here"),
        ("line\nbreak\n", "line_break_"),
        ("bad\udcffbytes", "bad_bytes"),
        ("x" * 200, "x" * 128),
        ("y" * 127 + " z", "y" * 127 + "_"),
        ("a&b@c", "a_b_c"),
    ],
)
def test_other_texts_are_cleaned_and_say_so_or_are_refused(text, name):
    if name is None:
        with pytest.raises(UnusableName, match="Rename the folder"):
            valid_name(text)
        return
    assert valid_name(text).text == name
    assert valid_name(text).changed


def test_accents_are_composed_which_is_no_change():
    assert valid_name("Gro\u0308ße").text == "Größe"
    assert not valid_name("Gro\u0308ße").changed
    assert not is_valid_name("Gro\u0308ße")


def test_a_prefix_is_part_of_the_name_but_does_not_make_up_for_it():
    assert valid_name("run 1", prefix="EM_").text == "EM_run 1"
    assert valid_name("-1", prefix="EM").text == "EM-1"
    with pytest.raises(UnusableName):
        valid_name("???", prefix="EM_")


@given(st.text(), st.sampled_from(["", "EM_", "."]))
def test_whatever_the_text_the_name_is_valid_and_always_the_same(text, prefix):
    try:
        name = valid_name(text, prefix)
    except UnusableName:
        return
    assert is_valid_name(name.text)
    assert valid_name(text, prefix) == name
    assert 2 <= len(name.text) <= 128

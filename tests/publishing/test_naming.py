"""Keys and titles are stable, speak, and never merge two datasets."""

from pathlib import Path

import pytest

from spacecast.publish.naming import dataset_key, free_key, free_title


def test_a_plain_folder_name_is_its_own_key():
    assert dataset_key("20211227125_Demo") == "20211227125_Demo"


@pytest.mark.parametrize("name", ["run 1", "Žofie", "王小明", "a" * 200, "...", "-x", "run:1"])
def test_other_names_get_a_key_that_tiled_takes(name):
    key = dataset_key(name)
    assert key == dataset_key(name)
    assert key.isascii()
    assert key[0].isalnum()
    assert len(key) <= 128


def test_names_that_clean_to_the_same_text_have_different_keys():
    assert len({dataset_key(name) for name in ("run 1", "run:1", "run/1", "run-1")}) == 4


def test_the_same_folder_name_below_two_roots_gets_two_keys():
    taken = {"run1"}
    first = free_key(Path("/a"), "run1", taken.__contains__)
    assert first != "run1"
    assert first.startswith("run1-")
    assert first != free_key(Path("/b"), "run1", taken.__contains__)


def test_a_taken_title_is_told_apart_and_stays_short():
    taken = {"x" * 128, "run"}
    first = free_title("run", "/a/run", taken.__contains__)
    assert first.startswith("run (")
    assert first != free_title("run", "/a/run", {*taken, first}.__contains__)
    assert len(free_title("x" * 128, "/a/x", taken.__contains__)) == 128


def test_a_name_taken_on_purpose_is_no_collision():
    taken = {"run1"}
    taken.add(free_key(Path("/a"), "run1", taken.__contains__))
    assert free_key(Path("/a"), "run1", taken.__contains__) not in taken

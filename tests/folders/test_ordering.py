"""The order in which names come, and how many are held for it."""

import itertools

import pytest

from spacecast.folders.ordering import in_natural_order_where_few


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (None, ["f1", "f2", "f10"]),
        (3, ["f1", "f2", "f10"]),
        (2, ["f10", "f2", "f1"]),
        (0, ["f10", "f2", "f1"]),
    ],
)
def test_names_are_sorted_where_they_are_few(most, expected):
    assert list(in_natural_order_where_few(["f10", "f2", "f1"], most)) == expected


def test_no_more_names_are_held_than_are_sorted():
    endless = (f"f{number}" for number in itertools.count())
    names = in_natural_order_where_few(endless, 5)
    assert next(names) == "f0"
    assert next(endless) == "f6"

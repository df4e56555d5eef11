"""What people read: nothing is cut, moments are readable, the order is that of the work."""

import io

import pytest
from rich.console import Console

from spacecast.cli.columns import print_rows
from spacecast.cli.dataset_page import print_datasets
from spacecast.cli.telling import in_words, object_facts
from spacecast.ledger import RemoteObject

LONG = "0123456789" * 30


def printed(show, **options):
    console = Console(file=io.StringIO(), width=60, **options)
    show(console)
    return console.file.getvalue()


def test_in_a_pipe_each_row_is_one_line_without_a_limit():
    lines = printed(lambda console: print_rows(console, ("name", "reason"), [("žluť", LONG), ("b", "")])).splitlines()
    assert lines == ["name  reason", f"žluť  {LONG}", "b"]


def test_on_a_terminal_long_cells_are_folded_and_not_cut():
    text = printed(
        lambda console: print_rows(console, ("name", "reason"), [("a", LONG)]), force_terminal=True, no_color=True
    )
    assert "…" not in text
    assert "".join(character for line in text.splitlines()[1:] for character in line if character.isdigit()) == LONG


@pytest.fixture
def document():
    made = RemoteObject("share", LONG, True, {"public_url": "https://zone.example.org/share/1", "scopes": ["a", "b"]})
    asked = RemoteObject(
        "scan", None, False, {"asked_at": 1.8e9, "token_sha256": "0" * 64, "valid_until": 1_800_000_000}
    )
    stage = {"stage": "link", "condition": "done", "since": "2026-11-21T12:00:00.000+00:00", "next_try": None}
    return {
        "name": "run1",
        "live": False,
        "since": "2026-11-21T12:00:00.000+00:00",
        "stages": [stage],
        "objects": [object_facts(made), object_facts(asked)],
        "events": [],
    }


def test_a_page_begins_with_the_public_link(document):
    text = printed(lambda console: print_datasets([document], console))
    assert text.splitlines()[0].split() == ["public", "link", "https://zone.example.org/share/1"]


def test_details_of_objects_stand_below_them_by_name(document):
    lines = printed(lambda console: print_datasets([document], console)).splitlines()
    assert f"share          {LONG}" in lines
    assert "    scopes: a, b" in lines
    assert next(line for line in lines if line.startswith("scan")).endswith("(not confirmed)")


def test_parts_have_headings_and_empty_columns_are_left_out(document):
    lines = printed(lambda console: print_datasets([document], console)).splitlines()
    assert {"stages", "objects", "events"} <= set(lines)
    assert lines[lines.index("stages") + 1].split() == ["stage", "condition", "since"]


def test_moments_are_told_in_local_time(monkeypatch, document):
    monkeypatch.setenv("TZ", "UTC")
    text = printed(lambda console: print_datasets([document], console))
    assert "since          2026-11-21 12:00:00 UTC" in text
    assert "    asked at: 2027-01-15 08:00:00 UTC" in text
    assert "    valid until: 2027-01-15 08:00:00 UTC" in text
    assert "sha256" not in text


def test_programs_get_the_moments_of_details_as_those_of_everything_else(document):
    assert document["objects"][1]["details"] == dict.fromkeys(
        ("asked_at", "valid_until"), "2027-01-15T08:00:00.000+00:00"
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [(True, "yes"), (None, ""), ({"a": [1, 2]}, "a=1, 2"), ("two\nlines\x1b", "two\\nlines\\x1b"), (1.5, "1.5")],
)
def test_values_are_told_on_one_line(value, words):
    assert in_words("any", value) == words

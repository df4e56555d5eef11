"""Programs get what the schema says, whatever state datasets are in."""

import json
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from spacecast.cli import looking
from spacecast.cli.main import main
from spacecast.cli.watching import show_again_and_again
from spacecast.ledger import State
from support.markdown import table_rows

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
SCHEMA = json.loads((REFERENCE / "commands.schema.json").read_text())
DOCUMENTS = {
    "status": ["status"],
    "show": ["show", "*"],
    "events": ["events"],
    "scan": ["scan", "--dry-run"],
    "stats": ["stats"],
    "check": ["check"],
    "notify": ["notify"],
}


def checked(name, text):
    document = json.loads(text)
    validator = jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"})
    assert [error.message for error in validator.iter_errors(document)] == []
    return document


def test_every_document_is_as_its_schema_says(world):
    with world.running():
        for name in ("good", "back", "lost"):
            world.drop(name)
        world.drop("bad", b"a: b: c\n")
        for name in ("good", "back", "lost"):
            world.await_state(name, State.READY)
        world.await_state("bad", State.BLOCKED)
        (world.root / "lost").rename(world.folder / "away")
        world.await_state("lost", State.MISSING)
        assert world.typed("withdraw", "back", "--yes").exit_code == 0
        assert world.typed("pause", "good").exit_code == 0
        texts = {name: world.typed(*words, "--json").stdout for name, words in DOCUMENTS.items()}
        asked = world.typed("stats", "--ask", "--json").stdout
        followed = world.typed("events", "--last", "3", "good", "--json").stdout
    found = {name: checked(name, text) for name, text in texts.items()}
    states = {entry["name"]: entry["state"] for entry in found["status"]["datasets"]}
    assert states == {"good": "ready", "back": "withdrawn", "lost": "missing", "bad": "blocked"}
    assert [entry["paused"] for entry in found["status"]["datasets"] if entry["name"] == "good"] == [True]
    assert len(found["show"]["datasets"]) == 4
    assert found["stats"]["by_state"] == {"blocked": 1, "missing": 1, "ready": 1, "withdrawn": 1}
    # Two data files of 100 and 101 bytes, and the metadata file.
    assert found["stats"]["by_provider"][0]["files"] == 6
    assert found["stats"]["by_provider"][0]["occupancy_bytes"] is None
    total = checked("stats", asked)["total"]
    assert total["occupancy_bytes"] >= total["bytes"] > 400
    assert [entry["dataset"] for entry in checked("events", followed)["events"]] == ["good"] * 3


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_with_json_has_its_place_in_schema_and_page(name):
    rows = " ".join(row[0] for row in table_rows(REFERENCE / "commands.md"))
    assert f"`spacecast {name} " in rows
    assert SCHEMA["$defs"][name]["description"].startswith(f"`spacecast {name}")


def test_no_command_with_json_was_forgotten():
    with_json = {name for name, command in main.commands.items() if any("--json" in one.opts for one in command.params)}
    assert with_json == set(DOCUMENTS)


def test_a_dataset_that_is_watched_is_one_line_each_time(world, monkeypatch):
    world.drop("run1")
    assert world.typed("scan").exit_code == 0
    monkeypatch.setattr(looking, "show_again_and_again", lambda show, console: [show(console), show(console)][-1])
    watched = world.typed("show", "run1", "--watch", "--json")
    assert watched.exit_code == 0
    first, second = [checked("show", line) for line in watched.stdout.splitlines()]
    assert first == second


def test_watching_shows_the_present_again_and_again():
    shown, pauses = [], []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        show_again_and_again(shown.append, Console(), sleep)
    assert (len(shown), pauses) == (3, [2.0] * 3)

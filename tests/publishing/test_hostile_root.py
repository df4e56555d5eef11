"""A root full of folders made to do harm: each is told of with a reason, and the good ones fare as if alone."""

import json
import os
import time
from collections import Counter

import pytest

from spacecast.ledger import State
from spacecast.publish.admission import shown_name
from support import hostile
from support.sentinel import sentinel
from support.world import assert_invariants, made, wait_for

GOOD = tuple(f"good{number}" for number in range(10))


@pytest.fixture
def outside(tmp_path):
    """A folder that is none of ours, with a metadata file and data in it."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / hostile.METADATA).write_bytes(b"Secret: 1\n")
    (folder / "frame_000.dat").write_bytes(b"secret")
    return folder


def _seconds_to_all_links(world):
    started = time.monotonic()
    for name in GOOD:
        file = world.root / name / hostile.METADATA
        wait_for(f"the link of {name}", lambda file=file: b"PublicURL" in file.read_bytes(), 60, world._situation)
    return time.monotonic() - started


def _changes(world):
    """How often each kind of change was asked for, whatever the ids in the addresses."""
    asked = [exchange for exchange in world.onedata.log if exchange.method not in ("GET", "HEAD")]
    return Counter((exchange.method, exchange.path.rpartition("/")[2]) for exchange in asked if exchange.path)


def _alone(folder):
    folder.mkdir()
    with made(folder) as world:
        for name in GOOD:
            world.drop(name)
        with world.engine():
            seconds = _seconds_to_all_links(world)
            for name in GOOD:
                world.await_state(name, State.READY)
        return seconds, sum(_changes(world).values())


def test_good_folders_among_bad_ones_have_their_links_as_if_they_were_alone(tmp_path, outside):
    seconds_alone, changes_alone = _alone(tmp_path / "alone")
    place = tmp_path / "crowded"
    place.mkdir()
    with made(place) as world:
        bad = hostile.make_all(world.root, outside)
        for name in GOOD:
            world.drop(name)
        with sentinel(outside) as watching, world.engine():
            seconds = _seconds_to_all_links(world)
            for name in GOOD:
                world.await_state(name, State.READY)
            blocked = {name: world.await_state(shown_name(name), State.BLOCKED) for name in bad}
            assert watching.events() == []
        status = world.command("status")
        told = {one["name"]: one for one in json.loads(world.command("status", "--json").stdout)["datasets"]}
        assert len(bad) >= 30
        assert [name for name, dataset in blocked.items() if not told[dataset.name]["reason"]] == []
        assert [line for line in status.stdout.splitlines() if line and not line.isprintable()] == []
        # As many lines as datasets, a heading and the counts: nobody forges one.
        assert len(status.stdout.splitlines()) == len(bad) + len(GOOD) + 2
        # No folder that is refused has anything made or changed for it.
        assert sum(_changes(world).values()) == changes_alone
        assert_invariants(world, *GOOD)
    assert seconds < 3 * seconds_alone + 3


def test_each_bad_folder_is_looked_at_once_and_logged_on_one_line(tmp_path, outside):
    with made(tmp_path) as world:
        bad = hostile.make_all(world.root, outside)
        with world.engine():
            for name in bad:
                world.await_state(shown_name(name), State.BLOCKED)
        lines = [json.loads(line) for line in world.log_file.read_text().splitlines()]
        told = Counter(line["dataset"] for line in lines if line["level"] == "error")
        assert len(told) == len(bad)
        assert set(told.values()) == {1}
        text = world.log_file.read_text()
        assert [character for character in set(text) if not character.isprintable() and character != "\n"] == []


def test_odd_names_are_published_and_shown_with_nothing_a_terminal_obeys(world):
    names = [name for name in hostile.odd() if not name.startswith(".")]
    with world.engine():
        for name in names:
            world.drop(name)
        for name in names:
            world.await_state(name, State.READY)
    assert_invariants(world, *names)
    shown = world.command("status").stdout + world.command("show", "--", "run\u202egpj.exe").stdout
    assert [line for line in shown.splitlines() if not line.isprintable()] == []
    assert "\\u202e" in shown
    assert not (world.root / "owned").exists()


def test_hostile_values_do_nothing_in_log_status_and_page(world):
    escape = '"\\x1b[2J\\x1b]0;owned\\x07\\u202e\\n2026-01-01 [error] forged"'
    owned = world.folder / "owned"
    text = f"Project: {escape}\n{escape}: 1\nTags: !!python/object/apply:os.system ['touch {owned}']\n"
    with world.engine():
        world.drop("run1", text.encode())
        world.await_state("run1", State.READY)
        shown = world.command("status").stdout + world.command("show", "run1").stdout
    for words in (shown, world.log_file.read_text()):
        assert [line for line in words.splitlines() if not line.isprintable()] == []
        assert "forged" not in words
    assert not owned.exists()


def test_a_name_that_is_no_unicode_is_blocked_through_a_restart_and_missing_only_when_it_is_gone(world):
    name = os.fsdecode(b"bad\xff")
    (world.root / name).mkdir()
    (world.root / name / hostile.METADATA).write_bytes(b"a: 1\n")
    for _ in range(2):
        with world.engine():
            world.drop(f"run{len(list(world.root.iterdir()))}")
            world.await_state("bad\\xff", State.BLOCKED)
            for folder in world.root.glob("run*"):
                world.await_state(folder.name, State.READY)
    assert "dataset missing" not in world.log_file.read_text()
    (world.root / name / hostile.METADATA).unlink()
    (world.root / name).rmdir()
    with world.engine():
        world.await_state("bad\\xff", State.MISSING)

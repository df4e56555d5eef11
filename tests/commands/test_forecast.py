"""`scan --dry-run` says what would happen and why, and nothing happens."""

import json
import os
import shutil

import pytest

from spacecast.ledger import State


def seen(folder):
    """Give what a look could change about a folder and all that is in it, but the config, which is written anew."""
    status = {path: path.stat() for path in sorted(folder.rglob("*")) if path.name != "spacecast.yaml"}
    return {path: (one.st_mtime_ns, one.st_ctime_ns, one.st_mode, one.st_size) for path, one in status.items()}


def told(world, code):
    done = world.typed("scan", "--dry-run", "--json")
    assert done.exit_code == code, done.output
    return {entry["path"].rpartition("/")[2]: entry for entry in json.loads(done.output)["folders"]}


@pytest.fixture
def aged(world):
    def drop(name, metadata=b"Project: demo\n"):
        folder = world.drop(name, metadata)
        os.utime(folder / "SPA.yml", (1e9, 1e9))
        return folder

    return drop


def test_before_anything_was_published_it_says_what_would_be(world, aged):
    world.values["metadata"]["quiet"] = "0s"
    aged("new")
    aged("bad", b"a: b: c\n")
    aged("theirs", b"Onedata: {Space: 0123456789abcdef0123456789abcdef}\n")
    aged("empty", b"")
    (world.root / "linked").symlink_to(world.root / "new")
    before = seen(world.folder)
    found = told(world, 1)
    assert seen(world.folder) == before
    assert {name: entry["will"] for name, entry in found.items()} == {
        "new": "publish",
        "bad": "block",
        "theirs": "take over",
        "empty": "wait",
        "linked": "block",
    }
    assert "line 1" in found["bad"]["why"]
    assert "under the name new" in found["new"]["why"]
    assert found["new"]["state"] is None
    assert not (world.folder / "state").exists()
    assert world.onedata.state.spaces == {}


def test_beside_what_was_published_it_says_what_has_changed(world):
    for name in ("same", "edited", "copied", "gone", "taken back", "waiting"):
        world.drop(name)
    assert world.command("scan").returncode == 0
    (world.root / "edited" / "SPA.yml").write_bytes((world.root / "edited" / "SPA.yml").read_bytes() + b"More: 1\n")
    shutil.copytree(world.root / "copied", world.root / "copy")
    shutil.rmtree(world.root / "gone")
    (world.root / "same").rename(world.root / "renamed")
    assert world.typed("withdraw", "taken back", "--yes").exit_code == 0
    assert world.typed("pause", "waiting").exit_code == 0
    calls = len(world.onedata.log)
    world.values["metadata"]["quiet"] = "0s"
    found = told(world, 1)
    assert {name: entry["will"] for name, entry in found.items()} == {
        "edited": "go on",
        "copied": "nothing",
        "copy": "block",
        "gone": "mark missing",
        "same": "mark missing",
        "renamed": "go on",
        "taken back": "nothing",
        "waiting": "nothing",
    }
    assert "it is a copy" in found["copy"]["why"]
    assert found["copied"]["state"] == State.READY
    assert len(world.onedata.log) == calls
    table = world.typed("scan", "--dry-run").output
    assert "because" in table
    assert "3 nothing" in table


def test_what_was_saved_a_moment_ago_must_be_at_rest_first(world):
    world.values["metadata"]["quiet"] = "1h"
    world.drop("new")
    assert told(world, 0)["new"]["will"] == "wait"

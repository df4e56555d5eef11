"""A bug report's bundle holds what is needed, for its maker alone, and works where things are broken."""

import json
import os
import stat
import tarfile

from spacecast.ledger import State


def members(path):
    with tarfile.open(path) as archive:
        return {entry.name.rpartition("/")[2]: archive.extractfile(entry).read().decode() for entry in archive}


def test_the_bundle_has_facts_findings_and_history_and_is_private(world):
    world.drop("run1")
    world.drop("bad", b"a: b: c\n")
    with world.running():
        world.await_state("run1", State.READY)
        world.await_state("bad", State.BLOCKED)
        target = world.folder / "report.tar.gz"
        done = world.typed("doctor", "run1", "--output", str(target), "--log", str(world.log_file))
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    found = members(target)
    facts = json.loads(found["system.json"])
    assert {"spacecast", "python", "kernel", "inotify"} <= set(facts)
    assert {folder["purpose"] for folder in facts["folders"]} == {"watched", "state"}
    assert json.loads(found["config.json"])["facility"] == "Test facility"
    assert {entry["state"] for entry in json.loads(found["status.json"])["datasets"]} == {"ready", "blocked"}
    assert json.loads(found["show.json"])["datasets"][0]["objects"]
    assert json.loads(found["ledger.json"])["rows"]["dataset"] == 2
    assert json.loads(found["check.json"])["findings"]
    assert json.loads(found["events.json"])["events"]
    assert "dataset found" in found["log.txt"]
    again = world.typed("doctor", "--output", str(target), "--no-check")
    assert again.exit_code == 1
    assert "cannot be written" in again.output


def test_without_a_ledger_the_rest_is_collected(world):
    target = world.folder / "report.tar.gz"
    assert world.typed("doctor", "--output", str(target), "--no-check").exit_code == 0
    found = members(target)
    assert "does not exist yet" in json.loads(found["ledger.json"])["problem"]
    assert "check.json" not in found
    assert found["log.txt"]


def test_a_log_that_may_not_be_read_is_told_and_can_be_given_by_who_may(world, monkeypatch):
    refusing = world.folder / "programs"
    refusing.mkdir()
    (refusing / "journalctl").write_text(
        "#!/bin/sh\necho 'No journal files were opened due to insufficient permissions.' >&2\n"
    )
    (refusing / "journalctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{refusing}:{os.environ['PATH']}")
    told = world.typed("doctor", "--output", str(world.folder / "one.tar.gz"), "--no-check")
    assert told.exit_code == 0
    assert "The log is not in it: the journal cannot be read: No journal files were opened" in told.output
    assert "| sudo -u spacecast spacecast doctor --log -" in members(world.folder / "one.tar.gz")["log.txt"]
    piped = world.typed(
        "doctor", "--output", str(world.folder / "two.tar.gz"), "--no-check", "--log", "-", answer="began"
    )
    assert piped.exit_code == 0
    assert members(world.folder / "two.tar.gz")["log.txt"] == "began"

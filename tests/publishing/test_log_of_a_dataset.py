"""What the log tells of a dataset, from its discovery to its end: one line for each change, all with the same keys."""

import json

from spacecast.ledger import State
from spacecast.log_events import KEYS
from spacecast.sandbox.onedata import FaultRule, Status
from support.world import wait_for

NO_SPACE = r"/groups/[^/]+/spaces$"
META = {"event", "level", "timestamp", "metadata", "again"}


def lines_about(world, name):
    lines = map(json.loads, world.log_file.read_text().splitlines())
    return [line for line in lines if line.get("dataset") == name and line["level"] != "debug"]


def test_a_dataset_that_is_blocked_and_then_helped_is_told_in_a_few_lines(world):
    rule = world.onedata.faults.add(FaultRule(Status(403), method="POST", path=NO_SPACE, times=None))
    with world.engine() as engine:
        world.drop("run1")
        world.await_state("run1", State.BLOCKED)
        for _ in range(2):
            asked = rule.applied
            engine.look_again()
            wait_for("another attempt", lambda asked=asked: rule.applied > asked, 30)
        world.onedata.faults.clear()
        engine.look_again()
        world.await_state("run1", State.READY)
    lines = lines_about(world, "run1")
    told = [(line["event"], line["stage"], line["outcome"]) for line in lines]
    assert told == [
        ("dataset found", "folder", "found"),
        ("stage blocked", "link", "blocked"),
        ("stage done", "link", "done"),
        ("stage done", "import", "done"),
    ]
    blocked = lines[1]
    assert (blocked["level"], blocked["step"]) == ("error", "space")
    assert "lacks the privilege" in blocked["reason"]
    assert blocked["next_try"].endswith("Z")
    for line in lines:
        assert set(line) - META <= set(KEYS), line
        assert line["root"] == str(world.root)

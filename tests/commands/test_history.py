"""What has happened is told in its order, and what happens, as it does."""

import json
import time

import pytest

from spacecast.cli.history import follow_events
from spacecast.ledger import State


class EnoughError(Exception):
    """Ends what goes on for ever."""


def test_the_history_of_all_is_told_in_its_order_with_who_ordered_what(world):
    for name in ("run1", "run2"):
        world.drop(name)
    with world.running():
        for name in ("run1", "run2"):
            world.await_state(name, State.READY)
        assert world.typed("pause", "run2").exit_code == 0
    shown = world.typed("events")
    lines = shown.output.splitlines()
    assert [line[:19] for line in lines] == sorted(line[:19] for line in lines)
    assert any("  run1  link/space  done  " in line for line in lines)
    assert "  run2  operator/pause  ordered  by " in lines[-1]
    only = json.loads(world.typed("events", "run2", "--json").output)["events"]
    assert {entry["dataset"] for entry in only} == {"run2"}


def test_only_what_happened_since_a_moment_is_told(world):
    world.drop("run1")
    assert world.command("scan").returncode == 0
    assert world.typed("events", "--since", "1h").output
    tomorrow = time.strftime("%Y-%m-%dT00:00", time.localtime(time.time() + 86_400))
    assert world.typed("events", "--since", tomorrow).output == ""
    wrong = world.typed("events", "--since", "yesterday")
    assert wrong.exit_code == 2
    assert "nor a duration such as 2h" in wrong.output


def test_events_are_followed_as_they_come(world):
    world.drop("run1")
    assert world.command("scan").returncode == 0
    shown = []

    def sleep(_seconds):
        if shown:
            raise EnoughError
        assert world.typed("pause", "run1").exit_code == 0

    with world.ledger() as ledger, pytest.raises(EnoughError):
        follow_events(ledger, None, ledger.history(most=5), shown.append, sleep)
    ((entry,),) = shown
    assert (entry.event.stage, entry.event.step) == ("operator", "pause")

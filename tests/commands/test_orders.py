"""Orders beside a running daemon are taken up within seconds, survive restarts, and do nothing remote by themselves."""

import shutil

import pytest

from spacecast.ledger import State
from spacecast.sandbox.onedata import FaultRule, Status
from support.onedata_sandbox import Caller
from support.world import wait_for

ALL_AT_ONCE = 20
"""Seconds: much less than the ten minutes after which a blocked dataset is looked at by itself."""


def event_of(world, name, verb):
    with world.ledger() as ledger:
        events = ledger.events(world.dataset(name).id)
    return next((event for event in events if (event.stage, event.step) == ("operator", verb)), None)


def test_what_is_blocked_is_tried_again_at_once(world):
    forbidden = '{"error": {"id": "forbidden", "description": "no"}}'
    world.onedata.faults.add(FaultRule(Status(403, forbidden), service="panel", path="storages", times=None))
    with world.running():
        world.drop("run1")
        world.await_state("run1", State.BLOCKED)
        world.onedata.faults.clear()
        told = world.typed("retry", "--all")
        world.await_state("run1", State.READY, seconds=ALL_AT_ONCE)
    assert told.output.startswith("1 dataset tried again now, by the running daemon")
    assert "by " in event_of(world, "run1", "retry").message


def test_a_dataset_that_is_ready_is_gone_through_from_the_beginning(world):
    folder = world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        token_id = next(token.id for token in world.onedata.state.tokens.values() if "run1" in token.name)
        world.onedata.state.tokens[token_id].revoked = True
        before = world.block("run1")["InviteToken"]
        assert world.typed("retry", "run1").exit_code == 0
        wait_for("a new token", lambda: world.block("run1")["InviteToken"] != before, ALL_AT_ONCE)
        world.await_state("run1", State.READY)
    assert folder.exists()


def test_nothing_new_is_begun_for_a_paused_dataset_until_it_is_resumed(world):
    with world.running():
        assert world.typed("pause").exit_code == 0
        world.drop("run1")
        wait_for("it to be known", lambda: world.dataset("run1"), 30)
    with world.running():
        shown = world.typed("status").output
        assert "All work is paused" in shown
        assert world.onedata.state.spaces == {}
        assert world.typed("pause", "run1").exit_code == 0
        assert "still paused by name, such as run1" in world.typed("resume").output
        assert world.onedata.state.spaces == {}
        assert world.typed("resume", "run1").exit_code == 0
        world.await_state("run1", State.READY, seconds=ALL_AT_ONCE)


def test_orders_without_a_daemon_wait_for_the_next_one(world):
    world.drop("run1")
    assert world.command("scan").returncode == 0
    told = world.typed("pause", "run*")
    assert told.output == "1 dataset paused\n"
    assert "none is running" in world.typed("resume", "run1").output


@pytest.mark.parametrize("is_block_there", [True, False])
def test_a_dataset_whose_space_was_deleted_is_published_again_by_a_command(world, is_block_there):
    folder = world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        old = world.block("run1")["Space"]
        caller = Caller(world.onedata, world.onedata.token)
        assert caller.zone("DELETE", f"/spaces/{old}").status_code == 204
        caller.close()
        (folder / "SPA.yml").write_bytes((folder / "SPA.yml").read_bytes() + b"More: 1\n")
        reason = world.await_state("run1", State.BLOCKED).reason
        assert "type `spacecast publish run1`" in reason
        if not is_block_there:
            (folder / "SPA.yml").write_bytes(b"Project: demo\n")
        assert world.typed("publish", "run1").exit_code == 0
        world.await_state("run1", State.READY, seconds=ALL_AT_ONCE)
        assert world.block("run1")["Space"] != old
        with world.ledger() as ledger:
            assert "order-publish" not in ledger.objects(world.dataset("run1").id)


def test_a_published_dataset_is_not_published_a_second_time(world):
    world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        refused = world.typed("publish", "run1")
    assert refused.exit_code == 1
    assert "is published already" in refused.output
    assert len(world.onedata.state.spaces) == 1


def test_a_copy_becomes_a_dataset_of_its_own_by_a_command(world):
    folder = world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        copy = world.root / "run2"
        copy.mkdir()
        (copy / "SPA.yml").write_bytes((folder / "SPA.yml").read_bytes())
        assert "type `spacecast publish run2`" in world.await_state("run2", State.BLOCKED).reason
        assert world.typed("adopt", "run2").exit_code == 0
        wait_for("the refusal", lambda: event_of(world, "run2", "adopt"), 10)
        assert "is a copy of it" in world.await_state("run2", State.BLOCKED).reason
        assert world.typed("publish", "run2").exit_code == 0
        world.await_state("run2", State.READY, seconds=ALL_AT_ONCE)
        assert world.block("run1")["Space"] != world.block("run2")["Space"]
        assert world.dataset("run1").state is State.READY


def test_a_folder_that_came_from_another_file_system_goes_on_under_its_link_by_a_command(world):
    folder = world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        block = world.block("run1")
        # As after a move from another file system: nothing but its content tells what it was.
        away = shutil.copytree(folder, world.folder / "away")
        shutil.rmtree(folder)
        world.await_state("run1", State.MISSING)
        shutil.copytree(away, world.root / "run2")
        reason = world.await_state("run2", State.BLOCKED).reason
        assert "`spacecast adopt run2`" in reason
        assert world.typed("adopt", "run2").exit_code == 0
        wait_for("it to go on", lambda: (found := world.dataset("run1")) is None or found.name == "run2", ALL_AT_ONCE)
        ready = world.await_state("run2", State.READY, seconds=ALL_AT_ONCE)
        assert ready.key == "run1"
        assert world.block("run2")["Space"] == block["Space"]
    assert len(world.onedata.state.spaces) == 1


def test_a_restored_folder_without_its_block_goes_on_under_its_link_by_a_command(world):
    folder = world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        block = world.block("run1")
        folder.rename(world.folder / "broken")
        world.await_state("run1", State.MISSING)
        world.drop("run1")
        assert "`spacecast adopt run1`" in world.await_state("run1", State.BLOCKED).reason
        assert world.typed("adopt", "run1").exit_code == 0
        world.await_state("run1", State.READY, seconds=ALL_AT_ONCE)
        assert world.block("run1")["Space"] == block["Space"]


def test_a_dataset_is_only_adopted_where_there_is_something_to_decide(world):
    world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        assert world.typed("adopt", "run1").exit_code == 1
    assert world.typed("retry").exit_code == 2
    assert "no dataset 'x' is known" in world.typed("retry", "x").output

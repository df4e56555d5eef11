"""What was published is taken back on an operator's word: all of it, in a safe order, and never a file."""

import threading

import pytest
import requests

from spacecast.ledger import WITHDRAW, Condition, State
from spacecast.sandbox.onedata import DropAfter, FaultRule, Hang, Status
from support.invariants import assert_invariants
from support.onedata_sandbox import Caller
from support.world import made, wait_for

METADATA = b"Project: demo # mine\nOnedata:\n  Note: kept\n"


def content(folder, *, without=("SPA.yml",)):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name not in without}


def left(world):
    """Give what there is in Onedata besides what a facility has before its first dataset."""
    state = world.onedata.state
    groups = set(state.groups) - {world.onedata.manager_group, world.onedata.user_group}
    invites = [token.name for token in state.tokens.values() if token.text != world.onedata.token]
    return [*state.spaces, *state.shares, *state.supports, *state.storages, *groups, *invites]


def withdrawal(world, name):
    with world.ledger() as ledger:
        return ledger.stages(world.dataset(name).id).get(WITHDRAW)


def test_a_withdrawn_dataset_leaves_nothing_in_onedata_and_its_files_as_they_were(world):
    folder = world.drop("run1", METADATA)
    before = content(folder)
    with world.running():
        world.await_state("run1", State.READY)
        link = world.block("run1")["PublicURL"]
        assert left(world)
        done = world.typed("withdraw", "run1", "--yes")
        assert done.exit_code == 0, done.output
        assert "run1: withdrawn" in done.output
        assert link in done.output
        assert left(world) == []
        assert content(folder) == before
        assert (folder / "SPA.yml").read_bytes() == METADATA

        # An edit does not publish it again; a command does, with another link.
        (folder / "SPA.yml").write_bytes(METADATA + b"More: 1\n")
        again = world.typed("publish", "run1")
        assert again.exit_code == 0, again.output
        world.await_state("run1", State.READY)
        assert world.block("run1")["PublicURL"] != link
    assert_invariants(world, "run1")


def test_without_a_daemon_the_command_removes_everything_itself(world):
    for name in ("test a", "test b", "other"):
        world.drop(name)
    assert world.command("scan").returncode == 0
    done = world.command("withdraw", "--prefix", "test ", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()[-2:]) == ["test a: withdrawn", "test b: withdrawn"]
    assert "info" not in done.stdout
    assert world.dataset("other").state is State.READY
    assert len(world.onedata.state.spaces) == len(world.onedata.state.shares) == 1
    assert world.command("scan").stdout == "1 ready, 2 withdrawn\n"
    assert len(world.onedata.state.spaces) == 1


def test_it_says_what_goes_and_what_stays_and_asks(world):
    folder = world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        asked = world.typed("withdraw", "run1", answer="n\n")
        unanswered = world.typed("withdraw", "run*")
        told = world.typed("withdraw", "run1", "--dry-run")
    assert [asked.exit_code, unanswered.exit_code, told.exit_code] == [1, 2, 0]
    for shown in (asked, unanswered, told):
        assert "What stays: every file in the folders" in shown.output
        assert str(folder) in shown.output
    assert "--yes" in unanswered.output
    assert world.dataset("run1").state is State.READY


def test_a_name_that_means_two_datasets_is_refused_with_both_paths(tmp_path):
    with made(tmp_path) as world:
        other = world.folder / "others"
        other.mkdir()
        world.values["watch"].append({"folder": str(other)})
        world.drop("run1")
        (other / "run1").mkdir()
        (other / "run1" / "SPA.yml").write_bytes(b"a: 1\n")
        assert world.command("scan").returncode == 0
        refused = world.typed("withdraw", "run1", "--yes")
        assert refused.exit_code == 1
        assert f"{world.root}/run1" in refused.output
        assert f"{other}/run1" in refused.output
        assert world.typed("withdraw", f"{other}/run1", "--yes").exit_code == 0
        assert world.dataset(f"{world.root}/run1").state is State.READY


@pytest.mark.parametrize("service", ["zone", "provider", "panel"])
def test_what_fails_in_the_middle_goes_on_where_it_was(world, service):
    world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        for trouble in (Status(503), DropAfter()):
            world.onedata.faults.add(FaultRule(trouble, service=service, method="DELETE", times=1))
        done = world.typed("withdraw", "run1", "--yes", "--timeout", "60s")
        assert done.exit_code == 0, done.output
    assert left(world) == []


def test_a_withdrawal_that_was_cut_off_is_ended_by_the_next_start(world):
    world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        world.onedata.faults.add(FaultRule(Status(503), service="panel", method="DELETE", times=None))
        ordered = world.typed("withdraw", "run1", "--yes", "--no-wait")
        assert ordered.exit_code == 0
        wait_for("the withdrawal to wait", lambda: withdrawal(world, "run1").condition is Condition.FAILED, 30)
        assert "Onepanel" in world.dataset("run1").reason
        assert world.dataset("run1").state is State.WITHDRAWN
    world.onedata.faults.clear()
    assert left(world)
    with world.running():
        wait_for("the rest to go", lambda: withdrawal(world, "run1").condition is Condition.DONE, 30)
    assert left(world) == []
    assert world.dataset("run1").reason == ""


def test_nothing_is_removed_where_another_provider_keeps_files(tmp_path):
    with made(tmp_path, providers=2) as world:
        world.drop("run1")
        with world.running():
            world.await_state("run1", State.READY)
            caller = Caller(world.onedata, world.onedata.token)
            (space_id,) = world.onedata.state.spaces
            storage = caller.add_storage(world.folder, at=1, importedStorage=False, readonly=False)
            assert caller.request_support(space_id, storage, at=1).status_code == 201
            caller.close()
            done = world.typed("withdraw", "run1", "--yes", "--timeout", "30s")
        assert done.exit_code == 1
        assert "also supported by other providers" in done.output
        assert len(world.onedata.state.spaces) == len(world.onedata.state.shares) == 1


def test_a_missing_dataset_can_be_withdrawn_and_then_forgotten(world):
    folder = world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        refused = world.typed("forget", "run1")
        assert refused.exit_code == 1
        assert "is there, so it would be found again" in refused.output
        folder.rename(world.folder / "elsewhere")
        world.await_state("run1", State.MISSING)
        assert world.typed("withdraw", "run1", "--yes").exit_code == 0
        assert left(world) == []
        assert world.typed("forget", "run1").exit_code == 0
        assert world.dataset("run1") is None


def test_a_forgotten_dataset_stays_in_onedata_and_what_stays_is_told(world):
    folder = world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        folder.rename(world.folder / "elsewhere")
        world.await_state("run1", State.MISSING)
        forgotten = world.typed("forget", "run1")
    assert forgotten.exit_code == 0
    (space_id,) = world.onedata.state.spaces
    assert f"space {space_id}" in forgotten.output
    assert world.dataset("run1") is None


def entry_of(world, name):
    address = f"{world.tiled.url}/api/v1/metadata/withdrawn/{name}"
    answer = requests.get(address, headers={"Authorization": f"Apikey {world.tiled.api_key}"}, timeout=10)
    return answer.json()["data"]["attributes"]


def test_the_catalog_entry_goes_on_answering_and_says_so(tmp_path, shared_tiled):
    with made(tmp_path, shared_tiled) as world:
        world.values["tiled"]["path"] = ["withdrawn"]
        world.drop("run1")
        with world.running():
            world.await_state("run1", State.READY)
            assert world.typed("withdraw", "run1", "--yes").exit_code == 0
        entry = entry_of(world, "run1")
        block = entry["metadata"]["spacecast"]
        assert (block["status"], block["reason"]) == ("removed", "It was withdrawn by the facility.")
        assert "public_url" not in block["facts"]
        assert entry["structure"]["count"] == 0


def test_a_pass_that_is_under_way_ends_before_anything_is_removed(world):
    world.drop("run1")
    held = threading.Event()
    with world.running():
        world.onedata.faults.add(FaultRule(Status(503), service="provider", method="POST", times=1))
        wait_for("it to be found", lambda: world.dataset("run1"), 30)
        held.wait(0.2)
        assert world.typed("withdraw", "run1", "--yes").exit_code == 0
    assert left(world) == []
    assert world.dataset("run1").state is State.WITHDRAWN


def test_a_withdrawn_folder_stays_so_under_another_name_and_a_new_folder_does_not(world):
    folder = world.drop("run1")
    with world.running():
        world.await_state("run1", State.READY)
        assert world.typed("withdraw", "run1", "--yes").exit_code == 0
        folder.rename(world.root / "run2")
        wait_for("the new name", lambda: world.dataset("run2"), 30)
        assert world.dataset("run2").state is State.WITHDRAWN
        again = world.drop("run1")
        world.await_state(str(again), State.READY)
        assert world.typed("publish", "run2").exit_code == 0
        world.await_state("run2", State.READY)
    assert len(world.onedata.state.spaces) == 2


def test_a_daemon_that_was_killed_in_the_middle_goes_on_after_its_start(world):
    world.drop("run1")
    with world.daemon() as process:
        world.await_state("run1", State.READY)
        hanging = world.onedata.faults.add(FaultRule(Hang(), service="panel", method="DELETE"))
        assert world.command("withdraw", "run1", "--yes", "--no-wait").returncode == 0
        wait_for("it to be at it", lambda: hanging.applied, 30)
        process.kill()
        process.wait(20)
    world.onedata.faults.clear()
    assert left(world)
    with world.running():
        wait_for("the rest to go", lambda: withdrawal(world, "run1").condition is Condition.DONE, 30)
    assert left(world) == []

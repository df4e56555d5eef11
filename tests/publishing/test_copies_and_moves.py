"""Copied, renamed, moved and exchanged folders: each keeps what is its own, and gets nothing of another."""

import shutil

import pytest

from spacecast.ledger import State
from spacecast.sandbox.onedata import FaultRule, Status
from support.world import assert_invariants, wait_for

AUTHOR = b"Project: demo\n"


def _published(world, name="run1"):
    folder = world.drop(name)
    world.await_state(name, State.READY)
    return folder


def _copy(folder, name):
    # As `cp -a` does: with times, modes and the block.
    return shutil.copytree(folder, folder.parent / name)


def test_each_copy_is_blocked_until_its_block_is_removed_and_is_then_a_dataset_of_its_own(world):
    with world.engine():
        folder = _published(world)
        url = world.block("run1")["PublicURL"]
        _copy(folder, "copy")
        second = _copy(folder, "second")
        for name in ("copy", "second"):
            reason = world.await_state(name, State.BLOCKED).reason
            assert f"carries the space of {folder}: the folder is a copy of it" in reason
            assert "remove the block Onedata from SPA.yml" in reason
        (second / "SPA.yml").write_bytes(AUTHOR)
        world.await_state("second", State.READY)
    assert world.block("second")["PublicURL"] != url == world.block("run1")["PublicURL"]
    assert len(world.onedata.state.storages) == 2
    assert_invariants(world, "run1", "second")


def test_a_copy_stays_a_copy_when_the_original_is_gone(world):
    with world.engine() as engine:
        folder = _published(world)
        copy = _copy(folder, "copy")
        world.await_state("copy", State.BLOCKED)
        kept = folder.rename(world.folder / "kept")
        world.await_state("run1", State.MISSING)
        engine.look_again()
        words = f"carries the space of {folder}, which is not there now"
        wait_for("the reason", lambda: words in world.dataset("copy").reason, 60)
        assert len(world.onedata.state.storages) == 1
        kept.rename(folder)
        world.await_state("run1", State.READY)
        (copy / "SPA.yml").write_bytes(AUTHOR)
        world.await_state("copy", State.READY)
    assert_invariants(world, "run1", "copy", authors={"run1": AUTHOR, "copy": AUTHOR})


def test_a_renamed_folder_keeps_its_link_and_is_imported_from_its_new_place(world):
    with world.engine():
        folder = _published(world)
        before = world.dataset("run1")
        content = (folder / "SPA.yml").read_bytes()
        folder.rename(world.root / "better name")
        (world.root / "better name" / "late.dat").write_bytes(b"\1" * 50)
        after = world.await_state("better name", State.READY)
        url = world.block("better name")["PublicURL"]
        assert world.guest_reads(url, "late.dat").status_code == 200
    assert (world.root / "better name" / "SPA.yml").read_bytes() == content
    assert (after.id, after.key, after.title, after.marker) == (before.id, before.key, before.title, before.marker)
    assert world.dataset("run1") is None or world.dataset("run1").id == after.id
    (storage,) = world.onedata.state.storages.values()
    assert storage.mount_point == str(world.root / "better name")
    assert_invariants(world, "better name", authors={"better name": AUTHOR})


def test_a_folder_that_was_renamed_while_the_daemon_was_down_keeps_its_link(world):
    with world.engine():
        folder = _published(world)
        url = world.block("run1")["PublicURL"]
    folder.rename(world.root / "run2")
    with world.engine():
        world.await_state("run2", State.READY)
    assert world.block("run2")["PublicURL"] == url
    assert_invariants(world, "run2")


def test_a_folder_that_is_moved_to_another_root_keeps_its_link(world):
    other = world.folder / "archive"
    other.mkdir()
    world.values["watch"].append({"folder": str(other)})
    with world.engine():
        folder = _published(world)
        folder.rename(other / "run1")
        dataset = wait_for("the move", lambda: _ready_in(world, other), 60)
    (storage,) = world.onedata.state.storages.values()
    assert storage.mount_point == str(dataset.path) == str(other / "run1")
    world.root = other
    assert_invariants(world, "run1")


def _ready_in(world, root):
    dataset = world.dataset("run1")
    return dataset if dataset.root == root and dataset.state is State.READY else None


def test_one_name_in_two_roots_makes_two_datasets(world):
    other = world.folder / "archive"
    other.mkdir()
    world.values["watch"].append({"folder": str(other)})
    (other / "run1").mkdir()
    (other / "run1" / "SPA.yml").write_bytes(AUTHOR)
    with world.engine():
        world.drop("run1")
        both = wait_for("both", lambda: _all_ready(world, 2), 60)
    assert len({dataset.key for dataset in both}) == len({dataset.title for dataset in both}) == 2
    assert len(world.onedata.state.spaces) == len(world.onedata.state.storages) == 2


def _all_ready(world, number):
    with world.ledger() as ledger:
        found = list(ledger.datasets(State.READY))
    return found if len(found) == number else None


def test_a_new_folder_under_the_old_name_of_a_renamed_one_is_a_dataset_of_its_own(world):
    with world.engine() as engine:
        folder = _published(world)
        url = world.block("run1")["PublicURL"]
        folder.rename(world.root / "run2")
        world.drop("run1", b"Project: other\n")
        world.await_state("run2", State.READY)
        engine.look_again()
        world.await_state(str(folder), State.READY)
    assert world.block("run2")["PublicURL"] == url != world.block("run1")["PublicURL"]
    assert len(world.onedata.state.storages) == 2
    assert_invariants(world, str(folder), "run2")


def test_two_folders_that_exchange_their_names_keep_their_links(world):
    with world.engine() as engine:
        first, second = _published(world, "one"), _published(world, "two")
        links = {name: world.block(name)["PublicURL"] for name in ("one", "two")}
        aside = first.rename(world.folder / "aside")
        second.rename(first)
        aside.rename(second)
        for name in ("one", "two"):
            wait_for("to be seen", lambda name=name: "another folder" in world.dataset(name).reason, 60)
        engine.look_again()
    assert {world.block("one")["PublicURL"], world.block("two")["PublicURL"]} == set(links.values())
    assert len(world.onedata.state.storages) == len(world.onedata.state.shares) == 2


@pytest.mark.parametrize("forged", [b"", b'  InviteToken: "MDAxZGxvY2F0aW9uIGRhdGFodWI"\n'])
def test_a_folder_with_a_published_space_id_but_not_its_token_does_not_get_its_link(world, forged):
    with world.engine():
        folder = _published(world)
        block, before = world.block("run1"), (folder / "SPA.yml").stat().st_ino
        space = f'Onedata:\n  Space: "{block["Space"]}"\n'.encode()
        (folder / "SPA.yml").rename(world.folder / "kept.yml")
        world.await_state("run1", State.MISSING)
        # The same folder under another name, as one looks that got its inode number.
        folder.rename(world.root / "thief")
        (world.root / "thief" / "SPA.yml").write_bytes(space + forged)
        reason = world.await_state("thief", State.BLOCKED).reason
    assert f"carries the space of {folder}" in reason
    (storage,) = world.onedata.state.storages.values()
    assert storage.mount_point == str(folder)
    assert before
    assert world.guest(block["PublicURL"]).status_code == 200


def test_a_folder_that_is_made_again_under_its_name_is_never_served_under_the_old_link(world):
    with world.engine():
        folder = _published(world)
        shutil.rmtree(folder)
        world.await_state("run1", State.MISSING)
        folder = world.drop("run1", b"Project: new\n", files=3)
        reason = world.await_state("run1", State.BLOCKED).reason
        assert "another folder than the one that was published under this name" in reason
        assert (folder / "SPA.yml").read_bytes() == b"Project: new\n"
        folder.rename(world.root / "run2")
        world.await_state("run2", State.READY)
        world.await_state("run1", State.MISSING)
    assert len(world.onedata.state.spaces) == 2
    assert not [exchange for exchange in world.onedata.log if exchange.method == "DELETE"]


def test_a_folder_that_comes_back_from_a_backup_goes_on_under_its_link(world):
    with world.engine():
        folder = _published(world)
        url = world.block("run1")["PublicURL"]
        backup = shutil.copytree(folder, world.folder / "backup")
        shutil.rmtree(folder)
        world.await_state("run1", State.MISSING)
        shutil.copytree(backup, folder)
        world.await_state("run1", State.READY)
    assert world.block("run1")["PublicURL"] == url
    assert_invariants(world, "run1", authors={"run1": AUTHOR})


def test_a_folder_that_is_renamed_before_its_link_was_written_is_published_under_its_new_name(world):
    rule = FaultRule(Status(503), method="POST", path="/oneprovider/shares$", times=None)
    world.onedata.faults.add(rule)
    with world.engine():
        folder = world.drop("run1", AUTHOR)
        world.await_state("run1", State.RETRYING)
        folder.rename(world.root / "renamed")
        world.await_state("run1", State.MISSING)
        world.onedata.faults.clear()
        world.await_state("renamed", State.READY)
    assert world.dataset("run1").state is State.MISSING
    assert world.block("renamed")["Space"] in world.onedata.state.spaces
    assert world.guest(world.block("renamed")["PublicURL"]).status_code == 200

"""What people type by hand is often wrong: it gets a clear reason, stays untouched, and holds up nobody else."""

import os
import stat
from pathlib import Path

import pytest
import yaml

from spacecast.ledger import State
from support.world import assert_invariants, wait_for

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        ("broken-latin1.yml", "UTF-8"),
        ("broken-list.yml", "key: value"),
        ("broken-tab.yml", "line 2"),
        ("broken-two-documents.yml", "one YAML document"),
        ("spa-by-hand.yml", "line 27"),
    ],
)
def test_a_file_that_cannot_be_read_is_left_alone_with_a_reason(world, sample, reason):
    before = (SAMPLES / sample).read_bytes()
    with world.engine():
        folder = world.drop("bad", before)
        (folder / "SPA.yml").chmod(0o644)
        world.drop("good")
        dataset = world.await_state("bad", State.BLOCKED)
        world.await_state("good", State.READY)
    assert reason in dataset.reason
    assert "SPA.yml" in dataset.reason
    assert (folder / "SPA.yml").read_bytes() == before
    assert stat.S_IMODE((folder / "SPA.yml").stat().st_mode) == 0o644
    assert [space.name for space in world.onedata.state.spaces.values()] == ["good"]


def test_an_empty_file_waits_until_something_is_in_it(world):
    with world.engine():
        folder = world.drop("early", b"")
        wait_for("the reason", lambda: "SPA.yml is empty" in world.await_state("early", State.WAITING).reason, 20)
        (folder / "SPA.yml").write_bytes(b"Project: x\n")
        world.await_state("early", State.READY)


def test_a_mended_file_is_published_by_itself(world):
    with world.engine():
        folder = world.drop("run1", b"a: b: c\n")
        world.await_state("run1", State.BLOCKED)
        (folder / "SPA.yml").write_bytes(b"a: 'b: c'\n")
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_links_go_beside_a_file_into_which_they_cannot_be_written(world):
    before = (SAMPLES / "broken-flow-root.yml").read_bytes()
    with world.engine():
        folder = world.drop("json", before)
        dataset = world.await_state("json", State.READY)
    assert (folder / "SPA.yml").read_bytes() == before
    assert "SPA.spacecast.yml" in dataset.reason
    block = yaml.safe_load((folder / "SPA.spacecast.yml").read_text())["Onedata"]
    assert world.guest_reads(block["PublicURL"], "SPA.spacecast.yml").status_code >= 400
    assert set(block) == {"Onezone", "Space", "InviteToken", "PublicURL"}


def test_a_name_without_a_letter_is_refused_before_anything_is_made(world):
    with world.engine():
        folder = world.drop("---")
        dataset = world.await_state("---", State.BLOCKED)
    assert "Rename the folder" in dataset.reason
    assert (folder / "SPA.yml").read_bytes() == b"Project: demo\n"
    assert world.onedata.state.spaces == world.onedata.state.storages == {}


def test_hostile_folders_are_named_and_never_followed(world, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "SPA.yml").write_bytes(b"Secret: 1\n")
    (world.root / "link").symlink_to(outside)
    for name in ("fifo", "folder", "linked", "hard"):
        (world.root / name).mkdir()
    os.mkfifo(world.root / "fifo/SPA.yml")
    (world.root / "folder/SPA.yml").mkdir()
    (world.root / "linked/SPA.yml").symlink_to(outside / "SPA.yml")
    (world.root / "hard/SPA.yml").hardlink_to(outside / "SPA.yml")
    (world.root / "escape\x1b[31m").mkdir()
    (world.root / "escape\x1b[31m/SPA.yml").write_bytes(b"a: 1\n")
    with world.engine():
        world.drop("good")
        world.await_state("good", State.READY)
        for name in ("link", "fifo", "folder", "linked", "hard"):
            assert world.await_state(name, State.BLOCKED).reason
        status = world.typed("status").stdout
    assert "\x1b[31m" not in status
    assert (outside / "SPA.yml").read_bytes() == b"Secret: 1\n"
    assert [space.name for space in world.onedata.state.spaces.values()] == ["good"]


def test_a_copied_folder_is_blocked_and_gets_nothing(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        copy = world.root / "copy"
        copy.mkdir()
        (copy / "SPA.yml").write_bytes((folder / "SPA.yml").read_bytes())
        reason = world.await_state("copy", State.BLOCKED).reason
    assert str(folder) in reason
    assert len(world.onedata.state.storages) == 1
    assert_invariants(world, "run1")


def test_a_folder_that_vanishes_is_missing_and_nothing_remote_is_touched(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        folder.rename(world.folder / "elsewhere")
        world.await_state("run1", State.MISSING)
        (world.folder / "elsewhere").rename(folder)
        world.await_state("run1", State.READY)
    assert len(world.onedata.state.spaces) == 1
    assert not [exchange for exchange in world.onedata.log if exchange.method == "DELETE"]


def test_a_space_that_is_lost_is_a_persons_decision(world):
    gone = b'Onedata:\n  Space: "c265f2cc65a1bc1835929288be145d72ch458a"\n'
    with world.engine():
        world.drop("old", b"a: 1\n" + gone)
        reason = world.await_state("old", State.BLOCKED).reason
    assert "does not exist any more" in reason
    assert world.onedata.state.spaces == world.onedata.state.storages == {}

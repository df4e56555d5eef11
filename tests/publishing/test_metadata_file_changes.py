"""The metadata file is removed, renamed, exchanged and edited after publication: the link stays the dataset's own."""

import pytest

from spacecast.ledger import State
from spacecast.onedata import ZoneClient
from support.invariants import without_blocks
from support.world import assert_invariants, wait_for


def _published(world, name="run1", metadata=b"Project: demo\n"):
    folder = world.drop(name, metadata)
    world.await_state(name, State.READY)
    return folder, (folder / "SPA.yml").read_bytes()


def _replace(file, content):
    # As editors and instruments save.
    new = file.with_name("new")
    new.write_bytes(content)
    new.rename(file)


def _await_content(file, content):
    wait_for("the block", lambda: file.read_bytes() == content, 60)


@pytest.mark.parametrize("other", ["away.yml", "../run1.yml"])
def test_without_its_file_a_dataset_is_missing_and_goes_on_when_it_is_back(world, other):
    with world.engine():
        folder, content = _published(world)
        (folder / "SPA.yml").rename(folder / other)
        assert world.await_state("run1", State.MISSING).reason.startswith("SPA.yml is gone; what is published stays")
        (folder / other).rename(folder / "SPA.yml")
        world.await_state("run1", State.READY)
    assert (folder / "SPA.yml").read_bytes() == content
    assert_invariants(world, "run1")


def test_a_file_that_is_saved_without_the_block_gets_the_same_one_again(world):
    with world.engine():
        folder, content = _published(world)
        _replace(folder / "SPA.yml", b"Project: demo\n")
        _await_content(folder / "SPA.yml", content)
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1", authors={"run1": b"Project: demo\n"})


@pytest.mark.parametrize(("key", "value"), [("Space", "../../x"), ("Space", "[1, 2]"), ("InviteToken", "MDAxAbc")])
def test_values_in_the_block_that_somebody_changed_are_put_right(world, key, value):
    with world.engine():
        folder, content = _published(world)
        right = world.block("run1")[key]
        _replace(folder / "SPA.yml", content.replace(f'"{right}"'.encode(), value.encode()))
        _await_content(folder / "SPA.yml", content)
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_the_file_of_another_dataset_brings_its_content_but_not_its_link(world):
    with world.engine():
        first, own = _published(world, "one", b"Project: one\n")
        second, _ = _published(world, "two", b"Project: two\n")
        (second / "SPA.yml").rename(first / "SPA.yml")
        world.await_state("two", State.MISSING)
        _await_content(first / "SPA.yml", own.replace(b"Project: one", b"Project: two"))
        world.await_state("one", State.READY)
    assert world.onedata.log.matching(method="PUT", path="/metadata/json")[-1].body == {"Project": "two"}
    assert_invariants(world, "one", authors={"one": b"Project: two\n"})


def test_of_two_metadata_files_the_first_counts_and_both_have_the_same_link(world):
    world.values["metadata"]["files"] = ["SPA.yml", "*.eels.yml"]
    with world.engine():
        folder = world.root / "run1"
        folder.mkdir()
        (folder / "a.eels.yml").write_bytes(b"Project: eels\n")
        world.await_state("run1", State.READY)
        before = (folder / "a.eels.yml").read_bytes()
        (folder / "SPA.yml").write_bytes(b"Project: spa\n")
        _await_content(folder / "SPA.yml", before.replace(b"eels", b"spa", 1))
        world.await_state("run1", State.READY)
    assert (folder / "a.eels.yml").read_bytes() == before
    assert without_blocks((folder / "SPA.yml").read_bytes()) == b"Project: spa\n"
    assert_invariants(world, "run1")


def test_a_file_that_is_renamed_within_a_pattern_keeps_its_link(world):
    world.values["metadata"]["files"] = ["*.yml"]
    with world.engine():
        folder, content = _published(world)
        (folder / "SPA.yml").rename(folder / "session.yml")
        wait_for("the new name", lambda: world.dataset("run1").metadata_name == "session.yml", 60)
        (folder / "session.yml").write_bytes(content.replace(b"demo", b"late"))
        puts = lambda: world.onedata.log.matching(method="PUT", path="/metadata/json")  # noqa: E731 - one expression
        wait_for("the update", lambda: puts()[-1].body == {"Project": "late"}, 60)
        world.await_state("run1", State.READY)
    assert (folder / "session.yml").read_bytes() == content.replace(b"demo", b"late")
    assert len(world.onedata.state.spaces) == len(world.onedata.state.shares) == 1


def test_a_space_that_was_deleted_is_not_made_again_by_a_save_that_came_first(world):
    with world.engine():
        folder, _ = _published(world)
        space_id = world.block("run1")["Space"]
        with ZoneClient.connect(
            world.onedata.zone_url, lambda: world.onedata.token, ca_bundle=world.onedata.ca_file
        ) as zone:
            zone.delete_space(space_id)
        _replace(folder / "SPA.yml", b"Project: demo\n")
        reason = world.await_state("run1", State.BLOCKED).reason
        assert f"({space_id}) does not exist any more" in reason
        assert "save SPA.yml again (touch is enough)" in reason
        assert world.onedata.state.spaces == {}
        (folder / "SPA.yml").touch()
        wait_for("the link", lambda: b"PublicURL" in (folder / "SPA.yml").read_bytes(), 60)
    assert world.block("run1")["Space"] != space_id

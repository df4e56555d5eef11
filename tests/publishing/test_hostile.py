"""What a user of an experiment folder may try: nobody else is held up, and nobody gets what is not theirs."""

import hashlib
import os

import pytest
import yaml

from spacecast.formats import dataset_key
from spacecast.ledger import State
from spacecast.onedata import ZoneClient
from spacecast.sandbox.onedata import FaultRule, Status
from support.world import assert_invariants, wait_for


def _served(world, name="good"):
    world.drop(name)
    return world.await_state(name, State.READY)


def test_names_that_are_no_unicode_block_their_folder_only(world):
    (world.root / os.fsdecode(b"bad\xff")).mkdir()
    (world.root / os.fsdecode(b"bad\xff") / "SPA.yml").write_bytes(b"a: 1\n")
    (world.root / os.fsdecode(b"link\xff")).symlink_to("x")
    with world.engine():
        _served(world)
        assert world.await_state("bad\\xff", State.BLOCKED).reason
    with world.engine():
        _served(world, "later")


def test_a_data_file_whose_name_is_no_unicode_holds_up_no_import(world):
    folder = world.drop("run1")
    (folder / os.fsdecode(b"bad\xff.dat")).write_bytes(b"x")
    with world.engine():
        world.await_state("run1", State.READY)
        _served(world)


def test_a_folder_that_is_swapped_for_a_link_and_back_is_served_again(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        folder.rename(world.folder / "aside")
        folder.symlink_to(world.folder / "aside")
        world.await_state("run1", State.BLOCKED)
        folder.unlink()
        (world.folder / "aside").rename(folder)
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_a_key_that_somebody_took_on_purpose_is_no_trouble(world):
    key = dataset_key("日本")
    taken = f"{key}-{hashlib.sha256(str(world.root / '日本').encode()).hexdigest()[:8]}"
    with world.engine():
        for name in (key, taken, "日本"):
            _served(world, name)


def test_a_metadata_file_emptied_while_live_stops_nobody(world):
    folder = world.drop("live")
    (folder / ".running").touch()
    with world.engine():
        world.await_state("live", State.READY)
        (folder / "SPA.yml").write_bytes(b"# nothing\n")
        wait_for("the reason", lambda: "empty" in world.dataset("live").reason, 20)
        _served(world)


@pytest.mark.parametrize(
    "spoil", [lambda block: b'{"a": 1, "Onedata": %s}' % block, lambda block: b"a: b: c\n" + block]
)
def test_a_file_with_a_token_is_hidden_whatever_else_is_wrong_with_it(world, spoil):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        block = world.block("run1")
        token, url = block["InviteToken"], block["PublicURL"]
        text = ("{InviteToken: " + token + "}").encode()
        new = folder / "new"
        new.write_bytes(spoil(text))
        new.chmod(0o644)
        new.rename(folder / "SPA.yml")
        wait_for("the mode", lambda: not (folder / "SPA.yml").stat().st_mode & 0o007, 20)
        wait_for("the scan", lambda: world.guest_reads(url, "SPA.yml").status_code >= 400, 20)


def test_a_sidecar_that_lies_there_open_is_closed_before_the_token_is_in_it(world):
    folder = world.drop("run1", b'{"a": 1}\n')
    sidecar = folder / "SPA.spacecast.yml"
    sidecar.write_bytes(b"# Written by Spacecast\n")
    sidecar.chmod(0o644)
    with world.engine():
        world.await_state("run1", State.READY)
    block = yaml.safe_load(sidecar.read_text())["Onedata"]
    assert not sidecar.stat().st_mode & 0o007
    assert world.guest_reads(block["PublicURL"], sidecar.name).status_code >= 400


def test_a_new_folder_under_a_published_name_is_not_served_under_the_others_link(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        url = world.block("run1")["PublicURL"]
        folder.rename(world.folder / "aside")
        world.await_state("run1", State.MISSING)
        folder = world.drop("run1", b"mine: 1\n")
        reason = world.await_state("run1", State.BLOCKED).reason
    assert "another folder" in reason
    assert (folder / "SPA.yml").read_bytes() == b"mine: 1\n"
    assert world.guest(url).status_code == 200


def test_a_folder_named_like_a_group_gets_no_invite_into_it(world):
    parent, user = world.onedata.user_group, world.onedata.service_user.id
    existing = world.onedata.add_group("Beamline Admins", user)
    state = world.onedata.state
    state.groups[parent].children.add(existing, ["group_view"], 0.0)
    state.groups[existing].creation_time -= 86_400
    world.onedata.faults.add(FaultRule(Status(500), method="POST", path="/children$"))
    with world.engine():
        world.drop("Beamline Admins")
        world.await_state("Beamline Admins", State.READY)
    token = next(token for token in state.tokens.values() if "inviteToken" in token.type)
    assert token.type["inviteToken"]["groupId"] != existing


def test_a_deleted_space_is_made_anew_only_when_its_block_is_removed(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        lost = world.block("run1")["Space"]
        with ZoneClient.connect(
            world.onedata.zone_url, lambda: world.onedata.token, ca_bundle=world.onedata.ca_file
        ) as zone:
            zone.delete_space(lost)
        before = (folder / "SPA.yml").read_bytes()
        (folder / "SPA.yml").write_bytes(before + b"more: 1\n")
        assert "does not exist any more" in world.await_state("run1", State.BLOCKED).reason
        (folder / "SPA.yml").write_bytes(b"Project: demo\n")
        wait_for("the link", lambda: b"PublicURL" in (folder / "SPA.yml").read_bytes(), 30)
    assert world.block("run1")["Space"] != lost


def test_an_invite_that_was_deleted_is_made_again(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
        old = world.block("run1")["InviteToken"]
        tokens = world.onedata.state.tokens
        with world.onedata.state.lock:
            tokens.pop(next(number for number, token in tokens.items() if token.text == old))
        (folder / "SPA.yml").write_bytes((folder / "SPA.yml").read_bytes() + b"more: 1\n")
        wait_for("a new token", lambda: world.block("run1")["InviteToken"] != old, 30)
        world.await_state("run1", State.READY)
    assert_invariants(world, "run1")


def test_a_change_that_comes_while_a_stage_runs_is_not_lost(world):
    from spacecast.sandbox.onedata import Slow  # noqa: PLC0415 - this test alone needs it

    with world.engine():
        folder = world.drop("run1", b"Sample: zero\n")
        world.await_state("run1", State.READY)
        slow = world.onedata.faults.add(FaultRule(Slow(1.5), method="PUT", path="/metadata/json"))
        text = (folder / "SPA.yml").read_bytes()
        (folder / "SPA.yml").write_bytes(text.replace(b"zero", b"one"))
        wait_for("the first change", lambda: slow.applied, 20)
        (folder / "SPA.yml").write_bytes(text.replace(b"zero", b"two"))
        puts = lambda: world.onedata.log.matching(method="PUT", path="/metadata/json")  # noqa: E731
        wait_for("the second change", lambda: puts()[-1].body == {"Sample": "two"}, 30)
        world.await_state("run1", State.READY)

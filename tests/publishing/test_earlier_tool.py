"""A file with the block of an earlier tool is taken over: what is missing is completed, nothing is made again."""

import os
import threading

import pytest
import yaml

from spacecast.ledger import State
from spacecast.onedata import PanelClient, ZoneClient
from spacecast.sandbox.onedata import FaultRule, Status
from support.earlier_tool import publish, written
from support.world import assert_invariants, wait_for

NAME = "20230505_Demo"


@pytest.fixture
def folder(world):
    folder = world.root / NAME
    folder.mkdir()
    (folder / "frame_000.dat").write_bytes(b"\0" * 100)
    return folder


def _calls_that_make(world, before):
    return [(call.method, call.path) for call in list(world.onedata.log)[before:] if call.status == 201]


def _block(folder, name):
    return yaml.safe_load((folder / "SPA.yml").read_text())[name]


@pytest.mark.parametrize("key", ["Onedata", "Onedata2"])
def test_a_whole_publication_is_taken_over_as_it_is(world, folder, key):
    old = publish(world, folder, name=NAME)
    before = len(world.onedata.log)
    (folder / "SPA.yml").write_bytes(written(old.block, key))
    with world.engine():
        world.await_state(NAME, State.READY)
    assert _calls_that_make(world, before) == []
    assert world.block(NAME) == old.block
    assert _block(folder, key) == old.block
    assert_invariants(world, NAME)


@pytest.mark.parametrize("missing", [("token",), ("share",), ("group", "token", "share")])
def test_what_is_missing_is_completed_and_nothing_is_made_again(world, folder, missing):
    old = publish(world, folder, name=NAME, without=missing)
    (folder / "SPA.yml").write_bytes(written(old.block))
    with world.engine():
        world.await_state(NAME, State.READY)
    block = world.block(NAME)
    assert old.block.items() <= block.items()
    assert set(block) == {"Onezone", "Space", "InviteToken", "PublicURL"}
    assert_invariants(world, NAME)


def _scan(world, space_id):
    """Have the provider read the folder as it is now, with everybody's permissions."""
    url = world.onedata.providers[0].url
    with PanelClient.connect(url, lambda: world.onedata.token, ca_bundle=world.onedata.ca_file) as panel:
        before = panel.import_info(space_id).total_scans
        panel.force_start_import(space_id)
        wait_for("the scan", lambda: panel.import_info(space_id).total_scans > before, 20)


def _listen(world, leaks, stop):
    while not stop.is_set():
        for share in list(world.onedata.state.shares.values()):
            page = world.guest_reads(share.id, "SPA.yml")
            if "InviteToken" in page.text:
                leaks.append(page.status_code)


@pytest.mark.parametrize("mode", [0o644, 0o640], ids=["still readable", "hidden meanwhile"])
def test_no_share_is_made_before_the_provider_knows_that_others_may_not_read_the_token(world, folder, mode):
    old = publish(world, folder, name=NAME, without=("share",))
    (folder / "SPA.yml").write_bytes(written(old.block))
    (folder / "SPA.yml").chmod(0o644)
    _scan(world, old.space_id)
    (folder / "SPA.yml").chmod(mode)
    held_back = world.onedata.faults.add(FaultRule(Status(503), method="POST", path="force-start", times=None))
    leaks, stop = [], threading.Event()
    guest = threading.Thread(target=_listen, args=(world, leaks, stop))
    guest.start()
    try:
        with world.engine():
            wait_for("the scan to be asked for", lambda: held_back.applied > 1, 30)
            assert world.onedata.state.shares == {}
            world.onedata.faults.clear()
            world.await_state(NAME, State.READY)
    finally:
        stop.set()
        guest.join()
    assert leaks == []
    assert_invariants(world, NAME)


@pytest.mark.parametrize("kept", [("Space",), ("PublicURL",), ("Space", "InviteToken")])
def test_a_block_with_some_of_its_keys_is_enough_to_find_the_rest(world, folder, kept):
    old = publish(world, folder, name=NAME)
    (folder / "SPA.yml").write_bytes(written({key: old.block[key] for key in kept}))
    with world.engine():
        world.await_state(NAME, State.READY)
    assert world.block(NAME)["Space"] == old.space_id
    assert world.block(NAME)["PublicURL"] == old.block["PublicURL"]
    assert len(world.onedata.state.spaces) == len(world.onedata.state.shares) == 1
    assert_invariants(world, NAME)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"  Space: ../../user\n", ("SPA.yml, line 4", "Space under Onedata2 is not an identifier")),
        (b"  Space: [1, 2]\n", ("SPA.yml, line 4", "Space under Onedata2 is not text")),
        (b'  Space: "a\\e[31mb"\n', ("SPA.yml, line 4", "Space under Onedata2 is not an identifier")),
    ],
)
def test_an_id_that_can_be_none_is_named_with_file_line_and_key(world, folder, line, words):
    (folder / "SPA.yml").write_bytes(b"Project: demo\n# by hand\nOnedata2:\n" + line)
    with world.engine():
        reason = world.await_state(NAME, State.BLOCKED).reason
        assert all(word in reason for word in words)
        assert "remove the block Onedata2 from SPA.yml" in reason
        assert world.onedata.state.spaces == world.onedata.state.storages == {}
        (folder / "SPA.yml").write_bytes(b"Project: demo\n")
        world.await_state(NAME, State.READY)
    assert_invariants(world, NAME)


def test_a_space_that_the_token_may_not_see_is_never_taken(world, folder):
    onedata = world.onedata
    token = onedata.add_token(onedata.add_user("Stranger").id)
    with ZoneClient.connect(onedata.zone_url, lambda: token, ca_bundle=onedata.ca_file) as zone:
        space_id = zone.create_space("private")
    (folder / "SPA.yml").write_bytes(written({"Space": space_id}))
    with world.engine():
        reason = world.await_state(NAME, State.BLOCKED).reason
    assert "may not look" in reason
    assert "remove the block Onedata2 from SPA.yml" in reason
    assert world.onedata.state.storages == {}


def test_a_space_of_another_zone_is_told_as_such(world, folder):
    block = {"Onezone": "https://elsewhere.example.org", "Space": "c265f2cc65a1bc1835929288be145d72ch458a"}
    (folder / "SPA.yml").write_bytes(written(block))
    with world.engine():
        reason = world.await_state(NAME, State.BLOCKED).reason
    assert "at https://elsewhere.example.org" in reason
    assert world.onedata.state.spaces == {}


def test_a_space_over_another_folder_is_never_taken(world, folder):
    secret = world.folder / "secret"
    secret.mkdir()
    old = publish(world, folder, name=NAME, mount_point=str(secret))
    (folder / "SPA.yml").write_bytes(written(old.block))
    before = len(world.onedata.log)
    with world.engine():
        reason = world.await_state(NAME, State.BLOCKED).reason
    assert f"its storage is on {secret}" in reason
    assert not [call for call in list(world.onedata.log)[before:] if call.method != "GET"]


def test_a_space_that_no_provider_supports_is_never_taken(world, folder):
    onedata = world.onedata
    with ZoneClient.connect(onedata.zone_url, lambda: onedata.token, ca_bundle=onedata.ca_file) as zone:
        space_id = zone.create_space("waiting", group_id=onedata.manager_group)
    (folder / "SPA.yml").write_bytes(written({"Space": space_id}))
    with world.engine():
        reason = world.await_state(NAME, State.BLOCKED).reason
    assert "no provider supports it" in reason
    assert world.onedata.state.storages == {}


def test_of_two_folders_that_name_one_space_only_its_own_gets_it(world, folder):
    old = publish(world, folder, name=NAME)
    (folder / "SPA.yml").write_bytes(written(old.block))
    world.drop("other", written(old.block))
    with world.engine():
        world.await_state(NAME, State.READY)
        reason = world.await_state("other", State.BLOCKED).reason
    assert f"the space of {folder}" in reason or "is not the space of" in reason
    assert len(world.onedata.state.storages) == 1
    assert_invariants(world, NAME)


def test_a_lost_space_is_published_again_only_after_the_block_is_removed(world, folder):
    lost = written({"Space": "c265f2cc65a1bc1835929288be145d72ch458a"})
    (folder / "SPA.yml").write_bytes(lost)
    with world.engine() as engine:
        reason = world.await_state(NAME, State.BLOCKED).reason
        assert "does not exist any more" in reason
        assert "remove the block Onedata2 from SPA.yml" in reason
        os.utime(folder / "SPA.yml")
        engine.look_again()
        wait_for("another look", lambda: len(world.onedata.log.matching(method="GET", path="/spaces/c265")) > 1, 20)
        assert world.onedata.state.spaces == {}
        (folder / "SPA.yml").write_bytes(b"Project: demo\n")
        world.await_state(NAME, State.READY)
    assert_invariants(world, NAME, authors={NAME: b"Project: demo\n"})


def test_a_link_beside_the_file_is_taken_over_after_the_ledger_was_lost(world):
    with world.engine():
        folder = world.drop("json", b'{"a": 1}\n')
        world.await_state("json", State.READY)
    before = (folder / "SPA.spacecast.yml").read_bytes()
    (world.folder / "state").rename(world.folder / "lost")
    with world.engine():
        world.await_state("json", State.READY)
    assert (folder / "SPA.spacecast.yml").read_bytes() == before
    assert_invariants(world, "json")

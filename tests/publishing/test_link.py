"""A metadata file is dropped, and a little later the link stands in it; nothing else in it changes."""

import re
import time
from pathlib import Path

import pytest
import yaml

from spacecast.ledger import State
from support.world import QUIET_SECONDS, assert_invariants, wait_for

SAMPLES = Path(__file__).parent.parent / "samples"
PUBLISHABLE = ["eels.yml", "spa-by-hand-quoted.yml", "spa.yml", "windows.yml"]
BLOCK = re.compile(rb'Onedata:\r?\n(  \w+: "[^"]+"\r?\n){4}')


def test_a_folder_of_eight_files_has_its_link_within_three_seconds_and_thirty_requests(world):
    with world.engine():
        folder = world.drop("20211227125_Demo", files=7)
        dropped = time.monotonic()
        wait_for("the link", lambda: b"PublicURL" in (folder / "SPA.yml").read_bytes(), 20)
        seconds, calls = time.monotonic() - dropped - QUIET_SECONDS, len(world.onedata.log)
        world.await_state("20211227125_Demo", State.READY)
    assert seconds < 3
    assert calls <= 30
    assert_invariants(world, "20211227125_Demo")


@pytest.mark.parametrize("sample", PUBLISHABLE)
def test_the_samples_get_the_block_and_nothing_else(world, sample):
    before = (SAMPLES / sample).read_bytes()
    with world.engine():
        folder = world.drop("sample", before)
        world.await_state("sample", State.READY)
    after = (folder / "SPA.yml").read_bytes()
    found = BLOCK.findall(after)
    assert len(found) == 1
    assert BLOCK.sub(b"", after) == before


def test_the_block_says_where_everything_is(world):
    with world.engine():
        world.drop("run1")
        dataset = world.await_state("run1", State.READY)
    block = world.block("run1")
    state = world.onedata.state
    assert set(block) == {"Onezone", "Space", "InviteToken", "PublicURL"}
    assert block["Onezone"] == world.onedata.zone_url
    assert state.spaces[block["Space"]].name == dataset.title == "run1"
    assert world.guest(block["PublicURL"]).status_code == 200


def test_invited_people_may_read_and_nothing_else(world):
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    state, block = world.onedata.state, world.block("run1")
    (token,) = [token for token in state.tokens.values() if token.text == block["InviteToken"]]
    group_id = token.type["inviteToken"]["groupId"]
    assert state.spaces[block["Space"]].groups.privileges(group_id) == frozenset({"space_view", "space_read_data"})
    assert token.usage_limit == 50
    (expiry,) = [caveat["validUntil"] for caveat in token.caveats if caveat["type"] == "time"]
    assert 89 * 86400 < expiry - time.time() <= 90 * 86400


def test_the_storage_is_imported_and_read_only(world):
    with world.engine():
        folder = world.drop("run1")
        world.await_state("run1", State.READY)
    (storage,) = world.onedata.state.storages.values()
    assert (storage.mount_point, storage.imported, storage.readonly) == (str(folder), True, True)


def test_the_description_tells_facility_dataset_and_how_to_download(world):
    with world.engine():
        world.drop("run1")
        world.await_state("run1", State.READY)
    (share,) = world.onedata.state.shares.values()
    for words in ("# run1", "Test facility", "curl", world.onedata.zone_url):
        assert words in share.description


def test_the_metadata_is_on_the_space_as_json_without_the_block(world):
    with world.engine():
        world.drop("run1", b"Sample: {Name: 70S}\nStarted: 2024-03-12\n")
        world.await_state("run1", State.READY)
    (exchange,) = world.onedata.log.matching(method="PUT", path="/metadata/json")
    assert exchange.body == {"Sample": {"Name": "70S"}, "Started": "2024-03-12"}


def test_a_dataset_that_is_ready_costs_nothing_more(world):
    with world.engine() as engine:
        world.drop("run1")
        world.await_state("run1", State.READY)
        calls = len(world.onedata.log)
        engine.discovery.scan_now()
        time.sleep(5 * QUIET_SECONDS)
        assert len(world.onedata.log) == calls


def test_an_edited_metadata_file_updates_what_was_published_from_it(world):
    with world.engine():
        folder = world.drop("run1", b"Sample: one\n")
        world.await_state("run1", State.READY)
        file = folder / "SPA.yml"
        file.write_bytes(file.read_bytes().replace(b"one", b"two"))
        wait_for("the update", lambda: len(world.onedata.log.matching(method="PUT", path="/metadata/json")) == 2, 20)
        world.await_state("run1", State.READY)
    assert world.onedata.log.matching(method="PUT", path="/metadata/json")[-1].body == {"Sample": "two"}
    assert_invariants(world, "run1")


def test_many_datasets_at_once_each_get_their_own(world):
    names = [f"run{number}" for number in range(12)]
    with world.engine():
        for name in names:
            world.drop(name)
        for name in names:
            world.await_state(name, State.READY)
    assert len({world.block(name)["Space"] for name in names}) == len(names)
    assert_invariants(world, *names)


def test_a_name_that_onedata_refuses_is_made_valid_and_never_merged_with_another(world):
    with world.engine():
        for name in ("run:1", "run;1", "run 1"):
            world.drop(name)
        titles = {world.await_state(name, State.READY).title for name in ("run:1", "run;1", "run 1")}
    assert {"run_1", "run 1"} < titles
    assert len(titles) == 3
    assert len(world.onedata.state.spaces) == 3


def test_the_names_follow_the_template(world):
    world.values["onedata"]["names"] = {"template": "cryo {folder}", "prefix": "test "}
    with world.engine():
        world.drop("run1")
        assert world.await_state("run1", State.READY).title == "test cryo run1"


def test_the_providers_view_of_the_folder_is_mapped(tmp_path):
    from support.world import made  # noqa: PLC0415 - this test alone needs a world of its own

    with made(tmp_path, mounts={"/volumes/data": tmp_path / "datasets"}) as world:
        world.values["onedata"]["mount_points"] = {str(world.root): "/volumes/data"}
        with world.engine():
            world.drop("run1")
            world.await_state("run1", State.READY)
        (storage,) = world.onedata.state.storages.values()
        assert storage.mount_point == "/volumes/data/run1"


def test_a_file_found_at_start_is_published_like_one_that_comes_later(world):
    folder = world.drop("early")
    with world.engine():
        world.await_state("early", State.READY)
    assert yaml.safe_load((folder / "SPA.yml").read_text())["Onedata"]["Space"]

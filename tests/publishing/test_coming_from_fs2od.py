"""The day after the switch: the migrated config, folders that fs2od has published, and nothing is made twice."""

import stat

import pytest
import yaml

from spacecast.config.fs2od import migrate
from spacecast.ledger import State
from support.earlier_tool import fs2od_config, kept_apart, publish, written
from support.world import wait_for

NAME = "20230505_Demo"
FULL_NAME = f"test123_emc_{NAME}"
OWN = b"# by the booking system\nProject: demo\nUser: {Email: user@example.org}\n"


@pytest.fixture
def switched(world):
    """The world under the config that was made from fs2od's."""
    old = world.folder / "fs2od.yaml"
    old.write_text(yaml.safe_dump(fs2od_config(world)))
    made = migrate(old, old.read_bytes(), secrets_folder=str(world.folder))
    assert made.problems == ()
    values = yaml.safe_load(made.text)
    values["onedata"]["ca_bundle"] = world.values["onedata"]["ca_bundle"]
    values["metadata"]["quiet"] = world.values["metadata"]["quiet"]
    world.values = {**world.values, **values}
    return world


@pytest.fixture
def folder(switched):
    folder = switched.root / NAME
    folder.mkdir()
    (folder / "frame_000.dat").write_bytes(b"\0" * 100)
    return folder


def _made_since(world, before):
    return [(call.method, call.path) for call in list(world.onedata.log)[before:] if call.status == 201]


def _block(folder):
    return yaml.safe_load((folder / "SPA.yml").read_text())["Onedata2"]


def _names(things):
    return [thing.name for thing in things.values()]


def test_what_stands_in_a_file_of_its_own_is_taken_over_and_nothing_is_made_again(switched, folder):
    old = publish(switched, folder, name=FULL_NAME, mount_point=str(folder))
    (folder / ".fs2od").write_bytes(kept_apart(old.block))
    before = len(switched.onedata.log)
    (folder / "SPA.yml").write_bytes(OWN)
    with switched.engine():
        switched.await_state(NAME, State.READY)
    assert _made_since(switched, before) == []
    assert _block(folder) == old.block
    assert (folder / "SPA.yml").read_bytes().startswith(OWN)
    assert (folder / ".fs2od").read_bytes() == kept_apart(old.block)
    state = switched.onedata.state
    assert _names(state.spaces) == _names(state.shares) == [FULL_NAME]
    assert len(state.storages) == 1


def test_the_token_in_the_other_file_is_hidden_from_guests_too(switched, folder):
    old = publish(switched, folder, name=FULL_NAME)
    (folder / ".fs2od").write_bytes(kept_apart(old.block))
    (folder / ".fs2od").chmod(0o775)
    (folder / "SPA.yml").write_bytes(OWN)
    with switched.engine():
        switched.await_state(NAME, State.READY)
        assert stat.S_IMODE((folder / ".fs2od").stat().st_mode) == 0o770
        for name in (".fs2od", "SPA.yml"):
            assert not switched.guest_reads(old.block["PublicURL"], name).ok
        assert switched.guest_reads(old.block["PublicURL"], "frame_000.dat").ok


def test_a_block_in_the_metadata_file_is_taken_over_beside_one_that_says_other_things(switched, folder):
    old = publish(switched, folder, name=FULL_NAME)
    (folder / ".fs2od").write_bytes(b"Onedata2:\n    DeniedProviders: []\n")
    before = len(switched.onedata.log)
    (folder / "SPA.yml").write_bytes(written(old.block))
    with switched.engine():
        switched.await_state(NAME, State.READY)
    assert _made_since(switched, before) == []
    assert _block(folder) == old.block
    assert "Onedata" not in yaml.safe_load((folder / "SPA.yml").read_text())


def test_a_publication_that_fs2od_left_half_made_is_completed(switched, folder):
    old = publish(switched, folder, name=FULL_NAME, without=("share",))
    (folder / ".fs2od").write_bytes(kept_apart(old.block))
    (folder / "SPA.yml").write_bytes(OWN)
    with switched.engine():
        switched.await_state(NAME, State.READY)
    assert old.block.items() <= _block(folder).items()
    assert len(switched.onedata.state.spaces) == len(switched.onedata.state.shares) == 1


def test_a_file_of_its_own_that_cannot_be_read_keeps_the_folder_from_being_published_anew(switched, folder):
    (folder / ".fs2od").write_bytes(b"Onedata2: {Space: [")
    (folder / "SPA.yml").write_bytes(OWN)
    with switched.engine():
        reason = switched.await_state(NAME, State.BLOCKED).reason
        assert ".fs2od" in reason
        assert switched.onedata.state.spaces == {}
        (folder / ".fs2od").unlink()
        (folder / "SPA.yml").write_bytes(OWN + b"# again\n")
        switched.await_state(NAME, State.READY)


def test_a_space_of_another_folder_in_the_other_file_is_not_taken(switched, folder):
    secret = switched.folder / "secret"
    secret.mkdir()
    old = publish(switched, folder, name=FULL_NAME, mount_point=str(secret))
    (folder / ".fs2od").write_bytes(kept_apart(old.block))
    (folder / "SPA.yml").write_bytes(OWN)
    with switched.engine():
        reason = switched.await_state(NAME, State.BLOCKED).reason
    assert f"its storage is on {secret}" in reason
    assert "remove the block Onedata2 from .fs2od" in reason


def test_new_folders_get_the_old_prefixes_and_the_old_running_file_counts(switched):
    with switched.engine():
        new = switched.drop("20240601_New", OWN)
        (new / ".acquiring").touch()
        switched.await_state("20240601_New", State.READY)
        wait_for("it to be live", lambda: switched.dataset("20240601_New").live, 30)
    assert _names(switched.onedata.state.spaces) == ["test123_emc_20240601_New"]
    assert _block(new)["Space"] in switched.onedata.state.spaces

"""A start looks only at what changed while the daemon was not running."""

import pytest

from spacecast.folders import Sighting
from spacecast.ledger import Lying, State
from spacecast.publish.admission import Admission
from spacecast.publish.known import as_seen
from support.world import made, wait_for


@pytest.fixture
def world(tmp_path):
    with made(tmp_path) as world:
        yield world


@pytest.fixture
def settled(monkeypatch):
    """Give the names of the datasets whose metadata file the ledger was asked about, as they come."""
    names, settle = [], Admission.settle

    def noted(admission, sighting):
        names.append(sighting.name)
        return settle(admission, sighting)

    monkeypatch.setattr(Admission, "settle", noted)
    return names


def publish(world, *names):
    with world.engine():
        for name in names:
            world.drop(name)
        for name in names:
            world.await_state(name, State.READY)


def test_a_dataset_that_lies_as_it_did_is_not_asked_about_again(world, settled):
    publish(world, "run1", "run2")
    settled.clear()
    before = len(world.onedata.log)
    with world.engine() as engine:
        wait_for("a scan", engine.discovery.figures, 10)
        world.drop("run3")
        world.await_state("run3", State.READY)
    assert set(settled) == {"run3"}
    assert not any("run1" in str(exchange.body) for exchange in list(world.onedata.log)[before:])


def test_an_edit_made_meanwhile_is_taken_up(world, settled):
    publish(world, "run1", "run2")
    settled.clear()
    file = world.root / "run2" / "SPA.yml"
    file.write_bytes(file.read_bytes() + b"Edited: yes\n")
    with world.engine():
        wait_for("run2 to be looked at", lambda: "run2" in settled, 10)
        world.await_state("run2", State.READY)
    assert set(settled) == {"run2"}


def test_a_folder_that_was_removed_meanwhile_is_missing(world):
    publish(world, "run1", "run2")
    for file in (world.root / "run1").iterdir():
        file.unlink()
    (world.root / "run1").rmdir()
    with world.engine():
        world.await_state("run1", State.MISSING)
        assert world.dataset("run2").state is State.READY


def test_a_dataset_that_was_not_done_is_asked_about(world, settled):
    publish(world, "run1")
    with world.engine() as engine:
        engine._ledger.move(1, State.RETRYING, "interrupted")
    settled.clear()
    with world.engine():
        wait_for("run1 to be looked at", lambda: "run1" in settled, 10)


def test_what_the_ledger_does_not_know_is_not_guessed(tmp_path):
    whole = Lying(str(tmp_path), "run1", "SPA.yml", 1, 2, "3:4:5:6", is_settled=True)
    assert as_seen(tmp_path, whole) == Sighting(tmp_path, "run1", "SPA.yml", (3, 4, 5, 6), folder_identity=(1, 2))
    for missing in ("metadata_name", "device", "inode", "read_stamp"):
        assert as_seen(tmp_path, whole._replace(**{missing: None})) is None

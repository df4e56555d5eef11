"""What is written while a dataset is live can be read while it is."""

import time

import numpy as np
import pytest

from spacecast.folders import DatasetFolder
from spacecast.ledger import State
from support.world import made, wait_for


@pytest.fixture
def world(tiled, request):
    with made(tiled.folder(), tiled.sandbox) as world:
        world.values["tiled"]["path"] = [request.node.name]
        yield world


def test_new_files_of_a_live_dataset_are_cataloged_while_it_runs(world, tiled, monkeypatch):
    monkeypatch.setattr("spacecast.publish.reconcile.LIVE_CATALOG_SECONDS", 0.3)
    with world.engine():
        folder = world.root / "live"
        folder.mkdir()
        (folder / ".running").touch()
        (folder / "SPA.yml").write_text("a: 1\n")
        world.await_state("live", State.READY)
        np.save(folder / "late.npy", np.arange(6).reshape(2, 3))
        dataset = tiled.client[*world.values["tiled"]["path"], "live"]
        wait_for("the array", lambda: "late.npy" in list(dataset), 30)
        assert dataset["late.npy"].read().tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_file_of_a_live_dataset_is_cataloged_within_seconds_of_being_closed(world, tiled, monkeypatch):
    # Not by the regular pass, which is for what no event tells of.
    monkeypatch.setattr("spacecast.publish.reconcile.LIVE_CATALOG_SECONDS", 3600.0)
    folder = world.drop("live", files=1)
    (folder / "deep" / "down").mkdir(parents=True)
    (folder / ".running").touch()
    with world.engine():
        assert world.await_state("live", State.READY).live
        client = tiled.client[*world.values["tiled"]["path"], "live"]
        assert list(client) == ["files"]
        with (folder / "deep" / "down" / "late.npy").open("wb") as file:
            np.save(file, np.arange(6))
        wait_for("the array", lambda: len(list(client)) > 1, 20)
    (key,) = set(client) - {"files"}
    assert client[key].read().tolist() == [0, 1, 2, 3, 4, 5]


def test_a_pass_over_all_files_takes_up_one_that_is_closed_meanwhile(world, tiled, monkeypatch):
    monkeypatch.setattr("spacecast.publish.reconcile.LIVE_CATALOG_SECONDS", 0.3)
    monkeypatch.setattr("spacecast.publish.planned_pass._FILES_BETWEEN_NEWS", 1)
    folder, walk, passes = world.drop("live", files=3), DatasetFolder.files, []
    (folder / ".running").touch()
    found_in_the_middle = []

    def hesitant(self, *args, **options):
        """Walk on, from the second time, only when the catalog has the file that came during the walk."""
        passes.append(self)
        for file in walk(self, *args, **options):
            while len(passes) == 2 and not found_in_the_middle:
                if not (folder / "late.npy").exists():
                    np.save(folder / "late.npy", np.arange(6))
                if "late.npy" in list(tiled.client[*world.values["tiled"]["path"], "live"]):
                    found_in_the_middle.append(file)
                time.sleep(0.05)
                yield file
            yield file

    monkeypatch.setattr(DatasetFolder, "files", hesitant)
    with world.engine():
        wait_for("the array, in the middle of a pass", lambda: found_in_the_middle, 30)
        wait_for("the end of that pass", lambda: len(passes) > 2, 30)
        assert sorted(tiled.client[*world.values["tiled"]["path"], "live"]) == ["files", "late.npy"]

"""Many references are waited for, and downloaded, at little more than the price of a few."""

import sys
import threading
import time

import numpy as np
import pytest

from spacecast import data
from spacecast.data import choosing
from spacecast.data.server import Server

NAME = "run"


@pytest.fixture
def requests(monkeypatch):
    """Count what is asked of the server, as addresses."""
    asked = []
    send = Server._json

    def observed(self, address, params):
        asked.append(address)
        return send(self, address, params)

    monkeypatch.setattr(Server, "_json", observed)
    return asked


@pytest.fixture
def many(facility):
    """Sixty arrays of their own, and a series of twelve images."""
    folder = facility.root / NAME
    folder.mkdir()
    for number in range(60):
        np.save(folder / f"mask_{number}_x.npy", np.arange(number + 1))
    for number in range(12):
        np.save(folder / f"image_{number:04}.npy", np.full((2, 3), number))
    facility.publish(NAME)
    return [data.ref(NAME, path.name) for path in sorted(folder.iterdir())]


def test_all_are_looked_at_at_once_whatever_their_number(many, requests):
    found = data.wait(tuple(many), timeout=0)
    assert [status.ref for status in found] == many
    assert {status.state for status in found} == {"readable"}
    assert len(requests) < 10, requests


def test_some_are_found_in_a_dataset_that_has_far_more(many, requests, monkeypatch):
    monkeypatch.setattr(sys.modules[data.Status.__module__], "_LISTED_AT_THE_PRICE_OF_ONE", 1)
    assert {status.state for status in data.wait(many[-12:], timeout=0)} == {"readable"}
    assert len(requests) > 12


class OneRest(threading.Event):
    """Ends the waiting at its first rest, and keeps how long that was to be."""

    seconds = 0.0

    def wait(self, timeout=None):
        self.seconds = timeout
        self.set()
        return True


def test_what_does_not_come_leaves_the_server_in_peace_for_as_long_as_it_was_busy(many, monkeypatch):
    send = Server._json

    def slow(self, address, params):
        time.sleep(0.02)
        return send(self, address, params)

    monkeypatch.setattr(Server, "_json", slow)
    stop = OneRest()
    with pytest.raises(data.WaitedInVain, match="and 8 more"):
        data.wait([data.ref(NAME, f"absent_{number}.npy") for number in range(9)], stop=stop)
    assert stop.seconds >= 9 * 0.02


def test_files_of_one_series_are_chosen_together(many, requests, tmp_path):
    brought = data.download([one for one in many if "image" in one.file], tmp_path / "stuff", catalog=None)
    assert (brought.files, brought.datasets) == (12, (NAME,))
    assert len(requests) < 10, requests


def test_what_is_named_twice_is_downloaded_once(many, tmp_path):
    brought = data.download([NAME, many[0], many[0], NAME], tmp_path / "stuff", catalog=None)
    assert brought.files == 72
    brought = data.download([many[0], many[-1], many[0]], tmp_path / "some", catalog=None)
    assert brought.files == 1 + 12, "an image comes with its series"
    assert brought.datasets == (NAME,)


def test_files_that_are_no_data_are_each_chosen_without_a_look_at_the_others(facility, tmp_path, monkeypatch):
    folder = facility.root / NAME
    folder.mkdir()
    for number in range(30):
        (folder / f"note_{number}.txt").write_text("it drifts")
    facility.publish(NAME)
    taken_apart, real = [], choosing.safe_parts
    monkeypatch.setattr(choosing, "safe_parts", lambda path: taken_apart.append(path) or real(path))
    brought = data.download([f"{NAME}/note_{number}.txt" for number in range(30)], tmp_path / "stuff", catalog=None)
    assert brought.files == 30
    assert len(taken_apart) < 2 * 30


@pytest.mark.parametrize("before", ["pending", "available"])
def test_what_is_registered_while_its_dataset_is_being_listed_is_not_taken_for_no_data(facility, monkeypatch, before):
    folder = facility.root / NAME
    folder.mkdir()
    (folder / "notes.txt").write_text("it drifts")
    facility.publish(NAME) if before == "available" else facility.mark("pending", name=NAME)
    names = [f"mask_{number}_x.npy" for number in range(12)]
    list_ahead = Server.list_ahead

    def list_and_register(self, container, most):
        list_ahead(self, container, most)
        if not (folder / names[-1]).exists():
            for name in names:
                np.save(folder / name, np.arange(3))
            facility.publish(NAME)

    monkeypatch.setattr(Server, "list_ahead", list_and_register)
    found = data.wait([f"{NAME}/{name}" for name in names], timeout=60)
    assert {status.state for status in found} == {"readable"}

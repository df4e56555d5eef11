"""A file system that hangs holds no more workers than it may, and whoever was refused goes on when it answers."""

import threading
import time
from pathlib import Path

import pytest

from spacecast.folders import DiskHangs, Disks, open_folder
from spacecast.folders import opening as opening_module
from support.folders import Clocks, make_dataset

HERE, THERE = Path("/here"), Path("/there")


class Hung:
    """Calls in threads of their own that do not return before they are let go."""

    def __init__(self, disks: Disks) -> None:
        self._disks = disks
        self._back = threading.Event()
        self._threads: list[threading.Thread] = []

    def call(self, root: Path) -> None:
        entered = threading.Event()

        def body() -> None:
            with self._disks.user(root).asking():
                entered.set()
                self._back.wait(30.0)

        self._threads.append(threading.Thread(target=body))
        self._threads[-1].start()
        assert entered.wait(10.0)

    def end(self) -> None:
        self._back.set()
        for thread in self._threads:
            thread.join(10.0)


@pytest.fixture
def told() -> threading.Event:
    return threading.Event()


@pytest.fixture
def disks(clocks: Clocks, told) -> Disks:
    devices = {HERE: 1, THERE: 2, Path("/there/too"): 2}
    return Disks(2, device_of=devices.__getitem__, on_answer=told.set, clock=clocks.monotonic)


@pytest.fixture
def hung(disks):
    hung = Hung(disks)
    yield hung
    hung.end()


def test_some_may_wait_and_the_next_is_refused_until_it_answers(disks, hung, clocks, told):
    hung.call(THERE)
    hung.call(Path("/there/too"))
    clocks.advance(10.0)
    with pytest.raises(DiskHangs, match="/there does not answer") as refused, disks.user(THERE).asking():
        pass
    assert refused.value.silence.stands()
    with disks.user(HERE).asking():
        assert sorted(disks.silent()) == [("/here", 0.0), ("/there", 10.0), ("/there/too", 10.0)]
    assert not told.is_set()
    hung.end()
    assert told.wait(10.0)
    assert not refused.value.silence.stands()
    with disks.user(THERE).asking():
        assert disks.answers == 3
    assert disks.silent() == []


def test_the_next_waits_a_little_where_answers_come(disks, hung):
    hung.call(THERE)
    hung.call(THERE)
    threading.Timer(0.05, hung.end).start()
    with disks.user(THERE).asking():
        assert ("/there", 0.0) in disks.silent()


def test_several_calls_of_one_work_count_once(disks, clocks):
    user = disks.user(THERE)
    with user.asking(), user.asking(), user.asking():
        clocks.advance(10.0)
        with disks.user(THERE).asking():
            assert disks.is_full(2)
    assert not disks.is_full(2)


def test_a_read_that_was_let_through_is_noted_and_not_refused(disks, hung, clocks):
    hung.call(THERE)
    hung.call(THERE)
    clocks.advance(10.0)
    with disks.user(THERE).going_on():
        assert len(disks.silent()) == 3


def test_everything_that_is_asked_of_a_folder_is_noted(root):
    make_dataset(root, "first")
    disks = Disks(1)
    with open_folder(root, "first", disk=disks.user(root)) as folder:
        marks = [disks.answers]
        for ask in (
            folder.still_there,
            lambda: folder.read("SPA.yml"),
            lambda: list(folder.files()),
            lambda: folder.open("SPA.yml").close(),
        ):
            ask()
            marks.append(disks.answers)
        with folder.open("SPA.yml") as file:
            before = disks.answers
            assert file.read() == b"a: 1\n"
            assert disks.answers > before
    assert marks[0] > 0
    assert marks == sorted(set(marks))
    assert disks.silent() == []


def test_a_folder_that_does_not_open_is_waited_for_and_refused_to_the_next(root, monkeypatch):
    make_dataset(root, "first")
    entered, back = threading.Event(), threading.Event()
    real = opening_module.opened_root

    def hang(path):
        entered.set()
        back.wait(30.0)
        return real(path)

    monkeypatch.setattr(opening_module, "opened_root", hang)
    disks = Disks(1, grace_seconds=0.0)

    def open_it() -> None:
        with open_folder(root, "first", disk=disks.user(root)):
            pass

    thread = threading.Thread(target=open_it)
    thread.start()
    assert entered.wait(10.0)
    with pytest.raises(DiskHangs):
        open_it()
    back.set()
    thread.join(10.0)
    open_it()


def test_noting_costs_little(root):
    user = Disks(2).user(root)
    started = time.thread_time()
    for _ in range(10_000):
        with user.asking():
            pass
    assert time.thread_time() - started < 1.0

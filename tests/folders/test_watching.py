"""Hints by the kernel: each folder that comes, goes or changes is named soon; what is lost shows as a value."""

import errno
import os
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from spacecast.folders import InotifyLimits, Problem, Watcher
from spacecast.folders.inotify import QUEUE_OVERFLOW, Event, Inotify, parse
from spacecast.folders.problems import ProblemBoard
from spacecast.folders.watches import Watches
from support.folders import WANTED, make_dataset, open_descriptors

LIMITS = InotifyLimits(queued_events=16384, instances=128, watches=8192)


class Listener:
    """A watcher with what it said."""

    def __init__(self, **options) -> None:
        self._news = threading.Condition()
        self._settled = 0
        self.hints: list[tuple[Path, str | None]] = []
        self.reported: list[Problem] = []
        self.board = ProblemBoard(lambda problem: self._note(self.reported, problem))
        self.watcher = Watcher(
            lambda root, name: self._note(self.hints, (root, name)),
            self.board,
            is_relevant=WANTED.is_relevant,
            limits=lambda: LIMITS,
            **options,
        )
        self.watcher.start()

    def _note(self, items: list, item: object) -> None:
        with self._news:
            items.append(item)
            self._news.notify_all()

    def wait_for(self, *hint: object, timeout_seconds: float = 5.0) -> None:
        """Wait until this hint was given, and forget all that came."""
        with self._news:
            assert self._news.wait_for(lambda: hint in self.hints, timeout_seconds), self.hints
            self.hints.clear()

    def wait_for_problem(self, kind: str) -> Problem:
        with self._news:
            assert self._news.wait_for(lambda: kind in [each.kind for each in self.reported], 5.0), self.reported
            return next(each for each in self.reported if each.kind == kind)

    def settle(self, root: Path) -> None:
        """Wait until the root is watched and all that happened in it so far was taken in."""
        self.watcher.watch_root(root)
        assert self.watcher.catch_up(5.0)
        self._settled += 1
        marker = f"settled-{self._settled}"
        (root / marker).mkdir()
        self.wait_for(root, marker)


@pytest.fixture
def listen(root) -> Iterator[type[Listener]]:
    listeners: list[Listener] = []

    def start(**options) -> Listener:
        listeners.append(Listener(**options))
        listeners[-1].settle(root)
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.watcher.stop(10.0)


def test_a_new_folder_is_named(root, listen):
    listener = listen()
    make_dataset(root, "first")
    listener.wait_for(root, "first")


def test_a_folder_that_is_moved_in_renamed_and_deleted_is_named_each_time(root, tmp_path, listen):
    listener = listen()
    make_dataset(tmp_path, "outside")
    (tmp_path / "outside").rename(root / "first")
    listener.wait_for(root, "first")
    (root / "first").rename(root / "second")
    listener.wait_for(root, "second")
    (root / "second" / "SPA.yml").write_text("a: 2\n")
    listener.wait_for(root, "second")
    (root / "second" / "SPA.yml").unlink()
    (root / "second").rmdir()
    listener.wait_for(root, "second")


def test_a_metadata_file_that_comes_late_is_noticed(root, listen):
    listener = listen()
    (root / "first").mkdir()
    listener.settle(root)
    make_dataset(root, "first")
    listener.wait_for(root, "first")


def test_edits_in_place_and_by_rename_are_noticed(root, listen):
    listener = listen()
    path = make_dataset(root, "first")
    listener.settle(root)
    path.write_text("a: 2\n")
    listener.wait_for(root, "first")
    (path.parent / ".SPA.yml.swp").write_text("a: 3\n")
    (path.parent / ".SPA.yml.swp").rename(path)
    listener.wait_for(root, "first")


def test_the_running_file_is_noticed_as_it_comes_and_goes(root, listen):
    make_dataset(root, "first")
    listener = listen()
    listener.watcher.watch_folder(root, "first")
    listener.wait_for(root, "first")
    (root / "first" / ".running").touch()
    listener.wait_for(root, "first")
    (root / "first" / ".running").unlink()
    listener.wait_for(root, "first")


def test_data_files_and_hidden_folders_are_none_of_its_business(root, listen):
    make_dataset(root, "first")
    listener = listen()
    listener.watcher.watch_folder(root, "first")
    listener.wait_for(root, "first")
    (root / "first" / "frame_1.tif").write_bytes(b"x")
    (root / ".hidden").mkdir()
    (root / "file").touch()
    (root / "other").mkdir()
    with pytest.raises(AssertionError):
        listener.wait_for(root, "first", timeout_seconds=0.2)
    assert {name for _, name in listener.hints} == {"other"}


def test_looking_and_reading_make_no_events(root, listen):
    path = make_dataset(root, "first")
    listener = listen()
    listener.watcher.watch_folder(root, "first")
    listener.wait_for(root, "first")
    path.read_bytes()
    list(path.parent.iterdir())
    with pytest.raises(AssertionError):
        listener.wait_for(root, "first", timeout_seconds=0.2)


def test_an_unwatched_folder_is_quiet(root, listen):
    path = make_dataset(root, "first")
    listener = listen()
    listener.watcher.watch_folder(root, "first")
    listener.wait_for(root, "first")
    listener.watcher.unwatch_folder(root, "first")
    listener.settle(root)
    path.write_text("a: 2\n")
    with pytest.raises(AssertionError):
        listener.wait_for(root, "first", timeout_seconds=0.2)


def test_folders_of_roots_that_are_not_watched_are_not_watched(root, tmp_path, listen):
    make_dataset(tmp_path / "polled", "first")
    listener = listen()
    listener.watcher.watch_folder(tmp_path / "polled", "first")
    with pytest.raises(AssertionError):
        listener.wait_for(tmp_path / "polled", "first", timeout_seconds=0.2)


def test_a_root_that_is_replaced_is_watched_again_on_request(root, listen):
    listener = listen()
    root.rename(root.with_name("away"))
    listener.wait_for(root, None)
    root.mkdir()
    listener.settle(root)
    (root.with_name("away") / "stranger").mkdir()
    (root / "own").mkdir()
    listener.wait_for(root, "own")
    assert (root, "stranger") not in listener.hints


def test_names_that_are_not_utf8_are_named_with_their_bytes(root, listen):
    listener = listen()
    name = os.fsdecode(b"caf\xe9")
    (root / name).mkdir()
    listener.wait_for(root, name)


def test_of_too_many_folders_the_oldest_are_dropped(root, listen):
    listener = listen(folder_watch_limit=4)
    for number in range(12):
        make_dataset(root, f"d{number}")
        listener.wait_for(root, f"d{number}")
    listener.settle(root)
    (root / "d0" / "SPA.yml").write_text("a: 2\n")
    (root / "d11" / "SPA.yml").write_text("a: 2\n")
    with pytest.raises(AssertionError):
        listener.wait_for(root, "d0", timeout_seconds=0.2)
    assert (root, "d11") in listener.hints


class Overflowing(Inotify):
    """Reports once that the queue has overflowed, as the kernel does."""

    lost = False

    def read(self) -> list[Event]:
        events = super().read()
        if any(event.name == "flood" for event in events):
            return list(parse(struct.pack("iIII", -1, QUEUE_OVERFLOW, 0, 0)))
        return events


def test_an_overflow_asks_for_a_scan_and_tells_the_remedy(root, listen):
    listener = listen(open_inotify=Overflowing)
    (root / "flood").mkdir()
    listener.wait_for(root, None)
    problem = listener.wait_for_problem("queue-overflow")
    assert "sysctl fs.inotify.max_queued_events=65536" in problem.message


class Full(Inotify):
    """Allows a watch on the root only, as if the user's limit were one."""

    is_full = True

    def add(self, folder: Path, mask: int) -> int:
        if Full.is_full and folder.name != "datasets":
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().add(folder, mask)


def test_the_watch_limit_is_a_problem_with_a_remedy_until_it_is_raised(root, listen, monkeypatch):
    listener = listen(open_inotify=Full)
    (root / "first").mkdir()
    listener.wait_for(root, "first")
    problem = listener.wait_for_problem("watch-limit")
    assert "limit 8192" in problem.message
    assert "sysctl fs.inotify.max_user_watches=32768" in problem.message
    monkeypatch.setattr(Full, "is_full", False)
    (root / "second").mkdir()
    listener.wait_for(root, "second")
    assert listener.board.current() == []
    assert len(listener.reported) == 1


def test_the_instance_limit_is_a_problem_and_is_tried_again(root):
    attempts: list[int] = []

    def open_inotify() -> Inotify:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return Inotify()

    listener = Listener(open_inotify=open_inotify)
    try:
        listener.watcher.watch_root(root)
        problem = listener.wait_for_problem("instance-limit")
        assert "sysctl fs.inotify.max_user_instances=512" in problem.message
        listener.settle(root)
        assert listener.board.current() == []
    finally:
        listener.watcher.stop(10.0)


def test_a_stopped_watcher_leaves_no_thread_and_no_descriptor(root):
    before = open_descriptors()
    listener = Listener()
    listener.settle(root)
    listener.watcher.stop(10.0)
    listener.watcher.watch_root(root)
    assert not listener.watcher.is_alive
    assert open_descriptors() == before


def test_a_watcher_that_was_never_started_can_be_stopped(root):
    watcher = Watcher(lambda *_: None, ProblemBoard(lambda _: None), is_relevant=WANTED.is_relevant)
    watcher.watch_root(root)
    watcher.stop(10.0)


def test_several_events_are_parsed_from_one_read():
    name = b"first\0\0\0"
    buffer = struct.pack("iIII", 3, 0x100, 0, len(name)) + name + struct.pack("iIII", -1, QUEUE_OVERFLOW, 0, 0)
    assert list(parse(buffer)) == [Event(3, 0x100, "first"), Event(-1, QUEUE_OVERFLOW, "")]


def test_the_book_of_watches_follows_a_number_that_gets_a_new_place():
    watches, place = Watches(), Path("/data")
    assert watches.put(place, "old", 1) is None
    assert watches.put(place, "new", 1) is None
    assert not watches.has(place, "old")
    assert watches.put(place, "new", 2) == 1
    assert watches.place(1) is None
    assert watches.place(2) == (place, "new")
    assert watches.drop_root(place) == [2]
    assert watches.drop(place, "new") is None

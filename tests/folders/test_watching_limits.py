"""What the kernel refuses a watcher or loses: plain values with a remedy, and nothing stays behind at the end."""

import errno
import struct
from pathlib import Path

from spacecast.folders import Watcher
from spacecast.folders.inotify import QUEUE_OVERFLOW, Event, Inotify, parse
from spacecast.folders.problems import ProblemBoard
from spacecast.folders.watches import Watches
from support.folders import WANTED, open_descriptors
from support.watching import WatcherListener


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

    listener = WatcherListener(open_inotify=open_inotify)
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
    listener = WatcherListener()
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

"""What the kernel cannot or may not watch below a live dataset's folder ends nothing, and is told."""

from pathlib import Path

from spacecast.folders.inotify import QUEUE_OVERFLOW, Event, Inotify
from support.folders import make_dataset


def test_the_number_of_watched_folders_is_bounded(root, live, hear):
    make_dataset(root, "other")
    for number in range(50):
        (live / f"sub{number}").mkdir()
        (root / "other" / f"sub{number}").mkdir()
    heard = hear(folder_limit=40, folder_limit_each=25)
    heard.follower.follow(root, "live")
    heard.follower.follow(root, "other")
    heard.settle()
    heard.settle()
    assert sorted(map(len, heard.follower._watches.values())) == [15, 25]
    (live / "x").write_bytes(b"x")
    heard.wait_for("live")


class Overflowing(Inotify):
    def read(self) -> list[Event]:
        return [Event(-1, QUEUE_OVERFLOW, "")] if super().read() else []


def test_an_overflow_counts_as_activity_everywhere_and_is_told(root, live, hear):
    heard = hear(open_inotify=Overflowing)
    make_dataset(root, "other")
    heard.follower.follow(root, "live")
    heard.follower.follow(root, "other")
    heard.settle()
    (live / "x").write_bytes(b"x")
    heard.wait_for("other")
    assert heard.problems == ["queue-overflow"]


class Full(Inotify):
    def add(self, folder: Path, mask: int) -> int:
        raise OSError(28, "No space left on device")


def test_the_watch_limit_is_told_and_ends_nothing(root, live, hear):
    heard = hear(open_inotify=Full)
    heard.follower.follow(root, "live")
    heard.settle()
    assert heard.problems == ["watch-limit"]

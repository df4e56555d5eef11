"""Everything that is finished below a live dataset's folder is noticed at once, however deep."""

import threading
from pathlib import Path

from spacecast.folders import Discovery, Pace, WatchedFolder, following
from spacecast.folders.inotify import Inotify
from support.folders import WANTED, open_descriptors


def test_what_has_changed_is_named_as_far_as_the_kernel_tells(root, live, hear):
    (live / "a").mkdir()
    (live / "a" / "one.tif").touch()
    heard = hear()
    heard.follower.follow(root, "live")
    heard.settle()
    (live / "a" / "two.tif").write_bytes(b"x")
    heard.wait_for_paths("a/two.tif")
    (live / "a" / "one.tif").rename(live / "three.tif")
    heard.wait_for_paths("a/one.tif", "three.tif")
    (live / "three.tif").unlink()
    heard.wait_for_paths("three.tif")
    (live / "b").mkdir()
    heard.wait_for_paths("b")
    (live / "a").rename(live / "c")
    heard.wait_for_paths(None)


def test_of_very_many_files_at_once_none_is_named(root, live, hear, monkeypatch):
    monkeypatch.setattr(following, "_MOST_PATHS", 10)
    heard = hear()
    heard.follower.follow(root, "live")
    heard.settle()
    heard.follower._listening.order(lambda: [(live / f"{number}.tif").touch() for number in range(50)])
    heard.wait_for_paths(None)


def test_a_file_that_is_closed_is_noticed_at_any_depth_and_in_new_folders(root, live, hear):
    (live / "a" / "b").mkdir(parents=True)
    heard = hear()
    heard.follower.follow(root, "live")
    heard.settle()
    (live / "a" / "b" / "frame.tif").write_bytes(b"x")
    heard.wait_for("live")
    (live / "new" / "newer").mkdir(parents=True)
    heard.wait_for("live")
    (live / "new" / "newer" / "frame.tif").write_bytes(b"x")
    heard.wait_for("live")
    (live / "a" / "b" / "frame.tif").rename(live / "frame.tif")
    heard.wait_for("live")
    (live / "frame.tif").unlink()
    heard.wait_for("live")


def test_a_file_that_is_still_open_and_hidden_files_make_no_noise(root, live, hear):
    heard = hear()
    heard.follower.follow(root, "live")
    heard.settle()
    (live / ".hidden").write_bytes(b"x")
    with (live / "growing.mrc").open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 10_000)
        assert heard.follower.catch_up(10.0)
        assert heard.activity == []
    heard.wait_for("live")


def test_a_folder_with_files_that_is_moved_in_is_noticed(root, live, tmp_path, hear):
    (tmp_path / "outside" / "deep").mkdir(parents=True)
    heard = hear()
    heard.follower.follow(root, "live")
    heard.settle()
    (tmp_path / "outside").rename(live / "inside")
    heard.wait_for("live")
    (live / "inside" / "deep" / "x").write_bytes(b"x")
    heard.wait_for("live")


def test_what_is_live_no_more_is_not_followed(root, live, hear):
    heard = hear()
    heard.follower.follow(root, "live")
    heard.settle()
    heard.follower.unfollow(root, "live")
    heard.settle()
    (live / "x").write_bytes(b"x")
    heard.settle()
    assert heard.activity == []
    assert heard.follower._places == {}
    heard.follower.follow(root, "live")
    heard.wait_for("live")


def test_the_discovery_follows_what_is_live_for_as_long_as_it_is(root, record, live):
    before = threading.active_count(), open_descriptors()
    heard = threading.Event()
    (live / ".running").touch()
    (live / "sub").mkdir()
    reactions = type(record.reactions)(**{**vars(record.reactions), "on_activity": lambda *_: heard.set()})
    discovery = Discovery(
        [WatchedFolder(str(root), rescan_interval_seconds=3600.0)], WANTED, reactions, pace=Pace(0.05)
    )
    discovery.start()
    record.wait_for(lambda: len(record.ready) == 1)
    for _ in range(3):
        assert discovery._events.catch_up(10.0)
    heard.clear()
    (live / "sub" / "x").write_bytes(b"x")
    assert heard.wait(10.0)
    (live / ".running").unlink()
    record.wait_for(lambda: len(record.ready) == 2)
    assert discovery._events.catch_up(10.0)
    heard.clear()
    (live / "sub" / "y").write_bytes(b"x")
    assert discovery._events.catch_up(10.0)
    assert not heard.is_set()
    discovery.stop()
    assert (threading.active_count(), open_descriptors()) == before


def _watched_inodes(descriptor: int) -> set[int]:
    lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines()
    return {int(line.split("ino:")[1].split()[0], 16) for line in lines if line.startswith("inotify")}


def test_a_folder_that_is_swapped_for_a_link_meanwhile_leads_nobody_out_of_the_root(root, live, hear, tmp_path):
    (live / "a" / "b").mkdir(parents=True)
    inside = (live / "a" / "b").stat().st_ino
    outside = tmp_path / "outside"
    (outside / "b" / "c").mkdir(parents=True)
    opened: list[Inotify] = []

    class Swapping(Inotify):
        def __init__(self) -> None:
            super().__init__()
            opened.append(self)
            self._added = 0

        def add(self, folder: Path | str, mask: int) -> int:
            watch = super().add(folder, mask)
            self._added += 1
            if self._added == 2:  # the watch on `a` is there, what is in it not listed yet
                (live / "a").rename(tmp_path / "aside")
                (live / "a").symlink_to(outside)
            return watch

    heard = hear(open_inotify=Swapping)
    heard.follower.follow(root, "live")
    heard.settle()
    others = {folder.stat().st_ino for folder in (outside, outside / "b", outside / "b" / "c")}
    watched = _watched_inodes(opened[0].descriptor)
    assert live.stat().st_ino in watched
    assert not watched & (others | {inside})

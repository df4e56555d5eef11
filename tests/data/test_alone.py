"""One download at a time works in a folder; its lock goes with it, keeps to the folder, and is for everybody in it."""

import errno
import fcntl
import os
import runpy
import stat
import sys
import types

import pytest

from spacecast import data
from spacecast.data import downloading, locking
from spacecast.data.locking import alone_in
from support.downloads import NAME


def is_locked(file):
    with file.open("r+b") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_nobody_begins_in_the_folder_of_a_zip_file_while_it_is_taken_away(facility, published, tmp_path, monkeypatch):
    clear, seen = downloading._clear, []

    def clear_and_look(folder):
        clear(folder)
        seen.append(is_locked(folder / ".partial" / "lock"))
        seen.append([path.name for path in folder.rglob("*")])

    parts = tmp_path / ".stuff.zip.download" / ".partial"
    parts.mkdir(parents=True)
    (parts / "of-another-file").write_bytes(b"cut off")
    monkeypatch.setattr(downloading, "_clear", clear_and_look)
    data.download(f"{NAME}/holder.h5", tmp_path / "stuff.zip", catalog=None)
    assert seen == [True, [".partial", "lock"]]
    assert [path.name for path in tmp_path.iterdir()] == ["stuff.zip"]


def test_whoever_may_write_into_the_folder_may_wait_for_it(tmp_path):
    before = os.umask(0o002)
    try:
        with alone_in(tmp_path / ".partial"):
            assert stat.S_IMODE((tmp_path / ".partial" / "lock").stat().st_mode) == 0o664
    finally:
        os.umask(before)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_is_a_link_is_not_followed(facility, published, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    stuff = tmp_path / "stuff"
    stuff.mkdir()
    (stuff / ".partial").symlink_to(outside)
    with pytest.raises(data.DownloadFailed, match=r"\.partial cannot be made: .*Name another folder"):
        data.download(NAME, stuff, catalog=None)
    (stuff / ".partial").unlink()
    (stuff / ".partial").mkdir()
    (stuff / ".partial" / "lock").symlink_to(outside / "missing" / "lock")
    with pytest.raises(data.DownloadFailed, match="lock cannot be made"):
        data.download(NAME, stuff, catalog=None)
    assert list(outside.iterdir()) == []


def test_a_folder_that_takes_no_lock_is_refused_with_the_reason(facility, published, tmp_path):
    (tmp_path / ".partial").write_text("in the way")
    with pytest.raises(data.DownloadFailed, match=r"\.partial.*cannot be made"):
        data.download(NAME, tmp_path, catalog=None)


def test_ctrl_c_while_others_are_waited_for_leaves_no_lock(tmp_path, monkeypatch):
    lock = locking._lock

    def lock_and_interrupt(descriptor):
        lock(descriptor)
        raise KeyboardInterrupt

    monkeypatch.setattr(locking, "_lock", lock_and_interrupt)
    with pytest.raises(KeyboardInterrupt), alone_in(tmp_path / ".partial"):
        """It is not come to."""
    assert not is_locked(tmp_path / ".partial" / "lock")


def test_a_lock_that_another_computer_has_removed_is_made_anew(tmp_path, monkeypatch):
    lock, asked, before = locking._lock, [], os.fstat

    def stale_once(descriptor):
        asked.append(descriptor)
        if len(asked) == 1:
            raise OSError(errno.ESTALE, "Stale file handle")
        return before(descriptor)

    def locked_with_another_look(descriptor):
        lock(descriptor)
        monkeypatch.setattr(os, "fstat", stale_once)

    monkeypatch.setattr(locking, "_lock", locked_with_another_look)
    with alone_in(tmp_path / ".partial"):
        assert len(asked) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_disk_on_which_no_lock_is_ever_its_own_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(locking, "_is_still", lambda _file, _descriptor: False)
    with pytest.raises(OSError, match=r"No locks available.*lock"), alone_in(tmp_path / ".partial"):
        """It is not come to."""


def test_on_windows_it_is_waited_for_longer_than_the_system_does(tmp_path, monkeypatch):
    asked = []

    def wait_ten_seconds(descriptor, mode, count):
        asked.append((mode, count))
        if len(asked) < 3:
            raise OSError(errno.EDEADLK, "Resource deadlock avoided")

    windows = types.ModuleType("msvcrt")
    windows.LK_LOCK, windows.locking = 1, wait_ten_seconds
    monkeypatch.setitem(sys.modules, "msvcrt", windows)
    with monkeypatch.context() as there:
        there.setattr(sys, "platform", "win32")
        on_windows = runpy.run_path(locking.__file__)
    with on_windows["alone_in"](tmp_path / ".partial"):
        assert len(asked) == 3
    assert list(tmp_path.iterdir()) == []

"""Hints by the kernel: each folder that comes, goes or changes is named soon."""

import os

import pytest

from support.folders import make_dataset


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

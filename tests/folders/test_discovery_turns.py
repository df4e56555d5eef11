"""What the discovery tells, turn by turn, on clocks that move only when told to."""

import os
import shutil
import threading

import pytest

from spacecast.folders import FilesystemType, WatchedFolder
from support.folders import Clocks, make_dataset
from support.turns import late_clocks, make_discovery, pass_time


@pytest.fixture
def clocks() -> Clocks:
    return late_clocks()


def test_a_fresh_dataset_is_seen_at_once_and_ready_when_at_rest(root, discovery, record, clocks):
    make_dataset(root, "first")
    discovery.turn()
    assert [sighting.name for sighting in record.sightings] == ["first"]
    assert record.ready == []
    pass_time(discovery, clocks, 4.0)
    assert record.ready == []
    pass_time(discovery, clocks, 1.5)
    assert record.ready_names == ["first"]


def test_an_unchanged_dataset_is_reported_only_once(root, discovery, record, clocks):
    make_dataset(root, "first")
    pass_time(discovery, clocks, 60.0)
    assert len(record.sightings) == 1
    assert record.ready_names == ["first"]


def test_an_old_dataset_is_ready_at_the_first_scan(root, record):
    clocks = Clocks()
    make_dataset(root, "first")
    clocks.advance(3600.0)
    make_discovery(WatchedFolder(str(root)), record, clocks).turn()
    assert record.ready_names == ["first"]


def test_each_change_makes_it_ready_once_more(root, discovery, record, clocks):
    path = make_dataset(root, "first")
    pass_time(discovery, clocks, 10.0)
    path.write_text("a: 22\n")
    pass_time(discovery, clocks, 10.0)
    assert record.ready_names == ["first", "first"]
    assert record.ready[0].stamp != record.ready[1].stamp


def test_the_running_file_coming_and_going_is_a_change(root, discovery, record, clocks):
    make_dataset(root, "first")
    pass_time(discovery, clocks, 10.0)
    (root / "first" / ".running").touch()
    pass_time(discovery, clocks, 10.0)
    (root / "first" / ".running").unlink()
    pass_time(discovery, clocks, 10.0)
    assert [sighting.running for sighting in record.ready] == [False, True, False]


def test_a_file_that_never_rests_is_reported_and_does_not_hold_up_others(root, discovery, record, clocks):
    make_dataset(root, "calm")
    path = make_dataset(root, "busy")
    for number in range(45):
        path.write_text("x" * (number + 1))
        pass_time(discovery, clocks, 2.0)
    assert record.ready_names == ["calm"]
    ((name, seconds),) = record.restless
    assert name == "busy"
    assert seconds >= 60.0
    pass_time(discovery, clocks, 10.0)
    assert record.ready_names == ["calm", "busy"]


def test_a_file_found_by_a_hint_needs_no_scan(root, discovery, record, clocks):
    discovery.turn()
    make_dataset(root, "first")
    discovery.hint(root, "first")
    assert discovery.turn() <= 2.0
    assert [sighting.name for sighting in record.sightings] == ["first"]


def test_hints_for_unknown_roots_are_ignored(root, tmp_path, discovery, record):
    make_dataset(tmp_path / "stranger", "first")
    discovery.turn()
    discovery.hint(tmp_path / "stranger", "first")
    discovery.hint(tmp_path / "stranger", None)
    discovery.turn()
    assert record.sightings == []


def test_a_removed_metadata_file_or_folder_is_gone_once(root, discovery, record, clocks):
    path = make_dataset(root, "first")
    make_dataset(root, "second")
    pass_time(discovery, clocks, 10.0)
    path.unlink()
    shutil.rmtree(root / "second")
    discovery.hint(root, "first")
    discovery.turn()
    assert record.gone == [(root, "first")]
    pass_time(discovery, clocks, 10.0)
    assert record.gone == [(root, "first"), (root, "second")]


def test_a_renamed_dataset_is_gone_and_new_with_the_same_identity(root, discovery, record, clocks):
    make_dataset(root, "old")
    pass_time(discovery, clocks, 10.0)
    (root / "old").rename(root / "new")
    pass_time(discovery, clocks, 10.0)
    assert record.gone_names == ["old"]
    assert record.ready_names == ["old", "new"]
    assert record.ready[0].folder_identity == record.ready[1].folder_identity


def test_a_deleted_and_recreated_dataset_is_a_change(root, discovery, record, clocks):
    make_dataset(root, "first")
    pass_time(discovery, clocks, 10.0)
    (root / "first").rename(root.parent / "kept-so-that-the-inode-is-not-given-again")
    make_dataset(root, "first")
    pass_time(discovery, clocks, 10.0)
    assert record.ready_names == ["first", "first"]
    assert record.gone == []


def test_a_file_that_goes_while_it_is_waited_for_is_gone_and_never_ready(root, discovery, record, clocks):
    path = make_dataset(root, "first")
    discovery.turn()
    path.unlink()
    pass_time(discovery, clocks, 20.0)
    assert record.ready == []
    assert record.gone_names == ["first"]


def test_a_problem_is_seen_but_never_ready_until_it_is_mended(root, discovery, record, clocks):
    (root / "first").mkdir()
    os.mkfifo(root / "first" / "SPA.yml")
    pass_time(discovery, clocks, 20.0)
    assert [bool(sighting.problem) for sighting in record.sightings] == [True]
    assert record.ready == []
    (root / "first" / "SPA.yml").unlink()
    make_dataset(root, "first")
    pass_time(discovery, clocks, 20.0)
    assert record.ready_names == ["first"]


def test_a_bad_folder_does_not_keep_the_others_from_being_seen(root, discovery, record, clocks):
    for number in range(5):
        make_dataset(root, f"good{number}")
        (root / f"bad{number}").symlink_to("/etc")
    pass_time(discovery, clocks, 10.0)
    assert sorted(record.ready_names) == [f"good{number}" for number in range(5)]
    assert sum(bool(sighting.problem) for sighting in record.sightings) == 5


def test_one_pass_waits_until_everything_is_at_rest(root, discovery, record, clocks):
    make_dataset(root, "first")
    make_dataset(root, "second")
    assert discovery.one_pass(sleep=clocks.advance) == []
    assert sorted(record.ready_names) == ["first", "second"]


def test_one_pass_gives_up_on_files_that_never_rest(root, discovery, record, clocks):
    make_dataset(root, "calm")
    busy = make_dataset(root, "busy")

    def sleep(seconds: float) -> None:
        clocks.advance(seconds)
        busy.write_text(f"{clocks.monotonic()}")

    assert discovery.one_pass(sleep=sleep, give_up_after_seconds=30.0) == [(root, "busy")]
    assert record.ready_names == ["calm"]


def test_one_pass_ends_when_it_is_told_to_stop(root, discovery, record):
    make_dataset(root, "first")
    stop = threading.Event()
    stop.set()
    assert discovery.one_pass(sleep=stop.wait) == [(root, "first")]
    assert record.ready == []


def test_the_stamps_of_a_file_server_are_believed_only_within_its_skew(root, record, monkeypatch):
    nfs = FilesystemType("nfs", 0x6969, reports_remote_writes=False)
    monkeypatch.setattr("spacecast.folders.discovery.filesystem_type", lambda _: nfs)
    clocks = Clocks()
    make_dataset(root, "first")
    clocks.advance(1800.0)
    discovery = make_discovery(WatchedFolder(str(root)), record, clocks)
    discovery.turn()
    assert record.ready == []
    pass_time(discovery, clocks, 5.5)
    assert record.ready_names == ["first"]


def test_many_files_that_come_to_rest_at_once_are_all_ready(root, discovery, record, clocks):
    for number in range(600):
        make_dataset(root, f"d{number}")
    pass_time(discovery, clocks, 10.0)
    assert len(record.ready) == 600

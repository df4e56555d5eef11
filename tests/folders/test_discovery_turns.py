"""What the discovery tells, turn by turn, on clocks that move only when told to."""

import os
import shutil
import threading

import pytest

from spacecast.folders import Discovery, FilesystemType, Pace, WatchedFolder, look
from support.folders import WANTED, Clocks, Record, make_dataset

PACE = Pace(quiet_seconds=5.0, restless_after_seconds=60.0)


@pytest.fixture
def clocks() -> Clocks:
    """Give a wall clock a day behind the disk's, so that nothing is old by it: all waiting is by the monotonic one."""
    clocks = Clocks()
    clocks.step_wall(-86400.0)
    return clocks


@pytest.fixture
def discovery(root, record, clocks) -> Discovery:
    return make_discovery(WatchedFolder(str(root)), record, clocks)


def make_discovery(watched: WatchedFolder, record: Record, clocks: Clocks, **options) -> Discovery:
    options = {"pace": PACE, **options}
    return Discovery([watched], WANTED, record.reactions, clock=clocks.monotonic, wall_clock=clocks.wall, **options)


def survey_of(discovery: Discovery):
    """Return the survey of the only scout."""
    (scout,) = discovery._scouts.values()
    return scout._survey


def pass_time(discovery: Discovery, clocks: Clocks, seconds: float) -> None:
    """Let the discovery do all that comes due within some seconds, each at its time."""
    end = clocks.monotonic() + seconds
    while (wait_seconds := discovery.turn()) <= end - clocks.monotonic():
        clocks.advance(wait_seconds)
    clocks.advance(end - clocks.monotonic())
    discovery.turn()


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


def test_a_lost_mount_is_a_problem_of_the_root_and_nothing_is_gone(root, discovery, record, clocks):
    make_dataset(root, "first")
    waiting = make_dataset(root, "second")
    pass_time(discovery, clocks, 10.0)
    waiting.write_text("a: 2\n# changed just before the mount was lost\n")
    discovery.hint(root, "second")
    discovery.turn()
    root.rename(root.with_name("unmounted"))
    pass_time(discovery, clocks, 20.0)
    root.mkdir()
    discovery.hint(root, "first")
    pass_time(discovery, clocks, 20.0)
    assert record.gone == []
    assert record.problem_kinds == ["root", "root"]
    assert "not mounted" in discovery.problems()[0].message
    root.rmdir()
    root.with_name("unmounted").rename(root)
    pass_time(discovery, clocks, 20.0)
    assert discovery.problems() == []
    assert record.gone == []
    assert record.ready_names == ["first", "second", "second"]


def test_a_root_that_is_lost_in_the_middle_of_a_scan_loses_nothing(root, record, clocks):
    for number in range(10):
        make_dataset(root, f"d{number}")
    discovery = make_discovery(WatchedFolder(str(root)), record, clocks)
    pass_time(discovery, clocks, 10.0)
    survey, looks = survey_of(discovery), []

    def lose_the_root_at_the_third_look() -> bool:
        looks.append(1)
        if len(looks) == 3:
            shutil.rmtree(root / "d0")
            root.rename(root.with_name("unmounted"))
            root.mkdir()
        return True

    survey._between_looks = lose_the_root_at_the_third_look
    pass_time(discovery, clocks, 10.0)
    assert len(looks) > 3
    assert record.gone == []
    root.rmdir()
    root.with_name("unmounted").rename(root)
    pass_time(discovery, clocks, 10.0)
    assert record.gone_names == ["d0"]


def test_new_roots_of_a_pattern_are_found(root, record, clocks):
    discovery = make_discovery(WatchedFolder(f"{root}/*/data"), record, clocks)
    make_dataset(root / "alice" / "data", "first")
    pass_time(discovery, clocks, 10.0)
    make_dataset(root / "bob" / "data", "second")
    pass_time(discovery, clocks, 10.0)
    assert record.ready_names == ["first", "second"]
    assert record.ready[1].root == root / "bob" / "data"


def test_what_an_earlier_run_knew_and_is_no_more_is_gone(root, discovery, record, clocks):
    make_dataset(root, "still-there")
    discovery.expect(root, ["still-there", "deleted-meanwhile"])
    pass_time(discovery, clocks, 10.0)
    assert record.ready_names == ["still-there"]
    assert record.gone_names == ["deleted-meanwhile"]


def test_what_lies_as_it_did_is_no_news_when_devices_have_been_numbered_anew(root, discovery, record, clocks):
    make_dataset(root, "first")
    make_dataset(root, "second")
    first, second = (look(root, name, WANTED) for name in ("first", "second"))
    moved = [each._replace(folder_identity=(4711, each.folder_identity[1])) for each in (first, second)]
    (root / "second" / "SPA.yml").write_text("a: 2\n")
    discovery.expect(root, (), moved)
    pass_time(discovery, clocks, 10.0)
    assert [sighting.name for sighting in record.sightings] == ["second"]
    assert record.gone == []


def test_an_empty_root_in_which_datasets_were_known_is_not_believed(root, discovery, record, clocks):
    discovery.expect(root, ["known"])
    pass_time(discovery, clocks, 10.0)
    assert record.gone == []
    assert record.problem_kinds == ["root"]


def test_a_configured_interval_is_kept(root, record, clocks):
    discovery = make_discovery(WatchedFolder(str(root), rescan_interval_seconds=30.0), record, clocks)
    assert discovery.turn() == pytest.approx(30.0)
    make_dataset(root, "first")
    pass_time(discovery, clocks, 29.0)
    assert record.sightings == []
    pass_time(discovery, clocks, 2.0)
    assert len(record.sightings) == 1


def test_a_scan_can_be_asked_for(root, discovery, record, clocks):
    discovery.turn()
    make_dataset(root, "first")
    discovery.scan_now()
    discovery.turn()
    assert len(record.sightings) == 1
    assert discovery.figures()[root].datasets == 1


def test_hints_are_served_in_the_middle_of_a_scan(root, record, clocks):
    for number in range(10):
        make_dataset(root, f"d{number}")
    discovery = make_discovery(WatchedFolder(str(root)), record, clocks)
    pass_time(discovery, clocks, 10.0)
    record.sightings.clear()
    make_dataset(root, "urgent")
    (root / "d5" / "SPA.yml").write_text("b: 333\n")
    asked = []
    real = survey_of(discovery)._between_looks

    def hint_at_the_first_look() -> bool:
        if not asked:
            asked.append(discovery.hint(root, "urgent"))
        return real()

    survey_of(discovery)._between_looks = hint_at_the_first_look
    discovery.scan_now(root)
    discovery.turn()
    assert record.sightings[0].name == "urgent"
    assert sorted(sighting.name for sighting in record.sightings) == ["d5", "urgent"]
    pass_time(discovery, clocks, 10.0)
    assert record.gone == []


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


def test_a_flood_of_hints_does_not_keep_a_scan_from_going_on(root, record, clocks):
    for number in range(20):
        make_dataset(root, f"d{number}")
    discovery = make_discovery(WatchedFolder(str(root), rescan_interval_seconds=3600.0), record, clocks)
    pass_time(discovery, clocks, 10.0)
    make_dataset(root, "found-by-the-scan-only")
    survey, looks = survey_of(discovery), []
    real_look = survey.look

    def look_and_hint_again(key) -> None:
        looks.append(key)
        real_look(key)
        discovery.hint(root, f"d{len(looks) % 20}")

    survey.look = look_and_hint_again
    discovery.hint(root, "d0")
    discovery.scan_now(root)
    assert discovery.turn() == 0.0
    assert record.sightings[-1].name == "found-by-the-scan-only"
    assert len(looks) > 200


def test_many_files_that_come_to_rest_at_once_are_all_ready(root, discovery, record, clocks):
    for number in range(600):
        make_dataset(root, f"d{number}")
    pass_time(discovery, clocks, 10.0)
    assert len(record.ready) == 600


def test_a_root_that_is_not_scanned_for_long_is_overdue_until_it_is(root, discovery, record, clocks, tmp_path):
    discovery.turn()
    assert discovery.overdue_scans() == {}
    root.rename(tmp_path / "away")
    pass_time(discovery, clocks, 400.0)
    ((path, seconds),) = discovery.overdue_scans().items()
    assert path == root
    assert seconds > 300.0
    (tmp_path / "away").rename(root)
    pass_time(discovery, clocks, 5.0)
    assert discovery.overdue_scans() == {}


def test_a_long_interval_between_scans_is_not_overdue(root, record, clocks):
    discovery = make_discovery(WatchedFolder(str(root), rescan_interval_seconds=3600.0), record, clocks)
    discovery.turn()
    clocks.advance(3000.0)
    assert discovery.overdue_scans() == {}

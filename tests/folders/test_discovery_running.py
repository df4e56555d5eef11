"""The discovery as it runs: threads, real inotify, real time; quick to notice and quick to end."""

import dataclasses
import shutil
import threading
import time
from collections.abc import Iterator

import pytest

from spacecast.folders import Discovery, Pace, Reactions, WatchedFolder
from spacecast.folders.inotify import Inotify
from support.folders import WANTED, make_dataset, open_descriptors

QUICK = Pace(quiet_seconds=0.05)
NEVER = 3600.0


@pytest.fixture
def run(root, record) -> Iterator[object]:
    started: list[Discovery] = []

    def start(**options) -> Discovery:
        watched = WatchedFolder(str(root), rescan_interval_seconds=NEVER, **options.pop("watched", {}))
        discovery = Discovery([watched], WANTED, record.reactions, **{"pace": QUICK, **options})
        started.append(discovery)
        discovery.start()
        record.wait_for(lambda: root in discovery.figures() or bool(discovery.problems()))
        assert discovery._events.catch_up(5.0)
        return discovery

    # The reactions wake a waiting test, and the end of the first scan is none of them: a dataset marks it.
    make_dataset(root, "zero")
    yield start
    for discovery in started:
        discovery.stop()
        assert discovery.failure is None


@pytest.fixture
def running(run, record) -> Discovery:
    discovery = run()
    record.wait_for(lambda: record.ready_names == ["zero"])
    record.ready.clear()
    return discovery


def test_a_dataset_that_is_dropped_is_ready_without_a_scan(root, running, record):
    make_dataset(root, "first")
    record.wait_for(lambda: record.ready_names == ["first"])


def test_a_late_metadata_file_and_an_edit_are_noticed_without_a_scan(root, running, record):
    (root / "first").mkdir()
    time.sleep(0.05)
    path = make_dataset(root, "first")
    record.wait_for(lambda: record.ready_names == ["first"])
    path.write_text("a: 2\n# edited\n")
    record.wait_for(lambda: record.ready_names == ["first", "first"])


def test_a_folder_that_is_moved_in_complete_is_ready(root, tmp_path, running, record):
    make_dataset(tmp_path, "outside")
    (tmp_path / "outside").rename(root / "first")
    record.wait_for(lambda: record.ready_names == ["first"])


def test_the_end_of_an_acquisition_is_noticed_without_a_scan(root, running, record):
    (root / "live").mkdir()
    (root / "live" / ".running").touch()
    make_dataset(root, "live")
    record.wait_for(lambda: [each.running for each in record.ready] == [True])
    (root / "live" / ".running").unlink()
    record.wait_for(lambda: [each.running for each in record.ready] == [True, False])


def test_deleted_and_renamed_datasets_are_noticed_without_a_scan(root, running, record):
    make_dataset(root, "first")
    make_dataset(root, "second")
    record.wait_for(lambda: sorted(record.ready_names) == ["first", "second"])
    (root / "first").rename(root / "third")
    shutil.rmtree(root / "second")
    record.wait_for(lambda: sorted(record.gone_names) == ["first", "second"] and "third" in record.ready_names)


def test_many_datasets_at_once_are_all_ready(root, running, record):
    for number in range(200):
        make_dataset(root, f"d{number}")
    record.wait_for(lambda: len(record.ready) >= 200)
    assert sorted(record.ready_names) == sorted(f"d{number}" for number in range(200))


def test_events_can_be_turned_off_and_the_scan_still_finds_everything(root, run, record):
    discovery = run(watched={"events": "poll"})
    make_dataset(root, "first")
    time.sleep(0.2)
    assert "first" not in record.ready_names
    discovery.scan_now()
    record.wait_for(lambda: "first" in record.ready_names)


def wait_until(condition, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


class Broken(Inotify):
    def __init__(self) -> None:
        raise OSError(24, "Too many open files")


def test_without_inotify_the_scan_finds_everything_and_the_operator_is_told(root, run, record):
    discovery = run(open_inotify=Broken)
    record.wait_for(lambda: "instance-limit" in record.problem_kinds)
    make_dataset(root, "first")
    discovery.scan_now(root)
    record.wait_for(lambda: "first" in record.ready_names)
    assert [problem.kind for problem in discovery.problems()] == ["instance-limit"]


def test_it_ends_quickly_and_leaves_nothing_behind(root, record):
    threads, descriptors = threading.active_count(), open_descriptors()
    discovery = Discovery([WatchedFolder(str(root))], WANTED, record.reactions)
    make_dataset(root, "first")
    discovery.start()
    record.wait_for(lambda: len(record.sightings) == 1)
    started = time.monotonic()
    discovery.stop()
    assert time.monotonic() - started < 1.0
    assert threading.active_count() == threads
    assert open_descriptors() == descriptors


def test_it_ends_quickly_in_the_middle_of_a_scan(root):
    for number in range(500):
        make_dataset(root, f"d{number}")
    seen = threading.Event()
    sightings = []

    def slow(sighting):
        sightings.append(sighting)
        seen.set()
        time.sleep(0.01)

    nothing = lambda *_: None  # noqa: E731  one reaction that does nothing
    discovery = Discovery([WatchedFolder(str(root))], WANTED, Reactions(slow, nothing, nothing, nothing, nothing))
    discovery.start()
    assert seen.wait(5.0)
    discovery.stop()
    assert len(sightings) < 500


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_in_a_reaction_is_kept_for_the_service_to_see(root, record):
    def fail(_sighting) -> None:
        raise RuntimeError("the reaction is broken")

    make_dataset(root, "first")
    reactions = dataclasses.replace(record.reactions, on_sighting=fail)
    discovery = Discovery([WatchedFolder(str(root))], WANTED, reactions)
    discovery.start()
    wait_until(lambda: discovery.failure is not None)
    discovery.stop()
    assert str(discovery.failure) == "the reaction is broken"


def test_a_hundred_sightings_cost_memory_for_a_hundred_only(root, record):
    discovery = Discovery([WatchedFolder(str(root))], WANTED, record.reactions, pace=QUICK)
    for number in range(100):
        make_dataset(root, f"d{number}")
    assert discovery.one_pass() == []
    assert len(record.ready) == 100
    assert discovery.figures()[root].datasets == 100

"""A file system that hangs, as NFS does without its server, stops the look at its own roots only, and is told of."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from spacecast.folders import Discovery, Pace, WatchedFolder
from spacecast.folders import roots as roots_module
from spacecast.folders import survey as survey_module
from spacecast.folders.cycle import Cycle
from spacecast.folders.inotify import Inotify
from support.folders import WANTED, make_dataset, open_descriptors

QUICK = Pace(quiet_seconds=0.05, least_interval_seconds=0.05)
OTHER_DEVICE = 4711


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Give two roots that are on file systems of their own, as far as the discovery can tell."""
    here, there = tmp_path.resolve() / "here", tmp_path.resolve() / "there"
    here.mkdir()
    there.mkdir()
    real = roots_module.Roots.check

    def check(self, root):
        state = real(self, root)
        if root.path != there or state.identity is None:
            return state
        return roots_module.RootState(root, (OTHER_DEVICE, state.identity[1]), state.problem)

    monkeypatch.setattr(roots_module.Roots, "check", check)
    return here, there


class Clock:
    """The real clock, which can be put forward."""

    ahead_seconds = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_seconds


def wait_until(condition, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def dead_server(monkeypatch):
    """Give a function that makes each scan of a root hang, and an event that lets it go on."""
    real, hung, gone = survey_module.scan, set(), threading.Event()
    entered, back = threading.Event(), threading.Event()

    def scan(root: Path, wanted, **options):
        if root in hung and gone.is_set():
            entered.set()
            back.wait(30.0)
        return real(root, wanted, **options)

    monkeypatch.setattr(survey_module, "scan", scan)

    def die(root: Path) -> None:
        hung.add(root)
        gone.set()
        assert entered.wait(10.0)

    yield die, back
    back.set()


def test_the_other_root_goes_on_and_the_hang_is_told_once(places, record, dead_server):
    here, there = places
    die, back = dead_server
    clock = Clock()
    watched = [WatchedFolder(str(place), events="poll") for place in places]
    discovery = Discovery(watched, WANTED, record.reactions, pace=QUICK, clock=clock)
    make_dataset(there, "before")
    discovery.start()
    record.wait_for(lambda: record.ready_names == ["before"])
    die(there)
    make_dataset(there, "there")
    make_dataset(here, "here")
    record.wait_for(lambda: "here" in record.ready_names)
    assert discovery.look_for_hangs() == []
    clock.ahead_seconds = 60.0
    # The other scout may be in the middle of a turn as the clock is put forward, and shows life by the next one.
    wait_until(lambda: discovery.look_for_hangs() == [f"{there} does not answer"])
    told = [problem for problem in record.problems if problem.subject == str(there)]
    assert [problem.kind for problem in told] == ["hangs"]
    assert "Check the mount" in told[0].message
    assert record.gone == []
    back.set()
    record.wait_for(lambda: "there" in record.ready_names)
    wait_until(lambda: discovery.look_for_hangs() == [] and discovery.problems() == [])
    discovery.stop()
    assert discovery.failure is None


def test_it_ends_although_a_root_hangs(places, record, dead_server, monkeypatch):
    monkeypatch.setattr("spacecast.folders.discovery._STOP_SECONDS", 0.1)
    die, back = dead_server
    discovery = Discovery([WatchedFolder(str(places[1]))], WANTED, record.reactions, pace=QUICK)
    discovery.start()
    die(places[1])
    make_dataset(places[1], "late")
    discovery.stop()
    back.set()
    for scout in discovery._scouts.values():
        assert scout.cycle.join(10.0)
    assert record.sightings == []


def test_a_reaction_that_waits_is_no_hang(places, record):
    waiting, go_on, clock = threading.Event(), threading.Event(), Clock()

    def wait(_sighting) -> None:
        waiting.set()
        go_on.wait(30.0)

    reactions = type(record.reactions)(**{**vars(record.reactions), "on_sighting": wait})
    discovery = Discovery([WatchedFolder(str(places[0]))], WANTED, reactions, pace=QUICK, clock=clock)
    make_dataset(places[0], "first")
    discovery.start()
    assert waiting.wait(10.0)
    clock.ahead_seconds = 60.0
    assert discovery.look_for_hangs() == []
    go_on.set()
    discovery.stop()


def test_a_closer_look_that_hangs_holds_up_its_own_file_system_and_is_told(places, record):
    here, there = places
    stuck, back, clock = threading.Event(), threading.Event(), Clock()

    def look_closer(sighting):
        if sighting.root == there:
            stuck.set()
            back.wait(30.0)
        return sighting._replace(former=len(sighting.name))

    reactions = replace(record.reactions, look_closer=look_closer)
    watched = [WatchedFolder(str(place), events="poll") for place in places]
    discovery = Discovery(watched, WANTED, reactions, pace=QUICK, clock=clock)
    make_dataset(there, "there")
    discovery.start()
    assert stuck.wait(10.0)
    make_dataset(here, "here")
    record.wait_for(lambda: [(sighting.name, sighting.former) for sighting in record.ready] == [("here", 4)])
    clock.ahead_seconds = 60.0
    wait_until(lambda: discovery.look_for_hangs() == [f"{there} does not answer"])
    back.set()
    record.wait_for(lambda: "there" in record.ready_names)
    discovery.stop()
    assert discovery.failure is None


def test_a_cycle_is_silent_only_within_a_turn():
    clock, turned = Clock(), threading.Event()
    in_turn, go_on = threading.Event(), threading.Event()

    def turn() -> float:
        in_turn.set()
        go_on.wait(30.0)
        turned.set()
        return 3600.0

    cycle = Cycle("a cycle", turn, clock=clock)
    cycle.start()
    assert in_turn.wait(10.0)
    clock.ahead_seconds = 100.0
    assert cycle.silent_seconds() >= 99.0
    go_on.set()
    assert turned.wait(10.0)
    cycle.order_stop()
    assert cycle.join(10.0)
    assert cycle.silent_seconds() == 0.0


class HangingInotify(Inotify):
    """The kernel's, but for a folder that cannot be watched, since its file system hangs."""

    entered, back = threading.Event(), threading.Event()

    def add(self, folder: Path | str, mask: int) -> int:
        if Path(folder).resolve().name == "hung":
            self.entered.set()
            self.back.wait(60.0)
        return super().add(folder, mask)


def test_it_ends_although_the_watcher_and_the_follower_hang(root, record, monkeypatch):
    monkeypatch.setattr("spacecast.folders.discovery._STOP_SECONDS", 0.1)
    make_dataset(root, "hung")
    (root / "hung" / ".running").touch()
    before = open_descriptors()
    options = {"pace": QUICK, "open_inotify": HangingInotify}
    discovery = Discovery([WatchedFolder(str(root), events="inotify")], WANTED, record.reactions, **options)
    discovery.start()
    assert HangingInotify.entered.wait(10.0)
    started = time.monotonic()
    discovery.stop()
    assert time.monotonic() - started < 30.0
    heard = len(record.ready)
    HangingInotify.back.set()
    for each in (discovery._events.watcher, discovery._events.follower):
        assert each.stop(10.0)
    assert len(record.ready) == heard
    assert discovery.failure is None
    assert open_descriptors() == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_watcher_that_dies_is_a_failure_of_the_discovery(root, record, monkeypatch):
    discovery = Discovery([WatchedFolder(str(root), events="inotify")], WANTED, record.reactions, pace=QUICK)
    discovery.start()
    make_dataset(root, "first")
    record.wait_for(lambda: record.ready_names == ["first"])
    assert discovery.failure is None
    monkeypatch.setattr("spacecast.folders.watches.Watches.place", lambda *_: 1 / 0)
    make_dataset(root, "second")
    wait_until(lambda: isinstance(discovery.failure, ZeroDivisionError))
    discovery.stop()

"""Health is refused for what a person or a supervisor has to act on, and never waits for what hangs."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from spacecast.folders import Problem
from spacecast.ledger import LedgerTrouble
from spacecast.service.monitoring.health import STALE_SECONDS, Examiner
from spacecast.service.watchdog import STUCK_SECONDS


@dataclass
class Lane:
    name: str = "link lane"
    progress: int = 0
    is_full: bool = False


@dataclass
class Discovery:
    failure: BaseException | None = None
    late: dict[Path, float] = field(default_factory=dict)
    standing: list[Problem] = field(default_factory=list)

    def problems(self):
        return self.standing

    def overdue_scans(self):
        return self.late


@dataclass
class Work:
    lanes: tuple[Lane, ...] = field(default_factory=lambda: (Lane(), Lane("bulk lane")))


@dataclass
class Engine:
    work: Work = field(default_factory=Work)
    discovery: Discovery = field(default_factory=Discovery)


class Books:
    """A ledger that can be written, unless it is told otherwise."""

    trouble: Exception | None = None

    def check_in_place(self):
        return None

    def prove_writable(self):
        if self.trouble is not None:
            raise self.trouble


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def books():
    return Books()


@pytest.fixture
def examiner(engine, books, clock):
    return Examiner(engine, books, clock=clock)


def test_without_trouble_it_is_well(examiner):
    examiner.look()
    assert examiner.health().is_healthy


def test_a_lane_that_ends_nothing_while_all_its_workers_are_taken_is_named(examiner, engine, clock):
    engine.work.lanes[1].is_full = True
    examiner.look()
    clock.now = STUCK_SECONDS - 1
    examiner.look()
    assert examiner.health().is_healthy
    clock.now = STUCK_SECONDS + 1
    examiner.look()
    assert examiner.health().reasons == ("the bulk lane hangs for 30 min",)
    engine.work.lanes[1].progress += 1
    examiner.look()
    assert examiner.health().is_healthy


def test_a_ledger_that_cannot_be_written_is_named_with_its_remedy(examiner, books):
    books.trouble = LedgerTrouble("The ledger cannot be used: database or disk is full")
    examiner.look()
    health = examiner.health()
    assert not health.is_healthy
    assert not health.is_ledger_writable
    assert health.reasons == ("The ledger cannot be used: database or disk is full",)


def test_a_folder_that_was_not_scanned_for_long_is_named_with_what_is_wrong_with_it(examiner, engine):
    engine.discovery.late = {Path("/data"): 1200.0}
    engine.discovery.standing = [Problem("root", "/data", "/data cannot be opened: mount it.")]
    examiner.look()
    assert examiner.health().reasons == ("/data was not scanned for 20 min. /data cannot be opened: mount it.",)


def test_a_discovery_that_has_ended_is_told(examiner, engine):
    engine.discovery.failure = MemoryError()
    examiner.look()
    assert examiner.health().reasons == ("the discovery has ended: MemoryError",)


def test_a_ledger_that_hangs_shows_although_nobody_can_ask_it(engine, clock):
    hanging, entered = threading.Event(), threading.Event()

    class Hanging(Books):
        def prove_writable(self):
            entered.set()
            hanging.wait(30)

    examiner = Examiner(engine, Hanging(), clock=clock)
    examiner.start()
    assert entered.wait(10)
    assert examiner.health().is_healthy
    clock.now = STALE_SECONDS + 1
    assert examiner.health().reasons == ("the ledger has not answered for 61 s: look at its disk, or its server",)
    hanging.set()
    examiner.stop()

"""How often the disk is looked at: seldom enough to cost little, often enough whatever has happened meanwhile."""

import pytest

from spacecast.folders import Discovery, FilesystemType, Pace, WatchedFolder
from spacecast.folders import survey as survey_module
from spacecast.folders.pacing import Budget, Effort
from support.folders import WANTED, Clocks, Record, make_dataset

PACE = Pace(quiet_seconds=5.0)
HOUR = 3600.0


def make_discovery(folder, record: Record, clocks: Clocks, **options) -> Discovery:
    times = {"clock": clocks.monotonic, "wall_clock": clocks.wall, "thread_clock": clocks.thread}
    return Discovery([WatchedFolder(str(folder))], WANTED, record.reactions, **{"pace": PACE, **times, **options})


@pytest.fixture
def scan_takes(monkeypatch, clocks):
    """Give a function that says what happens in the middle of each scan of a root."""
    real = survey_module.scan
    happening = []

    def scan(root, wanted, **options):
        for happen in happening:
            happen()
        return real(root, wanted, **options)

    monkeypatch.setattr(survey_module, "scan", scan)
    return happening.append


@pytest.mark.parametrize(
    ("processor_seconds", "interval_seconds"), [(0.0, 2.0), (0.1, 10.0), (0.5, 50.0), (9.0, 120.0)]
)
def test_the_automatic_interval_follows_the_processor_time_of_a_scan(
    root, record, clocks, scan_takes, processor_seconds, interval_seconds
):
    scan_takes(lambda: clocks.work(processor_seconds))
    discovery = make_discovery(root, record, clocks)
    discovery.turn()
    (scout,) = discovery._scouts.values()
    assert scout.turn() == pytest.approx(interval_seconds)


def test_a_scan_is_repeated_at_once_after_the_file_system_hung(root, record, clocks, scan_takes):
    hangs = [HOUR]
    scan_takes(lambda: clocks.advance(hangs.pop() if hangs else 0.0))
    discovery = make_discovery(root, record, clocks)
    assert discovery.turn() <= PACE.least_interval_seconds
    make_dataset(root, "new")
    clocks.advance(PACE.least_interval_seconds)
    discovery.turn()
    assert [sighting.name for sighting in record.sightings] == ["new"]
    assert discovery.figures()[root].seconds < 1.0


def test_a_pattern_is_expanded_anew_soon_after_it_hung(root, record, clocks, monkeypatch):
    hangs = [HOUR]
    monkeypatch.setattr(
        "spacecast.folders.roots.glob.glob",
        lambda _: (clocks.advance(hangs.pop()) if hangs else None, [str(path) for path in root.iterdir()])[1],
    )
    discovery = make_discovery(f"{root}/*", record, clocks)
    assert discovery.turn() <= PACE.least_interval_seconds
    make_dataset(root / "alice", "new")
    clocks.advance(PACE.least_interval_seconds)
    discovery.turn()
    assert [sighting.name for sighting in record.sightings] == ["new"]


def test_what_a_reaction_waits_for_does_not_put_off_the_next_scan(root, record, clocks):
    make_dataset(root, "first")

    def wait_for_the_ledger(_sighting) -> None:
        clocks.advance(HOUR)
        clocks.work(HOUR)

    reactions = type(record.reactions)(**{**vars(record.reactions), "on_sighting": wait_for_the_ledger})
    times = {"clock": clocks.monotonic, "wall_clock": clocks.wall, "thread_clock": clocks.thread}
    discovery = Discovery([WatchedFolder(str(root))], WANTED, reactions, pace=PACE, **times)
    assert discovery.turn() <= PACE.quiet_seconds
    assert discovery.figures()[root].seconds < 1.0
    (scout,) = discovery._scouts.values()
    assert scout._scans.next_due() <= clocks.monotonic() + PACE.least_interval_seconds


@pytest.mark.parametrize(("is_local", "interval_seconds"), [(True, 120.0), (False, 300.0)])
def test_a_slow_server_is_asked_for_half_of_the_time_but_never_too_seldom(
    root, record, clocks, scan_takes, monkeypatch, is_local, interval_seconds
):
    kind = FilesystemType("any", 0, reports_remote_writes=is_local)
    monkeypatch.setattr("spacecast.folders.discovery.filesystem_type", lambda _: kind)
    for number in range(100):
        make_dataset(root, f"d{number}")
    discovery = make_discovery(root, record, clocks)
    discovery.turn()
    (scout,) = discovery._scouts.values()
    real = scout._survey._between_looks
    scout._survey._between_looks = lambda: (clocks.advance(20.0), real())[1]
    record.sightings.clear()
    discovery.scan_now()
    clocks.advance(10.0)
    discovery.turn()
    assert discovery.figures()[root].seconds == pytest.approx(2000.0, rel=0.1)
    assert scout._scans.next_due() - clocks.monotonic() == pytest.approx(interval_seconds)
    assert discovery.overdue_scans() == {}
    clocks.advance(20000.0)
    assert list(discovery.overdue_scans()) == [root]


@pytest.mark.parametrize("number", [1, 10, 300, 2000])
def test_however_many_roots_there_are_they_share_one_budget(number):
    budget = Budget(PACE)
    costs = {root: 0.0002 if root % 10 else 0.0008 for root in range(number)}
    for root, seconds in costs.items():
        budget.interval_seconds(root, Effort(seconds, seconds))
    intervals = {root: budget.interval_seconds(root, Effort(seconds, seconds)) for root, seconds in costs.items()}
    share = sum(costs[root] / intervals[root] for root in costs)
    assert share <= PACE.scan_cost_share * 1.001
    assert share >= PACE.scan_cost_share * 0.9 or max(intervals.values()) <= PACE.least_interval_seconds


def test_a_small_root_does_not_wait_for_a_large_one():
    budget = Budget(PACE)
    for _ in range(2):
        large = budget.interval_seconds("large", Effort(1.0, 1.0))
        small = budget.interval_seconds("small", Effort(0.0001, 0.0001))
    assert large == pytest.approx(100.0, rel=0.02)
    assert small == PACE.least_interval_seconds


def test_an_interval_that_was_asked_for_is_kept_and_costs_the_others_nothing():
    budget = Budget(PACE)
    assert budget.interval_seconds("asked", Effort(100.0, 100.0, hangs=1), asked_seconds=7.0) == 7.0
    assert budget.interval_seconds("other", Effort(0.1, 0.1)) == pytest.approx(10.0)

"""Of a live dataset what was finished is looked at soon, and everything seldom enough to leave time for others."""

from pathlib import Path

import pytest

from spacecast.publish.live import GATHER_SECONDS, LivePace

HERE = (Path("/data"), "run1")
FRAME, LATE = "frame.tif", "part/late.tif"


@pytest.fixture
def pace(clock):
    return LivePace(clock)


def go_through(pace, clock, seconds):
    """Give what a pass looks at that takes so long."""
    with pace.going_through(*HERE) as paths:
        clock.now += seconds
    return paths


def test_everything_is_gone_through_first_and_then_what_was_heard_of(pace, clock):
    assert go_through(pace, clock, seconds=30.0) is None
    pace.hear(*HERE, frozenset({FRAME}))
    pace.hear(*HERE, frozenset({LATE}))
    assert pace.pause_seconds(*HERE) == GATHER_SECONDS
    assert go_through(pace, clock, seconds=2.0) == {FRAME, LATE}
    assert pace.pause_seconds(*HERE) == 2.0, "half of the time"
    clock.now += 0.5
    assert pace.pause_seconds(*HERE) == 1.5, "since the end of the pass"
    assert go_through(pace, clock, seconds=0.1) == frozenset()


def test_everything_is_gone_through_again_once_its_cost_allows_it(pace, clock):
    go_through(pace, clock, seconds=30.0)
    assert pace.next_pass_seconds(*HERE, least_seconds=10.0) == 120.0
    clock.now += 120.0
    assert pace.next_pass_seconds(*HERE, least_seconds=10.0) == 10.0
    pace.hear(*HERE, frozenset({FRAME}))
    assert go_through(pace, clock, seconds=30.0) is None
    assert go_through(pace, clock, seconds=1.0) == frozenset(), "what was heard of is in the pass over everything"


def test_a_small_dataset_is_gone_through_as_a_whole_each_time(pace, clock):
    go_through(pace, clock, seconds=0.1)
    pace.hear(*HERE, frozenset({FRAME}))
    clock.now += pace.pause_seconds(*HERE)
    assert go_through(pace, clock, seconds=0.1) is None


def test_what_nobody_can_name_waits_for_the_pass_over_everything_and_is_not_forgotten(pace, clock):
    go_through(pace, clock, seconds=5.0)
    pace.hear(*HERE, None)
    pace.hear(*HERE, frozenset({FRAME}))
    assert pace.pause_seconds(*HERE) == 20.0
    assert go_through(pace, clock, seconds=0.0) == frozenset()
    clock.now += pace.next_pass_seconds(*HERE, least_seconds=600.0)
    assert go_through(pace, clock, seconds=5.0) is None


def test_of_thousands_of_files_none_is_named(pace, clock):
    go_through(pace, clock, seconds=5.0)
    for number in range(3):
        pace.hear(*HERE, frozenset(f"{number}_{each}" for each in range(400)))
    assert go_through(pace, clock, seconds=0.0) == frozenset()
    clock.now += 20.0
    assert go_through(pace, clock, seconds=0.0) is None


def test_after_a_pass_that_failed_everything_is_gone_through(pace, clock):
    go_through(pace, clock, seconds=30.0)
    pace.hear(*HERE, frozenset({FRAME}))
    with pytest.raises(OSError, match="no disk"), pace.going_through(*HERE):
        raise OSError("no disk")
    assert go_through(pace, clock, seconds=1.0) is None


def test_of_many_signs_at_once_one_is_followed_for_each_dataset(pace, clock):
    assert [pace.hear(*HERE, frozenset()) for _ in range(3)] == [True, False, False]
    assert pace.hear(Path("/data"), "other", frozenset())
    clock.now = 1.0
    assert pace.hear(*HERE, frozenset())


def test_what_is_heard_of_during_a_pass_is_looked_at_after_its_pause(pace, clock):
    go_through(pace, clock, seconds=30.0)
    with pace.going_through(*HERE):
        assert not pace.hear(*HERE, frozenset({FRAME})), "the end of the pass says when"
        clock.now += 2.0
    assert pace.next_pass_seconds(*HERE, least_seconds=600.0) == 2.0
    clock.now += 2.0
    assert go_through(pace, clock, seconds=2.0) == {FRAME}
    assert pace.next_pass_seconds(*HERE, least_seconds=600.0) == 600.0


def test_a_pass_over_everything_takes_up_what_is_heard_of_meanwhile_for_a_fifth_of_its_time(pace, clock):
    looked_at = []
    with pace.going_through(*HERE):
        for second in range(20):
            pace.hear(*HERE, frozenset({f"frame{second}.tif"}))
            clock.now += 1.0
            with pace.meanwhile(*HERE) as paths:
                looked_at.append(len(paths))
                clock.now += 1.0 if paths else 0.0
    assert [second for second, number in enumerate(looked_at) if number] == [0, 4, 8, 12, 16]
    assert sum(looked_at) == 17


def test_what_nobody_can_name_is_not_forgotten_in_a_pass_over_everything(pace, clock):
    with pace.going_through(*HERE):
        pace.hear(*HERE, None)
        clock.now += 5.0
        with pace.meanwhile(*HERE) as paths:
            assert paths == frozenset()
    clock.now += pace.next_pass_seconds(*HERE, least_seconds=600.0)
    assert go_through(pace, clock, seconds=5.0) is None


def test_after_a_first_pass_that_made_everything_the_next_does_not_wait_for_hours(pace, clock):
    go_through(pace, clock, seconds=3600.0)
    assert pace.next_pass_seconds(*HERE, least_seconds=10.0) == 300.0
    clock.now += 300.0
    go_through(pace, clock, seconds=100.0)
    assert pace.next_pass_seconds(*HERE, least_seconds=10.0) == 400.0

"""A file is at rest after the quiet time, whatever the wall clock does."""

import pytest

from spacecast.folders import Rest, Stamp
from support.folders import Clocks


@pytest.fixture
def rest(clocks: Clocks) -> Rest:
    return Rest(5.0, clocks.monotonic, clocks.wall)


def stamp(clocks: Clocks, *, age_seconds: float = 0.0, size: int = 1) -> Stamp:
    """Return the stamp of a file that was changed so long ago by the wall clock."""
    changed_ns = int((clocks.wall() - age_seconds) * 1e9)
    return Stamp(7, size, changed_ns, changed_ns)


def test_a_fresh_file_is_at_rest_after_the_quiet_time(rest, clocks):
    fresh = stamp(clocks)
    assert rest.observe("a", fresh) == pytest.approx(5.0)
    clocks.advance(4.0)
    assert rest.observe("a", fresh) == pytest.approx(1.0)
    clocks.advance(1.0)
    assert rest.observe("a", fresh) == pytest.approx(0.0, abs=1e-6)


def test_an_old_file_is_at_rest_at_once(rest, clocks):
    assert rest.observe("a", stamp(clocks, age_seconds=3600)) == 0.0


def test_a_file_that_has_been_quiet_for_a_while_waits_only_for_the_remainder(rest, clocks):
    assert rest.observe("a", stamp(clocks, age_seconds=3.0)) == pytest.approx(2.0, abs=1e-6)


def test_any_change_starts_the_quiet_time_anew(rest, clocks):
    first = stamp(clocks)
    rest.observe("a", first)
    for change in ({"size": 2}, {"inode": 8}, {"modified_ns": 1}):
        clocks.advance(4.0)
        changed = first._replace(**change, changed_ns=stamp(clocks).changed_ns)
        assert rest.observe("a", changed) == pytest.approx(5.0)


def test_times_in_the_future_do_not_matter(rest, clocks):
    ahead = stamp(clocks, age_seconds=-86400.0)
    assert rest.observe("a", ahead) == pytest.approx(5.0)
    clocks.advance(5.0)
    assert rest.observe("a", ahead) == 0.0


def test_a_wall_clock_that_jumps_ahead_makes_no_file_old(rest, clocks):
    written_before_the_jump = stamp(clocks)
    clocks.step_wall(3600.0)
    assert rest.observe("a", written_before_the_jump) == pytest.approx(5.0)
    clocks.advance(3.0)
    assert rest.observe("b", written_before_the_jump._replace(size=2)) == pytest.approx(5.0)


def test_a_wall_clock_that_jumps_back_keeps_no_file_from_rest(rest, clocks):
    fresh = stamp(clocks)
    clocks.step_wall(-3600.0)
    assert rest.observe("a", fresh) == pytest.approx(5.0)
    clocks.advance(5.0)
    assert rest.observe("a", fresh) == 0.0


def test_the_wall_clock_is_believed_again_some_time_after_a_jump(rest, clocks):
    clocks.step_wall(3600.0)
    rest.observe("a", stamp(clocks))
    clocks.advance(6.0)
    assert rest.observe("b", stamp(clocks, age_seconds=10.0)) == 0.0


def test_a_file_servers_clock_may_be_wrong_by_the_skew(rest, clocks):
    assert rest.observe("a", stamp(clocks, age_seconds=1800), clock_skew_seconds=3600) == pytest.approx(5.0)
    assert rest.observe("b", stamp(clocks, age_seconds=7200), clock_skew_seconds=3600) == 0.0


def test_a_file_that_never_rests_is_known_as_restless(rest, clocks):
    for size in range(100):
        assert rest.observe("a", stamp(clocks, size=size)) > 0.0
        clocks.advance(1.0)
    assert rest.restless("a") == pytest.approx(100.0)
    clocks.advance(5.0)
    assert rest.restless("a") == 0.0
    assert rest.restless("unknown") == 0.0


def test_a_forgotten_file_is_new_again(rest, clocks):
    fresh = stamp(clocks)
    rest.observe("a", fresh)
    clocks.advance(2.0)
    rest.forget("a")
    assert rest.restless("a") == 0.0
    assert rest.observe("a", fresh) == pytest.approx(3.0, abs=1e-6)


def test_without_a_quiet_time_everything_is_at_rest(clocks):
    assert Rest(0.0, clocks.monotonic, clocks.wall).observe("a", stamp(clocks)) == 0.0

"""Live datasets are gone through soon after a file was finished, and never for most of the time."""

from pathlib import Path

from spacecast.service.live import GATHER_SECONDS, LivePace


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_cheap_pass_follows_soon_and_a_costly_one_leaves_time_for_others():
    pace = LivePace(Clock())
    assert pace.pause_seconds(1) == GATHER_SECONDS
    pace.note_cost(1, 30.0)
    assert pace.pause_seconds(1) == 120.0
    assert pace.pause_seconds(1, least_seconds=600.0) == 600.0
    assert pace.pause_seconds(2) == GATHER_SECONDS
    pace.forget(1)
    assert pace.pause_seconds(1) == GATHER_SECONDS


def test_of_many_signs_at_once_one_is_followed_for_each_dataset():
    clock = Clock()
    pace = LivePace(clock)
    assert [pace.is_news(Path("/data"), "a") for _ in range(3)] == [True, False, False]
    assert pace.is_news(Path("/data"), "b")
    clock.now = 1.0
    assert pace.is_news(Path("/data"), "a")

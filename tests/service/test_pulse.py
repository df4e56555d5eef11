"""The watchdog is fed through slow work, and not through a hang."""

from spacecast.service.daemon import STUCK_SECONDS, Pulse


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_full_lane_that_ends_nothing_for_long_counts_as_hanging():
    clock = Clock()
    pulse = Pulse(clock)
    assert pulse.beats(3, is_full=True)
    clock.now = STUCK_SECONDS - 1
    assert pulse.beats(3, is_full=True)
    clock.now = STUCK_SECONDS + 1
    assert not pulse.beats(3, is_full=True)


def test_every_task_that_ends_and_every_free_worker_shows_life():
    clock = Clock()
    pulse = Pulse(clock)
    clock.now = STUCK_SECONDS + 1
    assert pulse.beats(1, is_full=True)
    clock.now *= 2
    assert pulse.beats(1, is_full=False)

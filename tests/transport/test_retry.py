import threading

import pytest

from spacecast.faults import NeedsPerson, Passing, Unclear
from spacecast.transport import Stopped, await_condition, back_off_seconds, keep_trying


class Time:
    """A clock that only moves when somebody waits."""

    def __init__(self):
        self.now = 0.0
        self.waited = []

    def clock(self):
        return self.now

    def wait(self, seconds):
        self.waited.append(seconds)
        self.now += seconds
        return False


def longest(_low, high):
    return high


def test_pauses_double_up_to_ten_minutes():
    pauses = [back_off_seconds(attempt, uniform=longest) for attempt in range(1, 13)]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    assert back_off_seconds(10_000, uniform=longest) == 600


def test_jitter_is_full():
    pauses = {back_off_seconds(5) for _ in range(200)}
    assert min(pauses) < 4
    assert max(pauses) > 12
    assert max(pauses) <= 16


def test_a_service_that_asks_for_patience_gets_it_up_to_an_hour():
    def asked(seconds):
        return back_off_seconds(1, Passing("later", retry_after_seconds=seconds), uniform=longest)

    assert asked(30) == 30
    assert asked(10**9) == 3600
    assert asked(0.1) == 1


def test_passing_faults_are_tried_again_until_it_works():
    time = Time()
    faults = [Passing("down"), Passing("busy", retry_after_seconds=50), Passing("down")]

    def call():
        if faults:
            raise faults.pop(0)
        return "done"

    assert keep_trying(wait=time.wait, uniform=longest)(call) == "done"
    assert time.waited == [1, 50, 4]


@pytest.mark.parametrize("fault", [Unclear("perhaps"), NeedsPerson("help"), KeyError("bug")])
def test_other_faults_are_raised_at_once(fault):
    time = Time()

    def call():
        raise fault

    with pytest.raises(type(fault)):
        keep_trying(wait=time.wait)(call)
    assert time.waited == []


def test_the_last_fault_is_raised_as_it_is():
    time = Time()

    def call():
        raise Passing("still down")

    with pytest.raises(Passing, match="still down"):
        keep_trying(wait=time.wait, attempts=3, uniform=longest)(call)
    assert time.waited == [1, 2]


def test_a_stop_ends_the_pause_at_once():
    stop = threading.Event()
    stop.set()

    def call():
        raise Passing("down")

    with pytest.raises(Stopped):
        keep_trying(wait=stop.wait)(call)
    with pytest.raises(Stopped, match="the scan"):
        await_condition("the scan has ended", lambda: None, total_seconds=60, wait=stop.wait)


def test_a_condition_is_looked_at_with_growing_pauses():
    time = Time()
    looks = iter([None] * 8 + ["there"])
    result = await_condition("x", lambda: next(looks), total_seconds=60, wait=time.wait, clock=time.clock)
    assert result == "there"
    assert time.waited == [0.2, 0.5, 1, 2, 3, 5, 5, 5]


def test_a_condition_that_holds_is_not_waited_for():
    time = Time()
    assert await_condition("x", lambda: 0, total_seconds=0, wait=time.wait, clock=time.clock) == 0
    assert time.waited == []


def test_a_condition_that_never_holds_is_named_with_the_last_reason():
    time = Time()

    def check():
        raise Passing("The provider does not know the space yet.")

    with pytest.raises(Passing, match=r"within 10 s: the space is visible\. The provider does not know"):
        await_condition(
            "the space is visible", check, total_seconds=10, wait=time.wait, clock=time.clock, not_yet=(Passing,)
        )
    assert time.now == 10.0


def test_faults_that_do_not_mean_not_yet_are_raised():
    time = Time()

    def check():
        raise NeedsPerson("no privilege")

    with pytest.raises(NeedsPerson):
        await_condition("x", check, total_seconds=10, wait=time.wait, clock=time.clock, not_yet=(Passing,))

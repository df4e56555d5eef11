"""The watchdog is fed through slow work, and not while a lane hangs, whatever the other lane does."""

import threading

from spacecast.service.agenda import Task
from spacecast.service.lanes import Lane
from spacecast.service.watchdog import STUCK_SECONDS, Watchdog
from support.clock import Clock
from support.world import wait_for

STUCK = Task(1, "link")


class Lanes:
    """Two real lanes of one worker each; tasks of dataset 1 do not end before they are let go."""

    def __init__(self):
        self.let_go = threading.Event()
        self.signs = 0
        self.one = Lane("link lane", 1, self._perform)
        self.other = Lane("bulk lane", 1, self._perform, signs=lambda: self.signs)
        for lane in (self.one, self.other):
            lane.start()

    def _perform(self, task):
        if task.dataset_id == STUCK.dataset_id:
            assert self.let_go.wait(60)

    def stick(self, lane):
        lane.agenda.put(STUCK)
        wait_for("the task to be taken", lambda: lane.agenda.working == [STUCK], 20)

    def work(self, lane):
        before = lane.progress
        lane.agenda.put(Task(2, "import"))
        wait_for("a task to end", lambda: lane.progress > before, 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.let_go.set()
        assert all(lane.stop(20) for lane in (self.one, self.other))


def test_a_lane_that_hangs_is_named_although_the_other_gets_on():
    clock = Clock()
    with Lanes() as lanes:
        watchdog = Watchdog((lanes.one, lanes.other), clock)
        lanes.stick(lanes.one)
        assert watchdog.hanging() == []
        clock.now = STUCK_SECONDS - 1
        assert watchdog.hanging() == []
        lanes.work(lanes.other)
        clock.now = STUCK_SECONDS + 1
        assert watchdog.hanging() == ["the link lane hangs for 30 min"]


def test_a_free_worker_and_a_task_that_ends_show_life():
    clock = Clock()
    with Lanes() as lanes:
        watchdog = Watchdog((lanes.one, lanes.other), clock)
        clock.now = 2 * STUCK_SECONDS
        assert watchdog.hanging() == []
        lanes.stick(lanes.one)
        clock.now += STUCK_SECONDS - 1
        lanes.let_go.set()
        wait_for("the task to end", lambda: not lanes.one.is_full, 20)
        assert watchdog.hanging() == []


def test_a_long_task_that_gets_answers_is_alive():
    clock = Clock()
    with Lanes() as lanes:
        watchdog = Watchdog((lanes.one, lanes.other), clock)
        lanes.stick(lanes.other)
        watchdog.hanging()
        clock.now = STUCK_SECONDS - 1
        lanes.signs += 1
        assert watchdog.hanging() == []
        clock.now = 2 * STUCK_SECONDS - 2
        assert watchdog.hanging() == []
        clock.now += 2
        assert watchdog.hanging() == ["the bulk lane hangs for 30 min"]

"""Every hint is followed, none twice at once, and nothing waits behind what is not due."""

import threading

from spacecast.service.agenda import Agenda, Task
from spacecast.service.lanes import Lane

LINK = Task(1, "link")


def test_a_task_that_is_put_twice_is_done_once(clock):
    agenda = Agenda(clock)
    agenda.put(LINK)
    agenda.put(LINK)
    assert not agenda.is_working
    assert agenda.take() == LINK
    assert agenda.is_working
    agenda.finish(LINK)
    assert not agenda.is_working
    assert agenda.length == 0


def test_the_earlier_time_counts(clock):
    agenda = Agenda(clock)
    agenda.put(LINK, 50)
    agenda.put(LINK, 10)
    agenda.put(LINK, 90)
    clock.now = 10
    assert agenda.take() == LINK
    agenda.finish(LINK)
    assert agenda.length == 0


def test_a_hint_that_comes_while_working_is_followed_afterwards(clock):
    agenda = Agenda(clock)
    agenda.put(LINK)
    agenda.take()
    agenda.put(LINK)
    assert agenda.working == [LINK]
    agenda.finish(LINK, again=100)
    assert agenda.take() == LINK


def test_what_is_due_later_does_not_hold_up_what_is_due_now(clock):
    agenda = Agenda(clock)
    agenda.put(Task(2, "link"), 60)
    agenda.put(LINK)
    assert agenda.take() == LINK


def test_a_dropped_dataset_is_not_worked_on(clock):
    agenda = Agenda(clock)
    agenda.put(LINK)
    agenda.put(Task(2, "link"))
    agenda.drop(1)
    assert agenda.take() == Task(2, "link")


def test_waiting_workers_are_let_go_when_it_closes():
    agenda = Agenda()
    taken = []
    worker = threading.Thread(target=lambda: taken.append(agenda.take()))
    worker.start()
    agenda.close()
    worker.join(10)
    assert taken == [None]


def test_a_lane_performs_tasks_side_by_side_and_stops():
    meeting = threading.Barrier(3, timeout=10)

    def perform(task):
        meeting.wait()

    lane = Lane("link", 2, perform)
    lane.start()
    lane.agenda.put(LINK)
    lane.agenda.put(Task(2, "link"))
    meeting.wait()
    assert lane.stop(10)


def test_it_is_idle_when_nothing_is_due_soon(clock):
    agenda = Agenda(clock)
    agenda.put(LINK, 600)
    assert agenda.wait_idle(0.0, horizon_seconds=300)
    assert not agenda.wait_idle(0.0)
    clock.now = 400
    assert not agenda.wait_idle(0.0, horizon_seconds=300)


def test_a_lane_goes_on_after_an_error_of_the_program():
    performed = threading.Event()

    def perform(task):
        if task == LINK:
            raise ZeroDivisionError
        performed.set()

    lane = Lane("link", 1, perform)
    lane.start()
    lane.agenda.put(LINK)
    lane.agenda.put(Task(2, "link"))
    assert performed.wait(10)
    assert lane.agenda.length == 1
    assert lane.stop(10)


class Wall:
    def __init__(self):
        self.is_there = True

    def stands(self):
        return self.is_there


def test_what_waits_for_an_obstacle_is_done_when_it_is_gone(clock):
    agenda, wall, other = Agenda(clock), Wall(), Wall()
    for number, obstacle in enumerate((wall, other, wall)):
        agenda.put(Task(number, "link"))
        agenda.finish(agenda.take(), obstacle)
    assert agenda.length == 0
    assert agenda.obstacles() == {wall, other}
    wall.is_there = False
    agenda.wake()
    assert [agenda.take().dataset_id, agenda.take().dataset_id] == [0, 2]
    assert agenda.length == 2
    assert agenda.obstacles() == {other}


def test_an_obstacle_that_went_while_the_task_was_worked_on_holds_up_nothing(clock):
    agenda, wall = Agenda(clock), Wall()
    agenda.put(LINK)
    task = agenda.take()
    wall.is_there = False
    agenda.wake()
    agenda.finish(task, wall)
    assert agenda.take() == LINK


def test_what_waits_for_an_obstacle_is_done_when_it_is_asked_for_and_forgotten_when_dropped(clock):
    agenda, wall = Agenda(clock), Wall()
    agenda.put(LINK)
    agenda.finish(agenda.take(), wall)
    agenda.put(LINK)
    assert agenda.take() == LINK
    agenda.finish(LINK, wall)
    agenda.drop(LINK.dataset_id)
    assert agenda.obstacles() == set()


def taken(agenda, number):
    found = []
    for _ in range(number):
        task = agenda.take()
        agenda.finish(task)
        found.append(task.dataset_id)
    return found


def test_what_nobody_waits_for_is_done_behind_all_others(clock):
    agenda = Agenda(clock)
    for number in (1, 2, 3):
        agenda.put(Task(number, "link"), behind=True)
    agenda.put(Task(4, "link"), 10)
    agenda.put(Task(5, "link"))
    assert taken(agenda, 2) == [5, 1]
    clock.now = 10
    assert taken(agenda, 3) == [4, 2, 3]
    assert agenda.length == 0


def test_what_is_behind_ends_too_however_much_comes(clock):
    agenda = Agenda(clock)
    agenda.put(Task(1000, "link"), behind=True)
    for number in range(100):
        agenda.put(Task(number, "link"))
    assert 1000 in taken(agenda, 10)


def test_a_task_behind_moves_up_when_somebody_waits_for_it(clock):
    agenda = Agenda(clock)
    for number in range(20):
        agenda.put(Task(number, "link"), behind=True)
    agenda.put(Task(19, "link"))
    agenda.put(Task(19, "link"), behind=True)
    assert taken(agenda, 20) == [19, *range(19)]


def test_a_task_behind_that_is_tried_again_stays_behind(clock):
    agenda = Agenda(clock)
    agenda.put(Task(1, "link"), behind=True)
    task = agenda.take()
    agenda.finish(task, again=5.0)
    clock.now = 5
    agenda.put(Task(2, "link"))
    assert taken(agenda, 2) == [2, 1]

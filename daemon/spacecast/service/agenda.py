"""What is due: each stage of each dataset at most once, earliest first, worked on by one thread at a time."""

import heapq
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Protocol


@dataclass(frozen=True, order=True)
class Task:
    """One stage of one dataset to be looked at."""

    dataset_id: int
    stage: str


@dataclass(frozen=True)
class Lengths:
    """How many tasks of an agenda are in which situation."""

    due: int
    later: int
    working: int
    waiting: int
    """For an obstacle, such as a service that is down."""


class Obstacle(Protocol):
    """What some tasks wait for that no time can be given for, such as a service that is down."""

    def stands(self) -> bool:
        """Say whether it is still in the way."""


_Entry = tuple[float, int, Task]
# After so many tasks in a row one of those behind has its turn.
_TASKS_BEFORE_ONE_BEHIND = 8

Again = float | Obstacle | None
"""When to look at a task again: after so many seconds, when an obstacle is gone, or never."""


class Agenda:
    """A queue of tasks with the time at which each is due, for several workers.

    A task that is put twice is done once, at the earlier time; one that is put while it is being worked
    on is done again afterwards, so no hint is lost and no dataset is worked on twice at once. One that waits for an
    obstacle is due when `wake` says that it is gone, or when it is put again. What nobody waits for is put `behind`:
    it is done while nothing else is due, and once after so many others, so that it ends too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._heap: list[_Entry] = []
        self._heap_behind: list[_Entry] = []
        self._behind: set[Task] = set()
        self._taken_before = 0
        self._due: dict[Task, float] = {}
        self._working: set[Task] = set()
        self._again: dict[Task, float] = {}
        self._parked: dict[Task, Obstacle] = {}
        self._order = count()
        self._closed = False

    def put(self, task: Task, delay_seconds: float = 0.0, *, behind: bool = False) -> None:
        """Ask for a task, now or after a delay; `behind` all others if nobody waits for it."""
        due = self._clock() + delay_seconds
        with self._changed:
            moves_up = not behind and task in self._behind
            if moves_up:
                self._behind.discard(task)
            if task in self._working:
                self._again[task] = min(due, self._again.get(task, due))
                return
            before = self._due.get(task)
            if behind and before is None and task not in self._parked:
                self._behind.add(task)
            if before is None or due < before or moves_up:
                self._push(task, due if before is None else min(due, before))

    def take(self) -> Task | None:
        """Wait for a task that is due and return it; None once the agenda is closed."""
        with self._changed:
            while not self._closed:
                heap = self._heap_with_due()
                if heap is not None:
                    _, _, task = heapq.heappop(heap)
                    del self._due[task]
                    self._working.add(task)
                    return task
                self._changed.wait(self._seconds_to_next())
        return None

    def _heap_with_due(self) -> list[_Entry] | None:
        now = self._clock()
        first, behind = (self._is_due(heap, now) for heap in (self._heap, self._heap_behind))
        if first and not (behind and self._taken_before >= _TASKS_BEFORE_ONE_BEHIND):
            self._taken_before += 1
            return self._heap
        if behind:
            self._taken_before = 0
            return self._heap_behind
        return None

    def finish(self, task: Task, again: Again = None) -> None:
        """Say that a taken task has been worked on, and when it should be looked at again, if at all."""
        with self._changed:
            self._working.discard(task)
            asked = self._again.pop(task, None)
            later = self._due_or_parked(task, again)
            due = min((time for time in (asked, later) if time is not None), default=None)
            if due is not None:
                self._push(task, due)
            elif task not in self._parked:
                self._behind.discard(task)
            self._changed.notify_all()

    def _due_or_parked(self, task: Task, again: Again) -> float | None:
        if again is None or isinstance(again, (int, float)):
            return None if again is None else self._clock() + again
        if not again.stands():
            return self._clock()
        self._parked[task] = again
        return None

    def wake(self) -> None:
        """Have everything done now whose obstacle is gone; to be called after one has gone."""
        with self._changed:
            for task in [task for task, obstacle in self._parked.items() if not obstacle.stands()]:
                self._push(task, self._clock())

    def obstacles(self) -> set[Obstacle]:
        """Give everything that tasks wait for."""
        with self._changed:
            return set(self._parked.values())

    def drop(self, dataset_id: int) -> None:
        """Forget what is due for a dataset; what is being worked on ends by itself."""
        with self._changed:
            for task in [task for task in (*self._due, *self._parked) if task.dataset_id == dataset_id]:
                self._due.pop(task, None)
                self._parked.pop(task, None)
                self._behind.discard(task)

    def close(self) -> None:
        """Let all waiting workers go; nothing is taken any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_idle(self, timeout_seconds: float, horizon_seconds: float = float("inf")) -> bool:
        """Wait until nothing is worked on or due within the horizon; say whether that was reached in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_idle(horizon_seconds), timeout_seconds)

    def _is_idle(self, horizon_seconds: float) -> bool:
        soon = self._clock() + horizon_seconds
        return not self._working and all(due > soon for due in self._due.values())

    @property
    def length(self) -> int:
        """How many tasks are due now or later, or being worked on; those that wait for an obstacle do not count."""
        with self._changed:
            return len(self._due) + len(self._working)

    def is_awaited(self) -> bool:
        """Say whether a task is due that would be taken before one that is put now."""
        with self._changed:
            return self._is_due(self._heap, self._clock())

    def lengths(self) -> Lengths:
        """Count the tasks by their situation."""
        with self._changed:
            now = self._clock()
            due = sum(at <= now for at in self._due.values())
            return Lengths(due, len(self._due) - due, len(self._working), len(self._parked))

    @property
    def is_working(self) -> bool:
        """Whether any task is being worked on; costs next to nothing."""
        return bool(self._working)

    @property
    def working(self) -> list[Task]:
        """The tasks that are being worked on."""
        with self._changed:
            return sorted(self._working)

    def _push(self, task: Task, due: float) -> None:
        self._parked.pop(task, None)
        self._due[task] = due
        heapq.heappush(self._heap_of(task), (due, next(self._order), task))
        # All: whoever waits for idleness must not be woken in a worker's place.
        self._changed.notify_all()

    def _heap_of(self, task: Task) -> list[_Entry]:
        return self._heap_behind if task in self._behind else self._heap

    def _is_due(self, heap: list[_Entry], now: float) -> bool:
        # Entries whose time was moved forward, or that were dropped or have moved up, stay until they surface.
        while heap and (self._due.get(heap[0][2]) != heap[0][0] or self._heap_of(heap[0][2]) is not heap):
            heapq.heappop(heap)
        return bool(heap) and heap[0][0] <= now

    def _seconds_to_next(self) -> float | None:
        tops = [heap[0][0] for heap in (self._heap, self._heap_behind) if heap]
        return max(0.0, min(tops) - self._clock()) if tops else None

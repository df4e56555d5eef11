"""A lane: some workers that do nothing but the tasks of one agenda, so that long work never holds up short."""

import threading
import time
from collections.abc import Callable
from itertools import count

import structlog

from spacecast.service.agenda import Again, Agenda, Task

log = structlog.get_logger()

# When a task that ended with an error of the program is tried again.
ERROR_SECONDS = 60.0

Perform = Callable[[Task], Again]


class Lane:
    """Workers on one agenda; each task is performed by calling `perform`.

    `perform` returns when the task should be looked at again. An error that it raises is a fault of the program: it is
    told, and the task tried again later; the lane goes on. `signs` gives a number that grows while long tasks get on.
    """

    def __init__(
        self,
        name: str,
        workers: int,
        perform: Perform,
        clock: Callable[[], float] = time.monotonic,
        *,
        signs: Callable[[], int] = lambda: 0,
    ) -> None:
        self.name = name
        self._signs = signs
        self.agenda = Agenda(clock)
        self.workers = workers
        self._perform = perform
        self._finished = count()
        self._ended = 0
        # Daemon threads: a request that hangs must not keep the process from ending.
        self._threads = [
            threading.Thread(target=self._work, name=f"{name} {number}", daemon=True) for number in range(workers)
        ]

    @property
    def progress(self) -> int:
        """A number that grows with each task that ends and each sign of a long one, while the lane is alive."""
        return self._ended + self._signs()

    @property
    def is_full(self) -> bool:
        """Whether all workers are at work."""
        return len(self.agenda.working) >= len(self._threads)

    def start(self) -> None:
        """Set the workers to work."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_seconds: float) -> bool:
        """Take no more tasks, wait for those being worked on, and say whether all ended in time."""
        self.agenda.close()
        deadline = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (task := self.agenda.take()) is not None:
            again: Again = ERROR_SECONDS
            try:
                again = self._perform(task)
            except Exception:
                log.exception("unexpected error", lane=self.name, number=task.dataset_id, stage=task.stage)
            finally:
                self.agenda.finish(task, again)
                self._ended = next(self._finished) + 1

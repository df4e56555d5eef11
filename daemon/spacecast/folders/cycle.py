"""A thread that does what is due, waits until something is due again, and shows that it is alive."""

import threading
import time
from collections.abc import Callable

from spacecast.folders.pacing import Effort

# A look at a folder takes milliseconds; a disk that wakes up, or a server that fails over, some seconds.
HANGING_SECONDS = 30.0


class Cycle:
    """Calls `turn` again and again; each call returns after how many seconds the next one is due.

    `turn` calls `beat` whenever it gets on. Who does not is silent: it hangs in a call to the file system.
    """

    def __init__(
        self,
        name: str,
        turn: Callable[[], float],
        *,
        clock: Callable[[], float] = time.monotonic,
        thread_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._turn = turn
        self._clock, self._thread_clock = clock, thread_clock
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._beaten_at: float | None = None
        self._rests_since: tuple[float, float] | None = None
        self._lost_seconds, self._lost_processor_seconds, self._hangs = 0.0, 0.0, 0
        # A daemon thread: one that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.failure: BaseException | None = None
        """The error that ended the thread, which only a fault of this program can do."""

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def wake(self) -> None:
        """Let the next turn begin at once."""
        self._wake.set()

    def order_stop(self) -> None:
        """Let the present turn be the last one; returns at once."""
        self._stopping.set()
        self._wake.set()

    def join(self, timeout_seconds: float) -> bool:
        """Wait for the end of the thread and return whether it was in time."""
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    @property
    def is_stopping(self) -> bool:
        """Whether the end was ordered."""
        return self._stopping.is_set()

    def beat(self) -> None:
        """Say in the thread that it gets on."""
        now = self._clock()
        if self._beaten_at is None:
            self._leave_out_rest(now)
        elif now - self._beaten_at >= HANGING_SECONDS:
            self._lost_seconds += now - self._beaten_at
            self._hangs += 1
        self._beaten_at = now

    def rest(self) -> None:
        """Say in the thread that it waits for something else than a file system, until the next beat."""
        self._beaten_at = None
        self._rests_since = self._clock(), self._thread_clock()

    def effort(self) -> Effort:
        """Return in the thread what it has taken so far; only the difference of two readings means anything."""
        return Effort(
            self._thread_clock() - self._lost_processor_seconds, self._clock() - self._lost_seconds, self._hangs
        )

    def silent_seconds(self) -> float:
        """Return for how long a turn has not got on; 0.0 between turns."""
        beaten_at = self._beaten_at
        return 0.0 if beaten_at is None else self._clock() - beaten_at

    def _leave_out_rest(self, now: float) -> None:
        if self._rests_since is not None:
            since, processor_since = self._rests_since
            self._lost_seconds += now - since
            self._lost_processor_seconds += self._thread_clock() - processor_since
            self._rests_since = None

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                self.beat()
                wait_seconds = self._turn()
                self.rest()
                self._wake.wait(wait_seconds)
        except BaseException as error:
            self.failure = error
            raise
        finally:
            self.rest()

"""A thread on one inotify instance: adds watches when asked to, and gives events to whoever has it.

Limits of the kernel that are reached, and an overflow of its queue, become problems with a remedy, told once.
"""

import errno
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from spacecast.folders import inotify
from spacecast.folders.inotify import Event, Inotify
from spacecast.folders.limits import InotifyLimits, remedy
from spacecast.folders.problems import Problem, ProblemBoard
from spacecast.folders.wording import shown

OVERFLOW = "queue-overflow"
KERNEL = "inotify"
"""The subject of problems with the kernel's limits."""


class Listening:
    """Runs orders and takes events in its thread: no call from outside ever blocks.

    `take` gets each event, None for an overflow; `settle` is called after each batch of orders and events.
    """

    def __init__(
        self,
        name: str,
        problems: ProblemBoard,
        *,
        take: Callable[[Event | None], None],
        settle: Callable[[], None],
        open_inotify: Callable[[], Inotify],
        limits: Callable[[], InotifyLimits],
    ) -> None:
        self._problems = problems
        self._take_event = take
        self._settle = settle
        self._open_inotify = open_inotify
        self._limits = limits
        self._orders: deque[Callable[[], None]] = deque()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._lock = threading.Lock()
        self._stopping = False
        self._is_closed = False
        self._inotify: Inotify | None = None
        # A daemon thread: one that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.failure: BaseException | None = None
        """The error that ended the thread, which only a fault of this program can do."""

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def order_stop(self) -> None:
        """Let the thread end as soon as it gets on; returns at once. It is not started again."""
        with self._lock:
            self._stopping = True
            if not self._is_closed:
                os.eventfd_write(self._bell, 1)

    def stop(self, timeout_seconds: float) -> bool:
        """End all watches and the thread, and return whether it ended in time.

        One that hangs in a call to a file system is left to itself, and closes what it has should it ever return.
        """
        self.order_stop()
        if self._thread.ident is None:
            self._close()
        else:
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def order(self, order: Callable[[], None]) -> None:
        """Have something done in the thread."""
        with self._lock:
            if not self._stopping:
                self._orders.append(order)
                os.eventfd_write(self._bell, 1)

    def catch_up(self, timeout_seconds: float) -> bool:
        """Wait until all that was ordered so far is done; return whether it was in time."""
        done = threading.Event()
        self.order(done.set)
        return done.wait(timeout_seconds)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def add(self, path: Path, mask: int, *, descriptor: int | None = None) -> int | None:
        """Watch a folder and return the watch's number; None where it cannot be, which is told unless it is gone.

        With a `descriptor` the folder is the open one, whatever its path leads to by now.
        """
        try:
            if self._inotify is None:
                self._inotify = self._open_inotify()
            # The point at the end leads through the link that the descriptor is there.
            watch = self._inotify.add(path if descriptor is None else f"/proc/self/fd/{descriptor}/.", mask)
        except OSError as error:
            self.cannot_watch(path, error)
            return None
        for kind, subject in (("watch-limit", KERNEL), ("instance-limit", KERNEL), ("not-watched", str(path))):
            self._problems.clear(kind, subject)
        return watch

    def remove(self, watch: int | None) -> None:
        """End a watch; None is none."""
        if self._inotify is not None and watch is not None:
            self._inotify.remove(watch)

    def _run(self) -> None:
        try:
            self._listen()
        except BaseException as error:
            self.failure = error
            raise
        finally:
            self._close()

    def _close(self) -> None:
        with self._lock:
            self._stopping = self._is_closed = True
            if self._inotify is not None:
                self._inotify.close()
                self._inotify = None
            os.close(self._bell)

    def _listen(self) -> None:
        while not self._stopping:
            self._wait()
            # As many as there are now: an order may give others, and events have their turn between.
            for _ in range(len(self._orders)):
                if not self._stopping:
                    self._orders.popleft()()
            # Nobody is told anything any more by a thread that hung until after the end.
            if self._inotify is not None and not self._stopping:
                for event in self._inotify.read():
                    self._take(event)
            if not self._stopping:
                self._settle()

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if self._inotify is not None:
            poll.register(self._inotify.descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll()}
        if self._bell in ready:
            os.eventfd_read(self._bell)

    def _take(self, event: Event) -> None:
        if event.mask & inotify.QUEUE_OVERFLOW:
            self._report_overflow()
            self._take_event(None)
        else:
            self._take_event(event)

    def cannot_watch(self, path: Path, error: OSError) -> None:
        """Tell why a folder cannot be watched, unless it is gone."""
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return  # gone again, or not a folder: the scan says what it is
        if error.errno == errno.ENOSPC:
            self._report_limit("watch-limit", "max_user_watches", self._limits().watches, "watches")
        elif error.errno == errno.EMFILE:
            self._report_limit("instance-limit", "max_user_instances", self._limits().instances, "instances")
        else:
            message = f"{shown(path)} cannot be watched: {error.strerror}. The periodic scan covers it."
            self._problems.add(Problem("not-watched", str(path), message))

    def _report_limit(self, kind: str, limit: str, current: int | None, what: str) -> None:
        message = (
            f"The kernel gives no more inotify {what} (limit {current or 'unknown'}): changes are noticed by the "
            f"periodic scan, later than by events. To raise the limit: {remedy(limit, current)}"
        )
        self._problems.add(Problem(kind, KERNEL, message))

    def _report_overflow(self) -> None:
        current = self._limits().queued_events
        message = (
            f"More changes came at once than the kernel queues for inotify (limit {current or 'unknown'}): all roots "
            f"are scanned, now and each time this happens. To make it rare: {remedy('max_queued_events', current)}"
        )
        self._problems.add(Problem(OVERFLOW, KERNEL, message))

"""Hints from the kernel that something may have changed, so that it is looked at now and not at the next scan.

One inotify instance and one thread serve everything: a watch on each root for folders that come and go, and a
watch on each folder that is young or live for its metadata and running files. Own inotify calls and not
watchdog's observers: those lose overflow in a log line, miss the watch limit, and cost a thread per folder or a
watch per sub-folder; here all three are plain values. A hint may be missing; the scan finds what it would have told.
"""

import errno
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from spacecast.folders import inotify
from spacecast.folders.inotify import Event, Inotify
from spacecast.folders.limits import InotifyLimits, inotify_limits, remedy
from spacecast.folders.problems import Problem, ProblemBoard
from spacecast.folders.watches import Watches
from spacecast.folders.wording import shown

_APPEARED = inotify.CREATE | inotify.MOVED_TO
_DISAPPEARED = inotify.DELETE | inotify.MOVED_FROM
_ITSELF_GONE = inotify.DELETE_SELF | inotify.MOVE_SELF | inotify.UNMOUNT
_ROOT_MASK = _APPEARED | _DISAPPEARED | inotify.DELETE_SELF | inotify.MOVE_SELF
# Not IN_MODIFY: an instrument's writes would fill the queue. Not IN_OPEN: our own looks would.
_FOLDER_MASK = _ROOT_MASK | inotify.CLOSE_WRITE | inotify.ATTRIBUTES | inotify.EXCLUDE_UNLINKED
_FOLDER_WATCH_LIMIT = 4096
_KERNEL = "inotify"

Hint = Callable[[Path, str | None], None]


class Watcher:
    """Calls `on_hint(root, name)` when a folder may have changed, `on_hint(root, None)` for a whole root.

    It is called in the watcher's thread and must be quick. Limits that are reached go to `problems`.
    `is_relevant` says which file names in a dataset's folder matter. Above `folder_watch_limit` the folders
    asked for longest ago are dropped. Watches are added in the thread: no call here ever blocks.
    """

    def __init__(
        self,
        on_hint: Hint,
        problems: ProblemBoard,
        *,
        is_relevant: Callable[[str], bool],
        folder_watch_limit: int = _FOLDER_WATCH_LIMIT,
        open_inotify: Callable[[], Inotify] = Inotify,
        limits: Callable[[], InotifyLimits] = inotify_limits,
    ) -> None:
        self._on_hint = on_hint
        self._problems = problems
        self._is_relevant = is_relevant
        self._folder_watch_limit = folder_watch_limit
        self._open_inotify = open_inotify
        self._limits = limits
        self._orders: deque[Callable[[], None]] = deque()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._lock = threading.Lock()
        self._stopping = False
        self._overflows = 0
        self._inotify: Inotify | None = None
        self._watches = Watches()
        self._hints: dict[tuple[Path, str | None], None] = {}
        self._thread = threading.Thread(target=self._run, name="spacecast-watcher", daemon=True)

    def start(self) -> None:
        """Begin to watch; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End all watches and the thread; a stopped watcher is not started again."""
        with self._lock:
            self._stopping = True
            os.eventfd_write(self._bell, 1)
        if self._thread.is_alive():
            self._thread.join()
        if self._inotify is not None:
            self._inotify.close()
            self._inotify = None
        os.close(self._bell)

    def watch_root(self, root: Path) -> None:
        """Watch a root for folders that come and go; calling it again is cheap and mends a lost watch."""
        self._order(partial(self._add_root, root))

    def watch_folder(self, root: Path, name: str) -> None:
        """Watch a folder of a watched root for its metadata and running files."""
        self._order(partial(self._add_folder, root, name))

    def unwatch_folder(self, root: Path, name: str) -> None:
        """End the watch on a folder."""
        self._order(partial(self._drop_folder, root, name))

    def catch_up(self, timeout_seconds: float) -> bool:
        """Wait until all that was asked for so far is done; return whether it was in time."""
        done = threading.Event()
        self._order(done.set)
        return done.wait(timeout_seconds)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _order(self, order: Callable[[], None]) -> None:
        with self._lock:
            if not self._stopping:
                self._orders.append(order)
                os.eventfd_write(self._bell, 1)

    def _run(self) -> None:
        while not self._stopping:
            self._wait()
            while self._orders and not self._stopping:
                self._orders.popleft()()
            if self._inotify is not None:
                for event in self._inotify.read():
                    self._take(event)
            self._give_hints()

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if self._inotify is not None:
            poll.register(self._inotify.descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll()}
        if self._bell in ready:
            os.eventfd_read(self._bell)

    def _give_hints(self) -> None:
        hints, self._hints = self._hints, {}
        for root, name in hints:
            self._on_hint(root, name)

    def _hint(self, root: Path, name: str | None) -> None:
        self._hints[root, name] = None

    def _take(self, event: Event) -> None:
        if event.mask & inotify.QUEUE_OVERFLOW:
            self._overflow()
            return
        place = self._watches.place(event.watch)
        if place is None:
            return
        root, name = place
        if event.mask & inotify.IGNORED:
            self._watches.drop(root, name)
        elif name is None:
            self._take_root_event(root, event)
        elif event.mask & _ITSELF_GONE or self._is_relevant(event.name):
            self._hint(root, name)

    def _take_root_event(self, root: Path, event: Event) -> None:
        if event.mask & _ITSELF_GONE:
            self._lose_root(root)
        elif event.mask & inotify.IS_FOLDER and not event.name.startswith("."):
            if event.mask & _APPEARED:
                # Before the hint: what is written after the look is then reported by the watch.
                self._add_folder(root, event.name)
            else:
                self._drop_folder(root, event.name)
            self._hint(root, event.name)

    def _lose_root(self, root: Path) -> None:
        # A watch follows a root that is moved away; the next scan sets one on what is there then.
        if self._inotify is not None:
            for watch in self._watches.drop_root(root):
                self._inotify.remove(watch)
        self._hint(root, None)

    def _add_root(self, root: Path) -> None:
        # Every time, not only the first: another folder may have been mounted or moved there.
        self._add(root, None, root, _ROOT_MASK)

    def _add_folder(self, root: Path, name: str) -> None:
        if not self._watches.has(root, None) or self._watches.touch(root, name):
            return
        if self._add(root, name, root / name, _FOLDER_MASK):
            self._hint(root, name)
        if self._inotify is not None:
            for watch in self._watches.drop_oldest(self._folder_watch_limit):
                self._inotify.remove(watch)

    def _drop_folder(self, root: Path, name: str) -> None:
        watch = self._watches.drop(root, name)
        if watch is not None and self._inotify is not None:
            self._inotify.remove(watch)

    def _add(self, root: Path, name: str | None, path: Path, mask: int) -> bool:
        try:
            if self._inotify is None:
                self._inotify = self._open_inotify()
            replaced = self._watches.put(root, name, self._inotify.add(path, mask))
        except OSError as error:
            self._cannot_watch(path, error)
            return False
        if replaced is not None:
            self._inotify.remove(replaced)
        for kind, subject in (("watch-limit", _KERNEL), ("instance-limit", _KERNEL), ("not-watched", str(path))):
            self._problems.clear(kind, subject)
        return True

    def _cannot_watch(self, path: Path, error: OSError) -> None:
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
        self._problems.add(Problem(kind, _KERNEL, message))

    def _overflow(self) -> None:
        self._overflows += 1
        current = self._limits().queued_events
        message = (
            f"More changes came at once than the kernel queues for inotify (limit {current or 'unknown'}), "
            f"{self._overflows} times since the start: all roots are scanned. "
            f"If it happens often: {remedy('max_queued_events', current)}"
        )
        self._problems.add(Problem("queue-overflow", _KERNEL, message))
        for root in self._watches.roots():
            self._hint(root, None)

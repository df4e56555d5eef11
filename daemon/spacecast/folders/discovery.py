"""The discovery: one thread that knows at any time which datasets there are, and tells what changed.

The scan of the roots is the truth. Hints from the watcher, and the wait until a metadata file is at rest, only
bring forward the look at single folders; what a look says goes the same way as what a scan says.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from spacecast.folders.arrivals import Arrivals, Key, Reactions
from spacecast.folders.filesystems import filesystem_type
from spacecast.folders.hints import Hints
from spacecast.folders.inotify import Inotify
from spacecast.folders.looking import Wanted
from spacecast.folders.problems import Problem, ProblemBoard
from spacecast.folders.rest import Rest
from spacecast.folders.roots import Known, Root, Roots, WatchedFolder
from spacecast.folders.sightings import Identity
from spacecast.folders.survey import ScanFigures, Survey
from spacecast.folders.timers import Timers
from spacecast.folders.watching import Watcher

_IDLE_SECONDS = 60.0


@dataclass(frozen=True)
class Pace:
    """The times of a discovery.

    `scan_cost_share`: what part of its time a scan with automatic interval may take; the interval is then never
    below `least_interval_seconds`. `server_clock_skew_seconds`: how far a file server's clock may be from ours.
    """

    quiet_seconds: float = 5.0
    scan_cost_share: float = 0.05
    least_interval_seconds: float = 2.0
    restless_after_seconds: float = 600.0
    server_clock_skew_seconds: float = 3600.0


class Discovery:
    """Finds datasets below the watched folders and calls the reactions, from `start` until `stop`.

    `known` are the roots of an earlier run with their device and inode (see `root_identities`), which tell a file
    system that is not mounted from an empty root. `one_pass` does the same once, without threads.
    """

    def __init__(
        self,
        watched: Iterable[WatchedFolder],
        wanted: Wanted,
        reactions: Reactions,
        *,
        pace: Pace = Pace(),
        known: Known | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        open_inotify: Callable[[], Inotify] = Inotify,
    ) -> None:
        self._wanted = wanted
        self._pace = pace
        self._clock = clock
        self._open_inotify = open_inotify
        self._roots = Roots(known)
        self._problems = ProblemBoard(reactions.on_problem)
        self._arrivals = Arrivals(
            reactions,
            Rest(pace.quiet_seconds, clock, wall_clock),
            attend=self._attend,
            clock_skew_seconds=lambda root: self._skews.get(root, 0.0),
            restless_after_seconds=pace.restless_after_seconds,
            clock=clock,
        )
        self._survey = Survey(
            self._roots, wanted, self._arrivals, self._problems, between_looks=self._between_looks, clock=clock
        )
        self._skews: dict[Path, float] = {}
        self._scans: Timers[WatchedFolder] = Timers()
        for entry in watched:
            self._scans.set(entry, clock())
        self._hints = Hints()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._watcher: Watcher | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    def expect(self, root: Path, names: Iterable[str]) -> None:
        """Enter datasets known from an earlier run; call it before `start` or `one_pass`."""
        self._roots.expect(root)
        self._arrivals.expect(root, names)

    def start(self) -> None:
        """Begin; returns at once, whatever the size of the trees."""
        self._watcher = Watcher(
            self.hint,
            self._problems,
            is_relevant=self._wanted.is_relevant,
            open_inotify=self._open_inotify,
        )
        self._watcher.start()
        self._thread = threading.Thread(target=self._run, name="spacecast-discovery", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End within the time of one look at one folder; no reaction is called afterwards."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        if self._watcher is not None:
            self._watcher.stop()

    @property
    def failure(self) -> BaseException | None:
        """The error that ended the thread, which only a fault in a reaction or in this program can do."""
        return self._failure

    def scan_now(self, root: Path | None = None) -> None:
        """Have a root, or all, scanned as soon as possible; returns at once."""
        for path in [root] if root else list(self._roots.paths()):
            self.hint(path, None)

    def hint(self, root: Path, name: str | None) -> None:
        """Have a folder, or with None its whole root, looked at as soon as possible; returns at once."""
        self._hints.add(root, name)
        self._wake.set()

    def problems(self) -> list[Problem]:
        """Return the troubles of roots and limits that stand now."""
        return self._problems.current()

    def figures(self) -> dict[Path, ScanFigures]:
        """Return the figures of the last complete scan of each root."""
        return dict(self._survey.figures)

    def root_identities(self) -> dict[Path, Identity]:
        """Return device and inode of each root, to be given as `known` to the next run."""
        return self._roots.identities()

    def one_pass(
        self, *, sleep: Callable[[float], object] = time.sleep, give_up_after_seconds: float = 60.0
    ) -> list[Key]:
        """Scan everything once, wait until what was found is at rest, and return what did not come to rest.

        Ends early after `stop`, and when `sleep` says true (as `threading.Event.wait` does when it is set).
        """
        deadline = self._clock() + give_up_after_seconds
        for entry in self._scans.take_due(self._clock()):
            self._scan_entry(entry)
        while (due := self._arrivals.next_due()) is not None and self._clock() < deadline:
            if sleep(max(0.0, min(due, deadline) - self._clock())) or self._stopping.is_set():
                break
            self._look_at_due()
        return self._arrivals.waiting()

    def turn(self) -> float:
        """Do all that is due now and return the seconds until something is due again."""
        self._look_at_hinted()
        self._look_at_due()
        for path in self._hints.take_roots():
            root = self._roots.root_of(path)
            if root is not None:
                self._survey.scan_root(self._roots.check(root))
        for entry in self._scans.take_due(self._clock()):
            self._scan_entry(entry)
        if self._hints:
            return 0.0
        dues = [due for due in (self._arrivals.next_due(), self._scans.next_due()) if due is not None]
        return max(0.0, min(dues, default=self._clock() + _IDLE_SECONDS) - self._clock())

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                self._wake.wait(self.turn())
        except BaseException as error:
            self._failure = error
            raise

    def _scan_entry(self, entry: WatchedFolder) -> None:
        started = self._clock()
        for state in self._roots.look(entry):
            if self._stopping.is_set():
                return
            if not state.problem:
                self._observe(state.root)
            self._survey.scan_root(state)
        cost_seconds = self._clock() - started
        self._scans.set(entry, self._clock() + self._interval_seconds(entry, cost_seconds))

    def _interval_seconds(self, entry: WatchedFolder, cost_seconds: float) -> float:
        if entry.rescan_interval_seconds is not None:
            return entry.rescan_interval_seconds
        return max(self._pace.least_interval_seconds, cost_seconds / self._pace.scan_cost_share)

    def _between_looks(self) -> bool:
        self._look_at_hinted()
        self._look_at_due()
        return not self._stopping.is_set()

    def _look_at_hinted(self) -> None:
        while not self._stopping.is_set() and (folder := self._hints.take_folder()) is not None:
            self._survey.look(folder)

    def _look_at_due(self) -> None:
        due = self._arrivals.next_due()
        if due is None or due > self._clock():
            return
        for key in self._arrivals.take_due():
            if self._stopping.is_set():
                return
            self._survey.look(key)

    def _observe(self, root: Root) -> None:
        try:
            is_local = filesystem_type(root.path).reports_remote_writes
        except OSError:  # it has just gone: the scan that follows says so
            return
        self._skews[root.path] = 0.0 if is_local else self._pace.server_clock_skew_seconds
        events = root.watched.events
        if self._watcher is not None and (events == "inotify" or (events == "auto" and is_local)):
            self._watcher.watch_root(root.path)

    def _attend(self, root: Path, name: str) -> None:
        if self._watcher is not None:
            self._watcher.watch_folder(root, name)

"""A scout: looks after the roots on one file system, in a thread of its own, since file systems hang as a whole.

The scan of its roots is the truth. Hints from the watcher, and the wait until a metadata file is at rest, only bring
forward the look at single folders; what a look says goes the same way as what a scan says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from spacecast.folders.arrivals import Arrivals, Key, Reactions
from spacecast.folders.cycle import HANGING_SECONDS, Cycle
from spacecast.folders.hints import Hints
from spacecast.folders.looking import Wanted
from spacecast.folders.pacing import Budget, Effort, Pace
from spacecast.folders.problems import ProblemBoard
from spacecast.folders.rest import Rest
from spacecast.folders.roots import Root, Roots
from spacecast.folders.survey import ScanFigures, Survey
from spacecast.folders.timers import Timers

IDLE_SECONDS = 60.0
# So many looks asked for by hints, and as many at files that may be at rest, and then something else has its turn.
_LOOKS_IN_A_ROW = 256
# A scan may be late by so much: many roots on a file system are scanned one after the other.
_PATIENCE_SECONDS = 300.0
_PATIENCE_INTERVALS = 3
# Between two folders of a scan: a scan goes on, if slower, however many hints come.
_LOOKS_WITHIN_A_SCAN = 8
# They take half a millisecond, which nobody notices.
_FOLDERS_BEFORE_GIVING_WAY = 64


@dataclass(frozen=True)
class Ground:
    """What all scouts of a discovery share."""

    roots: Roots
    wanted: Wanted
    problems: ProblemBoard
    pace: Pace
    budget: Budget
    clock: Callable[[], float]
    thread_clock: Callable[[], float]
    give_way: Callable[[], object]


@dataclass(frozen=True)
class Terrain:
    """What kind of file system a root is on: the skew of its clock, and whether only this host writes to it."""

    clock_skew_seconds: float = 0.0
    is_local: bool = True


class Scout:
    """Finds the datasets below its roots and calls the reactions.

    `observe` is called with a root before each scan of it and returns what it is on; `attend` with each dataset that
    will soon need a look.
    """

    def __init__(
        self,
        name: str,
        ground: Ground,
        reactions: Reactions,
        rest: Rest,
        *,
        observe: Callable[[Root], Terrain],
        attend: Callable[[Path, str], None],
    ) -> None:
        self.cycle = Cycle(name, self.turn, clock=ground.clock, thread_clock=ground.thread_clock)
        self.at: Path | None = None
        """The root that it is looking at, or was last."""
        self._roots, self._pace, self._clock = ground.roots, ground.pace, ground.clock
        self._budget, self._give_way = ground.budget, ground.give_way
        self._folders_in_a_row = 0
        self._observe = observe
        self._terrains: dict[Path, Terrain] = {}
        self._intervals: dict[Root, float] = {}
        self._adopted_at: dict[Root, float] = {}
        self.is_scanning = False
        """Whether it goes through a whole root now."""
        self._arrivals = Arrivals(
            reactions,
            rest,
            attend=attend,
            clock_skew_seconds=lambda root: self._terrain(root).clock_skew_seconds,
            restless_after_seconds=ground.pace.restless_after_seconds,
            clock=ground.clock,
        )
        self._survey = Survey(
            ground.roots,
            ground.wanted,
            self._arrivals,
            ground.problems,
            between_looks=self._between_looks,
            clock=ground.clock,
            stopwatch=lambda: self.cycle.effort().wall_seconds,
        )
        self._scans: Timers[Root] = Timers()
        self._hints = Hints()

    def adopt(self, root: Root, expected: Mapping[str, int]) -> None:
        """Look after a root from now on; `expected` are the fingerprints of its datasets from an earlier run."""
        self._arrivals.expect(root.path, expected)
        self._scans.set(root, self._clock())
        self._adopted_at[root] = self._clock()
        self.cycle.wake()

    def hint(self, root: Path, name: str | None) -> None:
        """Have a folder, or with None the whole root, looked at as soon as possible; returns at once."""
        self._hints.add(root, name)
        self.cycle.wake()

    def figures(self) -> dict[Path, ScanFigures]:
        """Return the figures of the last complete scan of each root."""
        return dict(self._survey.figures)

    def overdue_scans(self) -> dict[Path, float]:
        """Return the roots whose last complete scan is longer ago than it should be, with the seconds since it.

        None while a scan gets on, however long it takes.
        """
        now, late = self._clock(), dict[Path, float]()
        if self.is_scanning and self.cycle.silent_seconds() < HANGING_SECONDS:
            return late
        for root, adopted_at in list(self._adopted_at.items()):
            last = self._survey.figures.get(root.path)
            since_seconds = now - (last.ended_at if last else adopted_at)
            if since_seconds > self._patience_seconds(root, last.seconds if last else 0.0):
                late[root.path] = since_seconds
        return late

    def _patience_seconds(self, root: Root, cost_seconds: float) -> float:
        interval_seconds = self._intervals.get(root, self._pace.longest_seconds(is_local=False))
        return _PATIENCE_INTERVALS * (interval_seconds + cost_seconds) + _PATIENCE_SECONDS

    def waiting(self) -> list[Key]:
        """Return the datasets that have changed and are not at rest yet."""
        return self._arrivals.waiting()

    def turn(self) -> float:
        """Do what is due now and return the seconds until something is due again."""
        self._look_at_hinted(_LOOKS_IN_A_ROW)
        self._look_at_due(_LOOKS_IN_A_ROW)
        for path in self._hints.take_roots():
            root = self._roots.root_of(path)
            if root is not None:
                self._scan(root)
        for root in self._scans.take_due(self._clock()):
            self._scan(root)
            if self.cycle.is_stopping:
                return 0.0
        if self._hints:
            return 0.0
        dues = [due for due in (self._arrivals.next_due(), self._scans.next_due()) if due is not None]
        return max(0.0, min(dues, default=self._clock() + IDLE_SECONDS) - self._clock())

    def rest_due(self) -> float | None:
        """Return when the next dataset may be at rest, by the clock."""
        return self._arrivals.next_due()

    def _scan(self, root: Root) -> None:
        self._arrive(root.path)
        before = self.cycle.effort()
        state = self._roots.check(root)
        if not state.problem:
            self._terrains[root.path] = self._observe(root)
        self.is_scanning = True
        try:
            self._survey.scan_root(state)
        finally:
            self.is_scanning = False
        self.cycle.beat()
        self._plan_next(root, self.cycle.effort().since(before))

    def _plan_next(self, root: Root, effort: Effort) -> None:
        interval_seconds = self._intervals[root] = self._budget.interval_seconds(
            root,
            effort,
            asked_seconds=root.watched.rescan_interval_seconds,
            is_local=self._terrain(root.path).is_local,
        )
        self._scans.set(root, self._clock() + interval_seconds)

    def _terrain(self, root: Path) -> Terrain:
        return self._terrains.get(root) or Terrain()

    def _between_looks(self) -> bool:
        # Asked before each of a hundred thousand folders: what is not waiting must cost next to nothing.
        self.cycle.beat()
        if self._hints:
            self._look_at_hinted(_LOOKS_WITHIN_A_SCAN)
        if self._arrivals.awaits_any:
            self._look_at_due(_LOOKS_WITHIN_A_SCAN)
        self._folders_in_a_row += 1
        if self._folders_in_a_row == _FOLDERS_BEFORE_GIVING_WAY:
            self._folders_in_a_row = 0
            self.cycle.rest()
            self._give_way()
            self.cycle.beat()
        return not self.cycle.is_stopping

    def _look_at_hinted(self, most: int) -> None:
        for _ in range(most):
            folder = None if self.cycle.is_stopping else self._hints.take_folder()
            if folder is None:
                return
            self._look(folder)

    def _look_at_due(self, most: int) -> None:
        due = self._arrivals.next_due()
        if due is None or due > self._clock():
            return
        for count, key in enumerate(self._arrivals.take_due(), 1):
            if self.cycle.is_stopping:
                return
            self._look(key)
            if count == most:
                return

    def _look(self, key: Key) -> None:
        before = self.at
        self._arrive(key[0])
        self._survey.look(key)
        self.at = before

    def _arrive(self, root: Path) -> None:
        self.at = root
        self.cycle.beat()

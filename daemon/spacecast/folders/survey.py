"""The looks themselves: scan a root or look at one folder, and never mistake a lost mount for a deletion.

Synchronous and without threads; the discovery decides when.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from spacecast.folders.arrivals import Arrivals, Key
from spacecast.folders.faults import RootUnreadable
from spacecast.folders.looking import Wanted, look, scan
from spacecast.folders.problems import Problem, ProblemBoard
from spacecast.folders.roots import Roots, RootState
from spacecast.folders.sightings import Sighting
from spacecast.folders.wording import shown


@dataclass(frozen=True)
class ScanFigures:
    """What the last complete scan of a root found and took."""

    datasets: int
    seconds: float
    """Without what it waited for others, and without the times in which the file system hung."""
    ended_at: float
    """By the clock of the discovery."""


class Survey:
    """Brings what is on disk to `arrivals`, and the troubles of roots to `problems`.

    `between_looks` is called before each folder of a scan; the scan ends early when it says no. What a scan takes is
    measured by `stopwatch`.
    """

    def __init__(
        self,
        roots: Roots,
        wanted: Wanted,
        arrivals: Arrivals,
        problems: ProblemBoard,
        *,
        between_looks: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roots = roots
        self._wanted = wanted
        self._arrivals = arrivals
        self._problems = problems
        self._between_looks = between_looks
        self._clock, self._stopwatch = clock, stopwatch
        self._troubled: set[str] = set()
        self.figures: dict[Path, ScanFigures] = {}

    def scan_root(self, state: RootState) -> None:
        """Look at every folder of a root; what was known and is not found any more is reported as gone."""
        path, started = state.root.path, self._stopwatch()
        if state.problem:
            self.root_problem(path, state.problem)
            return
        memory = self._arrivals.memory(path)
        memory.begin_scan()
        is_whole = False
        try:
            is_whole = self._take_all(path)
        except RootUnreadable as error:
            self.root_problem(path, str(error))
        finally:
            not_seen = memory.end_scan()
        if is_whole:
            self._confirm_gone(state, not_seen)
            self.figures[path] = ScanFigures(len(memory), self._stopwatch() - started, self._clock())

    def look(self, key: Key) -> None:
        """Look at one folder of a root that has been seen."""
        path, name = key
        root = self._roots.root_of(path)
        if root is None:
            return
        try:
            sighting = look(path, name, self._wanted)
        except RootUnreadable as error:
            # In the words of a scan, so that one trouble is not reported by turns in two wordings.
            self.root_problem(path, self._roots.check(root).problem or str(error))
            return
        problem = None if sighting.is_dataset or sighting.trouble else self._roots.check(root).problem
        if problem is None:
            self._take(sighting)
        else:
            self.root_problem(path, problem)

    def root_problem(self, path: Path, message: str) -> None:
        """Report a trouble of a root."""
        self._problems.add(Problem("root", str(path), message))

    def _take_all(self, path: Path) -> bool:
        is_whole = True

        def keep_going() -> bool:
            nonlocal is_whole
            is_whole = self._between_looks()
            return is_whole

        # One that was in trouble is taken even if it lies as it did: the trouble is over.
        known = {} if self._troubled else {"is_known": self._arrivals.acquaintance(path)}
        for sighting in scan(path, self._wanted, keep_going=keep_going, **known):
            self._take(sighting)
        return is_whole

    def _take(self, sighting: Sighting) -> None:
        if sighting.trouble is not None or self._troubled:
            self._note_trouble(f"{shown(sighting.root)}/{shown(sighting.name)}", sighting.trouble)
        self._arrivals.take(sighting)

    def _note_trouble(self, subject: str, trouble: str | None) -> None:
        if trouble is not None:
            self._troubled.add(subject)
            self._problems.add(Problem("folder", subject, trouble))
        elif subject in self._troubled:
            self._troubled.discard(subject)
            self._problems.clear("folder", subject)

    def _confirm_gone(self, state: RootState, not_seen: Iterable[str]) -> None:
        # A listing is no snapshot, and a root may be unmounted meanwhile: each is asked for once more, then the root.
        path = state.root.path
        try:
            sightings = [look(path, name, self._wanted) for name in not_seen]
        except RootUnreadable as error:
            self.root_problem(path, str(error))
            return
        after = self._roots.check(state.root)
        if after.problem:
            self.root_problem(path, after.problem)
            return
        self._problems.clear("root", str(path))
        if after == state:
            for sighting in sightings:
                self._take(sighting)

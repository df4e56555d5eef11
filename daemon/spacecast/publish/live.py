"""When the files of a live dataset are gone through: what has just changed soon, everything as seldom as it is dear."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from spacecast.folders import Paths

# From the first sign of a finished file to the pass, so that files which come together are cataloged together.
GATHER_SECONDS = 1.0
# The part of its time that a live dataset may take one worker of the bulk lane, for each of the two kinds of passes.
COST_SHARE = 0.2
# Signs come by the thousand.
_DEAF_SECONDS = 0.2
# Where more has changed, going through everything is not much dearer.
_MOST_PATHS = 1000


@dataclass
class _Pace:
    """What is known of one live dataset."""

    paths: set[PurePosixPath] | None
    """What has changed since the last pass; None for anything."""
    whole_due_at: float
    part_pause_seconds: float = 0.0
    heard_at: float = float("-inf")


class LivePace:
    """Gathers what has changed in live datasets, and remembers what the passes over each cost; for any thread.

    A dataset is known by its root and the name that the ledger has for its folder. Of one that was not gone through by
    this process everything is due.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._paces: dict[tuple[Path, str], _Pace] = {}

    def hear(self, root: Path, name: str, paths: Paths) -> bool:
        """Take note of what has changed, and say whether a pass is to be asked for, or was just a moment ago."""
        now = self._clock()
        with self._lock:
            pace = self._pace(root, name)
            if pace.paths is not None:
                together = None if paths is None else pace.paths | paths
                pace.paths = together if together is None or len(together) <= _MOST_PATHS else None
            is_news = now - pace.heard_at >= _DEAF_SECONDS
            if is_news:
                pace.heard_at = now
        return is_news

    @contextmanager
    def going_through(self, root: Path, name: str) -> Iterator[Paths]:
        """Give what is to be looked at by the pass in the `with` block, None for everything.

        After a pass that fails everything is looked at.
        """
        paths, began = self._begin(root, name), self._clock()
        try:
            yield paths
        except BaseException:
            self.forget(root, name)
            raise
        self._end(root, name, pause_seconds=(self._clock() - began) * (1 / COST_SHARE - 1), was_whole=paths is None)

    def forget(self, root: Path, name: str) -> None:
        """Let go of a dataset that is live no more, or not as it was thought to be."""
        with self._lock:
            self._paces.pop((root, name), None)

    def pause_seconds(self, root: Path, name: str) -> float:
        """Return after how many seconds a pass over what has changed may begin."""
        with self._lock:
            pace = self._pace(root, name)
            wait_seconds = pace.part_pause_seconds if pace.paths is not None else pace.whole_due_at - self._clock()
        return max(GATHER_SECONDS, wait_seconds)

    def next_pass_seconds(self, root: Path, name: str, *, least_seconds: float) -> float:
        """Return after how many seconds everything is to be gone through, with and without a sign of a change."""
        with self._lock:
            pace = self._pace(root, name)
            wait_seconds = pace.whole_due_at - self._clock()
        return max(GATHER_SECONDS if pace.paths is None else least_seconds, wait_seconds)

    def _pace(self, root: Path, name: str) -> _Pace:
        return self._paces.setdefault((root, name), _Pace(None, self._clock()))

    def _begin(self, root: Path, name: str) -> Paths:
        with self._lock:
            pace = self._pace(root, name)
            if pace.whole_due_at <= self._clock():
                pace.paths = set()
                return None
            if pace.paths is None:
                return frozenset()  # its turn comes
            paths, pace.paths = frozenset(pace.paths), set()
            return paths

    def _end(self, root: Path, name: str, *, pause_seconds: float, was_whole: bool) -> None:
        with self._lock:
            pace = self._pace(root, name)
            if was_whole:
                pace.whole_due_at = self._clock() + pause_seconds
            else:
                pace.part_pause_seconds = pause_seconds

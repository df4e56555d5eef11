"""When the files of a live dataset are gone through: what has just changed soon, everything as seldom as it is dear."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spacecast.folders import Paths

# From the first sign of a finished file to the pass, so that files which come together are cataloged together.
GATHER_SECONDS = 1.0
# The part of its time that a live dataset may take one worker of the bulk lane: with passes over everything (of which
# what has changed meanwhile takes as much), and with those over what has just changed, for which somebody waits.
COST_SHARE = 0.2
PART_COST_SHARE = 0.5
# Signs come by the thousand.
_DEAF_SECONDS = 0.2
# Where more has changed, going through everything is not much dearer.
_MOST_PATHS = 1000
# The first pass may have made everything in the catalog: how dear the next one is nobody knows.
_LONGEST_FIRST_PAUSE_SECONDS = 300.0


@dataclass
class _Pace:
    """What is known of one live dataset."""

    paths: set[str] | None
    """What has changed since the last pass; None for anything."""
    whole_due_at: float
    is_whole_known: bool = False
    """Whether a pass over everything has ended."""
    part_due_at: float = float("-inf")
    named_at: float = float("inf")
    """Since when something has a name that the last pass did not look at."""
    heard_at: float = float("-inf")
    is_in_hand: bool = False


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
        """Take note of what has changed, and say whether a pass is to be asked for.

        Not where that was just a moment ago, nor while one is in hand: after it `next_pass_seconds` says when.
        """
        now = self._clock()
        with self._lock:
            pace = self._pace(root, name)
            if pace.paths is not None:
                together = None if paths is None else pace.paths | paths
                pace.paths = together if together is None or len(together) <= _MOST_PATHS else None
                pace.named_at = min(pace.named_at, now)
            is_news = not pace.is_in_hand and now - pace.heard_at >= _DEAF_SECONDS
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
        self._end(root, name, began, was_whole=paths is None)

    @contextmanager
    def meanwhile(self, root: Path, name: str) -> Iterator[frozenset[str]]:
        """Give what the pass over everything, in its middle, is to look at first; mostly nothing."""
        began = self._clock()
        with self._lock:
            pace = self._pace(root, name)
            is_due = began >= max(pace.named_at + GATHER_SECONDS, pace.part_due_at)
            paths = self._take(pace) if pace.paths and is_due else frozenset()
        yield paths
        if paths:
            self._end(root, name, began, was_whole=False, is_in_hand=True)

    def forget(self, root: Path, name: str) -> None:
        """Let go of a dataset that is live no more, or not as it was thought to be."""
        with self._lock:
            self._paces.pop((root, name), None)

    def pause_seconds(self, root: Path, name: str) -> float:
        """Return after how many seconds a pass over what has changed may begin."""
        with self._lock:
            pace = self._pace(root, name)
            due_at = pace.whole_due_at if pace.paths is None else pace.part_due_at
        return max(GATHER_SECONDS, due_at - self._clock())

    def next_pass_seconds(self, root: Path, name: str, *, least_seconds: float) -> float:
        """Return after how many seconds the next pass is to begin, with and without a sign of a change meanwhile."""
        with self._lock:
            pace, now = self._pace(root, name), self._clock()
            whole_seconds = max(GATHER_SECONDS if pace.paths is None else least_seconds, pace.whole_due_at - now)
            return min(whole_seconds, max(GATHER_SECONDS, pace.part_due_at - now)) if pace.paths else whole_seconds

    def _pace(self, root: Path, name: str) -> _Pace:
        return self._paces.setdefault((root, name), _Pace(None, self._clock()))

    def _begin(self, root: Path, name: str) -> Paths:
        with self._lock:
            pace = self._pace(root, name)
            pace.is_in_hand = True
            if pace.whole_due_at <= self._clock():
                self._take(pace)
                return None
            return self._take(pace) if pace.paths is not None else frozenset()  # its turn comes

    @staticmethod
    def _take(pace: _Pace) -> frozenset[str]:
        """Take what has a name; afterwards nothing is known to have changed."""
        paths = frozenset(pace.paths or ())
        pace.paths, pace.named_at = set(), float("inf")
        return paths

    def _end(self, root: Path, name: str, began: float, *, was_whole: bool, is_in_hand: bool = False) -> None:
        now = self._clock()
        share = COST_SHARE if was_whole or is_in_hand else PART_COST_SHARE
        pause_seconds = (now - began) * (1 / share - 1)
        with self._lock:
            pace = self._pace(root, name)
            pace.is_in_hand = is_in_hand
            if not was_whole:
                pace.part_due_at = now + pause_seconds
                return
            longest_seconds = pause_seconds if pace.is_whole_known else _LONGEST_FIRST_PAUSE_SECONDS
            pace.whole_due_at = now + min(pause_seconds, longest_seconds)
            pace.is_whole_known = True

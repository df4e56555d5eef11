"""A watcher of the tests, and what it said."""

import threading
from pathlib import Path

from spacecast.folders import InotifyLimits, Problem, Watcher
from spacecast.folders.problems import ProblemBoard
from support.folders import WANTED

LIMITS = InotifyLimits(queued_events=16384, instances=128, watches=8192)


class WatcherListener:
    """A watcher with what it said."""

    def __init__(self, **options) -> None:
        self._news = threading.Condition()
        self._settled = 0
        self.hints: list[tuple[Path, str | None]] = []
        self.reported: list[Problem] = []
        self.board = ProblemBoard(lambda problem: self._note(self.reported, problem))
        self.watcher = Watcher(
            lambda root, name: self._note(self.hints, (root, name)),
            self.board,
            is_relevant=WANTED.is_relevant,
            limits=lambda: LIMITS,
            **options,
        )
        self.watcher.start()

    def _note(self, items: list, item: object) -> None:
        with self._news:
            items.append(item)
            self._news.notify_all()

    def wait_for(self, *hint: object, timeout_seconds: float = 5.0) -> None:
        """Wait until this hint was given, and forget all that came."""
        with self._news:
            assert self._news.wait_for(lambda: hint in self.hints, timeout_seconds), self.hints
            self.hints.clear()

    def wait_for_problem(self, kind: str) -> Problem:
        with self._news:
            assert self._news.wait_for(lambda: kind in [each.kind for each in self.reported], 5.0), self.reported
            return next(each for each in self.reported if each.kind == kind)

    def settle(self, root: Path) -> None:
        """Wait until the root is watched and all that happened in it so far was taken in."""
        self.watcher.watch_root(root)
        assert self.watcher.catch_up(5.0)
        self._settled += 1
        marker = f"settled-{self._settled}"
        (root / marker).mkdir()
        self.wait_for(root, marker)

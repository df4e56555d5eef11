"""A follower of live datasets, with what it said."""

import threading
from pathlib import Path

from spacecast.folders import InotifyLimits, Paths
from spacecast.folders.following import Follower
from spacecast.folders.problems import ProblemBoard

LIMITS = InotifyLimits(queued_events=16384, instances=128, watches=8192)


class Heard:
    """A follower with what it said."""

    def __init__(self, **options) -> None:
        self._news = threading.Condition()
        self.activity: list[str] = []
        self.paths: list[Paths] = []
        self.problems: list[str] = []
        board = ProblemBoard(lambda problem: self.problems.append(problem.kind))
        self.follower = Follower(self._note, board, limits=lambda: LIMITS, **options)
        self.follower.start()

    def _note(self, _root: Path, name: str, paths: Paths) -> None:
        with self._news:
            self.activity.append(name)
            self.paths.append(paths)
            self._news.notify_all()

    def settle(self) -> None:
        # Twice: folders found below are added by an order of their own.
        for _ in range(3):
            assert self.follower.catch_up(10.0)
        self.activity.clear()
        self.paths.clear()

    def wait_for_paths(self, *paths: str | None) -> None:
        """Wait until all of these were named, and see that nothing else was; None stands for anything."""
        wanted = set(paths)

        def named() -> set[str | None]:
            return {path for group in self.paths for path in (group if group is not None else {None})}

        with self._news:
            assert self._news.wait_for(lambda: named() >= wanted, 10.0), self.paths
            assert named() == wanted
        self.settle()

    def wait_for(self, name: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: name in self.activity, 10.0), self.activity
        self.settle()

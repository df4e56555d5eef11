"""Troubles that belong to no single dataset: a root that is not mounted, a limit of the kernel that is reached."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`kind` is a fixed word, `subject` a path or the kernel; `message` says the cause and the remedy."""

    kind: str
    subject: str
    message: str


class ProblemBoard:
    """The problems that are there now. Each is reported when it appears or changes, not again and again."""

    def __init__(self, report: Callable[[Problem], None]) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._current: dict[tuple[str, str], Problem] = {}
        self._times: Counter[str] = Counter()

    def add(self, problem: Problem) -> None:
        """Put a problem on the board; it is reported unless the same stands there already."""
        with self._lock:
            key = (problem.kind, problem.subject)
            is_news = self._current.get(key) != problem
            self._current[key] = problem
            self._times[problem.kind] += 1
        if is_news:
            self._report(problem)

    def clear(self, kind: str, subject: str) -> None:
        """Take a problem off the board."""
        with self._lock:
            self._current.pop((kind, subject), None)

    def current(self) -> list[Problem]:
        """Return the problems that stand now."""
        with self._lock:
            return list(self._current.values())

    def times(self, kind: str) -> int:
        """Return how often a problem of this kind has come up, those that stood there already included."""
        with self._lock:
            return self._times[kind]

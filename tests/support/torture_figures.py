"""Figures of trials: counted in each test, sent along with its report, summed up at the end of the run."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_NAME = "torture"


class Figures:
    """Counts the trials of one test."""

    def __init__(self, record: Callable[[str, Any], None]) -> None:
        self._record = record

    def count(self, kind: str, *, breaches: int, trials: int = 1) -> None:
        """Add trials of a kind and the breaches that they showed."""
        self._record(_NAME, [kind, trials, breaches])


def summary(stats: Mapping[str, Iterable[Any]]) -> list[str]:
    """Give the figures of all tests, a line for each kind and one for all."""
    trials: Counter[str] = Counter()
    breaches: Counter[str] = Counter()
    for report in [*stats.get("passed", ()), *stats.get("failed", ())]:
        for name, value in getattr(report, "user_properties", ()):
            if name == _NAME and report.when == "call":
                trials[value[0]] += value[1]
                breaches[value[0]] += value[2]
    if not trials:
        return []
    lines = [f"{kind:45} {trials[kind]:6} trials {breaches[kind]:4} breaches" for kind in sorted(trials)]
    return [*lines, f"{'in all':45} {trials.total():6} trials {breaches.total():4} breaches"]

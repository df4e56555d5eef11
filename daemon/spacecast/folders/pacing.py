"""How often the disk is looked at: all that a discovery does by itself shares one small part of a core."""

import math
import threading
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """The times of a discovery.

    `scan_cost_share`: what part of a core all scans with automatic interval may take together. The interval of each is
    then never below `least_interval_seconds`, and never above `longest_interval_seconds`, or
    `longest_remote_interval_seconds` on a network file system, whatever the scans cost.
    `server_clock_skew_seconds`: how far a file server's clock may be from ours.
    """

    quiet_seconds: float = 5.0
    scan_cost_share: float = 0.01
    least_interval_seconds: float = 2.0
    longest_interval_seconds: float = 120.0
    longest_remote_interval_seconds: float = 300.0
    restless_after_seconds: float = 600.0
    server_clock_skew_seconds: float = 3600.0

    def longest_seconds(self, *, is_local: bool) -> float:
        """Return the longest automatic interval on such a file system."""
        return self.longest_interval_seconds if is_local else self.longest_remote_interval_seconds


@dataclass(frozen=True)
class Effort:
    """What some work took, without what it waited for others, and without the times in which a file system hung."""

    processor_seconds: float
    wall_seconds: float
    hangs: int = 0

    def since(self, before: "Effort") -> "Effort":
        """Return what was taken from one reading to another."""
        return Effort(
            self.processor_seconds - before.processor_seconds,
            self.wall_seconds - before.wall_seconds,
            self.hangs - before.hangs,
        )


class Budget:
    """Gives each of any number of repeated works its interval, so that together they keep to their share of a core.

    Safe for use from several threads.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._lock = threading.Lock()
        self._roots_of_costs: dict[Hashable, float] = {}
        self._sum = 0.0

    def interval_seconds(
        self, work: Hashable, effort: Effort, *, asked_seconds: float | None = None, is_local: bool = True
    ) -> float:
        """Return after how many seconds to do again what took so much now: as asked for, or as the budget allows."""
        if asked_seconds is not None:
            return asked_seconds
        if effort.hangs:
            # What was seen before it hung is old by now.
            return self._pace.least_interval_seconds
        interval_seconds = max(
            self._pace.least_interval_seconds,
            self._fair_seconds(work, effort.processor_seconds),
            # A server that answers slowly is asked for half of the time at most.
            effort.wall_seconds,
        )
        return min(interval_seconds, self._pace.longest_seconds(is_local=is_local))

    def _fair_seconds(self, work: Hashable, processor_seconds: float) -> float:
        # With intervals in proportion to the square roots of the costs, the sum of all delays is the least for a given
        # share: what costs much is done more seldom, and what costs little does not wait for it.
        root = math.sqrt(max(processor_seconds, 0.0))
        with self._lock:
            self._sum += root - self._roots_of_costs.get(work, 0.0)
            self._roots_of_costs[work] = root
            return root * self._sum / self._pace.scan_cost_share

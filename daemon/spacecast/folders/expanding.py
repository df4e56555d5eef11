"""Finds the roots that the entries of the config match: each entry in a thread of its own, since patterns can hang."""

import time
from collections.abc import Callable, Iterable
from functools import partial

from spacecast.folders.cycle import Cycle
from spacecast.folders.pacing import Budget
from spacecast.folders.roots import Roots, RootState, WatchedFolder
from spacecast.folders.timers import Timers


class Expansions:
    """Expands the entries again and again, and calls `adopt` with each root as it is, until that says no.

    `turn` does in the calling thread what is due; after `start` the threads do all.
    """

    def __init__(
        self,
        watched: Iterable[WatchedFolder],
        roots: Roots,
        budget: Budget,
        adopt: Callable[[RootState], bool],
        *,
        clock: Callable[[], float] = time.monotonic,
        thread_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._roots, self._budget, self._adopt, self._clock = roots, budget, adopt, clock
        self._dues: Timers[WatchedFolder] = Timers()
        self._cycles: dict[WatchedFolder, Cycle] = {}
        for entry in watched:
            self._dues.set(entry, clock())
            name, turn = f"spacecast-roots {entry.folder}", partial(self._expand, entry)
            self._cycles[entry] = Cycle(name, turn, clock=clock, thread_clock=thread_clock)

    @property
    def cycles(self) -> list[Cycle]:
        """The threads, started or not."""
        return list(self._cycles.values())

    def silent(self) -> list[tuple[str, float]]:
        """Return each entry, and for how long the look at it has not got on."""
        return [(entry.folder, cycle.silent_seconds()) for entry, cycle in self._cycles.items()]

    def start(self) -> None:
        """Begin; returns at once."""
        for cycle in self._cycles.values():
            cycle.start()

    def turn(self) -> None:
        """Expand the entries that are due now."""
        for entry in self._dues.take_due(self._clock()):
            self._dues.set(entry, self._expand(entry) + self._clock())

    def next_due(self) -> float | None:
        """Return when the next entry is due without threads, by the clock."""
        return self._dues.next_due()

    def _expand(self, entry: WatchedFolder) -> float:
        """Find the roots that an entry matches now; return after how many seconds to look again."""
        cycle = self._cycles[entry]
        cycle.beat()
        before = cycle.effort()
        for state in self._roots.look(entry):
            if not self._adopt(state):
                break
        cycle.beat()
        effort = cycle.effort().since(before)
        cycle.rest()
        return self._budget.interval_seconds(entry, effort, asked_seconds=entry.rescan_interval_seconds)

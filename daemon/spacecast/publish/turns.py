"""Turns: a pass over many files lets the datasets that wait for its worker go first, and goes on where it was."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from spacecast.faults import Passing
from spacecast.folders import Disks

T = TypeVar("T")

# Going through a million files that are known by now takes a third of this.
TURN_SECONDS = 60.0


class OutOfTurn(Passing):
    """Others wait, and the pass has had its time; what it found and wrote is kept, and it goes on after them."""

    def __init__(self) -> None:
        super().__init__("Other datasets have their turn.", retry_after_seconds=0.0)


@dataclass(frozen=True)
class Shared:
    """What a pass shares with others: the file systems that it asks, and a worker that somebody may wait for."""

    disks: Disks = field(default_factory=Disks)
    is_awaited: Callable[[], bool] = lambda: False


class Turn:
    """The time that a pass has while others wait, from the first thing in it that need not be done again.

    `is_awaited` says whether anybody waits for the worker.
    """

    def __init__(
        self, is_awaited: Callable[[], bool] = lambda: False, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._is_awaited = is_awaited
        self._clock = clock
        self._began_at: float | None = None

    def gets_on(self) -> None:
        """Take note that something was done that need not be done again."""
        if self._began_at is None:
            self._began_at = self._clock()

    def begin_anew(self) -> None:
        """Let the time begin with the next thing that is done."""
        self._began_at = None

    def give_way(self) -> None:
        """Raise OutOfTurn if the time is over and others wait."""
        if self._began_at is not None and self._clock() - self._began_at >= TURN_SECONDS and self._is_awaited():
            raise OutOfTurn

    def giving_way(self, items: Iterable[T]) -> Iterator[T]:
        """Pass items on, and raise OutOfTurn before the next one once the time is over and others wait."""
        for item in items:
            self.give_way()
            yield item

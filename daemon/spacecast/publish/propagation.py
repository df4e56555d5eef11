"""How long a provider takes to learn of a new space, as it took with the last ones: one look later, not several early.

A provider of a large zone learns of it after some seconds, and each look before that is a request for nothing.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

from spacecast.transport import INTERVALS_SECONDS

_SPACES = 5
# What is older says nothing of how the provider is now.
_LASTS_SECONDS = 600.0
# Whatever was learned: longer nobody waits without a look.
_LATEST_FIRST_LOOK_SECONDS = 5.0
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 5.0
_PART_OF_FIRST, _GROWTH, _PAUSES = 5, 1.6, 12


class Propagation:
    """Learns from each space that is awaited; safe to use from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._hidden: deque[tuple[float, float]] = deque(maxlen=_SPACES)

    def first_look_seconds(self) -> float:
        """Return after how long to look first: when the quickest of the last spaces was still hidden."""
        with self._lock:
            oldest = self._clock() - _LASTS_SECONDS
            recent = [seconds for learned_at, seconds in self._hidden if learned_at > oldest]
        return min(_LATEST_FIRST_LOOK_SECONDS, *recent) if recent else 0.0

    def pauses_seconds(self, first_look_seconds: float) -> tuple[float, ...]:
        """Return the pauses that follow a first look: finer than without experience, as that was near."""
        if not first_look_seconds:
            return INTERVALS_SECONDS
        first = max(_SHORTEST_PAUSE_SECONDS, first_look_seconds / _PART_OF_FIRST)
        return tuple(min(first * _GROWTH**number, _LONGEST_PAUSE_SECONDS) for number in range(_PAUSES))

    def learn(self, hidden_seconds: float | None, *, first_look_seconds: float) -> None:
        """Take note of a space: until when it was hidden for certain, None if the first look has shown it."""
        # Then it may have been there for long, so the next one is looked for sooner.
        seconds = first_look_seconds / 2 if hidden_seconds is None else hidden_seconds
        with self._lock:
            self._hidden.append((self._clock(), seconds))

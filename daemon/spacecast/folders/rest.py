"""When is a file at rest: its stamp has not changed for the quiet time.

Quiet is measured with the monotonic clock from the moment a stamp is first seen. The wall clock only shortens
that wait: a file whose last change (ctime, which no program can set) lies in the past has been quiet for that long
already. It is not believed for a quiet time after it has been seen to jump.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from spacecast.folders.sightings import Stamp

_NANOSECONDS = 1e9
_RESOLUTION_SECONDS = 0.001  # below it a wait is a rounding error
_STEP_SECONDS = 0.5
_SLEW_SHARE = 0.001  # twice what a time service may slew a clock without a jump


@dataclass(frozen=True)
class _Watch:
    stamp: Stamp
    quiet_since_seconds: float
    restless_since_seconds: float


class Rest:
    """Tells for any number of files how long each must still keep still.

    A key that is at rest need not be kept: after `forget` it is new again.
    """

    def __init__(
        self,
        quiet_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._quiet_seconds = quiet_seconds
        self._clock = clock
        self._watches: dict[Hashable, _Watch] = {}
        self._wall = _WallClock(clock, wall_clock, quiet_seconds)

    def observe(self, key: Hashable, stamp: Stamp, *, clock_skew_seconds: float = 0.0) -> float:
        """Take note of a file's stamp and return the seconds it must still stay as it is; 0.0 means at rest.

        `clock_skew_seconds`: how far the clock that stamps the file may be from ours (a file server's).
        """
        now = self._clock()
        watch = self._watches.get(key)
        if watch is None or watch.stamp != stamp:
            quiet_before = self._wall.seconds_since(stamp.changed_ns) - clock_skew_seconds
            credit = min(max(quiet_before, 0.0), self._quiet_seconds)
            watch = _Watch(stamp, now - credit, watch.restless_since_seconds if watch else now)
            self._watches[key] = watch
        return self._seconds_left(watch, now)

    def restless(self, key: Hashable) -> float:
        """Return for how many seconds a file has been watched without coming to rest; 0.0 if it has."""
        watch, now = self._watches.get(key), self._clock()
        if watch is None or self._seconds_left(watch, now) == 0.0:
            return 0.0
        return now - watch.restless_since_seconds

    def forget(self, key: Hashable) -> None:
        """Let go of a key."""
        self._watches.pop(key, None)

    def _seconds_left(self, watch: _Watch, now: float) -> float:
        left_seconds = watch.quiet_since_seconds + self._quiet_seconds - now
        return left_seconds if left_seconds > _RESOLUTION_SECONDS else 0.0


class _WallClock:
    """The wall clock with a memory for its jumps."""

    def __init__(self, clock: Callable[[], float], wall_clock: Callable[[], float], distrust_seconds: float) -> None:
        self._clock, self._wall_clock = clock, wall_clock
        self._distrust_seconds = distrust_seconds
        self._last = (clock(), wall_clock())
        self._trusted_from_seconds = self._last[0]

    def seconds_since(self, moment_ns: int) -> float:
        """Return how long ago a moment was; 0.0 when it lies ahead, or when the clock has just jumped."""
        now, wall = self._clock(), self._wall_clock()
        passed, shown = now - self._last[0], wall - self._last[1]
        self._last = (now, wall)
        if abs(shown - passed) > _STEP_SECONDS + _SLEW_SHARE * passed:
            self._trusted_from_seconds = now + self._distrust_seconds
        if now < self._trusted_from_seconds:
            return 0.0
        return max(0.0, wall - moment_ns / _NANOSECONDS)

"""Tells lanes that work from lanes that hang, so that systemd's watchdog is fed only while all of them get on."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

# A lane whose workers are all taken and show no sign for so long hangs; a pass over a large folder takes minutes.
STUCK_SECONDS = 1800.0


class Observed(Protocol):
    """What the watchdog looks at of a lane."""

    name: str

    @property
    def progress(self) -> int:
        """A number that grows while it gets on."""

    @property
    def is_full(self) -> bool:
        """Whether all its workers are taken, so that only progress shows that it is alive."""


class Watchdog:
    """Watches each lane by itself: that one gets on says nothing of the other."""

    def __init__(self, lanes: Sequence[Observed], clock: Callable[[], float] = time.monotonic) -> None:
        self._pulses = [_Pulse(lane, clock) for lane in lanes]

    def hanging(self) -> list[str]:
        """Return a sentence for each lane that hangs; empty while all is well. To be called every few seconds."""
        return [f"the {pulse.name} hangs for {pulse.still_minutes:.0f} min" for pulse in self._pulses if pulse.stops()]


class _Pulse:
    """One lane, and when it was last seen to be alive."""

    def __init__(self, lane: Observed, clock: Callable[[], float]) -> None:
        self.name = lane.name
        self._lane = lane
        self._clock = clock
        self._progress = -1
        self._moved_at = clock()

    def stops(self) -> bool:
        """Say whether it hangs: no worker is free, and nothing has got on for too long."""
        progress = self._lane.progress
        if progress != self._progress or not self._lane.is_full:
            self._progress, self._moved_at = progress, self._clock()
        return self._clock() - self._moved_at >= STUCK_SECONDS

    @property
    def still_minutes(self) -> float:
        """For how long nothing has moved."""
        return (self._clock() - self._moved_at) / 60

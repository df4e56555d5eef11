"""How often a live dataset's files are gone through: soon after one was finished, and never too much of the time."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

# From the first sign of a finished file to the pass, so that files which come together are cataloged together.
GATHER_SECONDS = 1.0
# The part of its time that a live dataset may take one worker of the bulk lane.
COST_SHARE = 0.2
# Signs come by the thousand.
_DEAF_SECONDS = 0.2


class LivePace:
    """Remembers what the passes over each live dataset cost; safe to call from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._costs: dict[int, float] = {}
        self._heard_at: dict[tuple[Path, str], float] = {}

    def is_news(self, root: Path, name: str) -> bool:
        """Say whether a sign of activity in a dataset is to be followed, or one was just a moment ago."""
        now = self._clock()
        with self._lock:
            if now - self._heard_at.get((root, name), float("-inf")) < _DEAF_SECONDS:
                return False
            self._heard_at[root, name] = now
        return True

    def note_cost(self, dataset_id: int, seconds: float) -> None:
        """Remember how long a pass took."""
        with self._lock:
            self._costs[dataset_id] = seconds

    def forget(self, dataset_id: int) -> None:
        """Let go of a dataset that is live no more."""
        with self._lock:
            self._costs.pop(dataset_id, None)
            if len(self._costs) == 0:
                self._heard_at.clear()

    def pause_seconds(self, dataset_id: int, least_seconds: float = GATHER_SECONDS) -> float:
        """Return after how many seconds the next pass may begin."""
        with self._lock:
            return max(least_seconds, self._costs.get(dataset_id, 0.0) * (1 / COST_SHARE - 1))

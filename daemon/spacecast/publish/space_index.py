"""Which spaces the zone has that no dataset of the ledger has, and whether this zone computes ids from seeds."""

import threading
import time
from collections.abc import Callable, Iterator

from spacecast.ledger import Ledger
from spacecast.onedata import Forbidden, Gone, SpaceDetails, ZoneClient, space_id_from_seed

# Releases from the first to before the second compute a space's id from the seed; later ones may.
_SEEDS_SINCE, _SEEDS_UNKNOWN_SINCE = (21, 2, 1), (25,)
# A zone is upgraded without a restart of its clients.
_RELEASE_SECONDS = 3600.0


class SpaceIndex:
    """Shared by all datasets; the details of a space that is none of ours are read once."""

    def __init__(self, zone: ZoneClient, ledger: Ledger, clock: Callable[[], float] = time.monotonic) -> None:
        self._zone = zone
        self._ledger = ledger
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, SpaceDetails] = {}
        self._computes_ids: bool | None = None
        self._asked_at = 0.0

    def computes_ids(self) -> bool:
        """Say whether a space's id follows from its seed here, so that a fresh seed needs no search."""
        with self._lock:
            if self._computes_ids is None or self._clock() - self._asked_at > _RELEASE_SECONDS:
                release = self._zone.configuration().release
                self._computes_ids = _SEEDS_SINCE <= release < _SEEDS_UNKNOWN_SINCE
                self._asked_at = self._clock()
            return self._computes_ids

    def note_made(self, space_id: str, seed: str) -> None:
        """Learn from a space that was just made whether the zone has computed its id."""
        with self._lock:
            self._computes_ids, self._asked_at = space_id == space_id_from_seed(seed), self._clock()

    def of_no_dataset(self, group_id: str | None) -> Iterator[SpaceDetails]:
        """Yield the spaces of a group, or of the token's user, that no dataset of the ledger has.

        What is said of a space may be as it was when it was first seen.
        """
        present = self._zone.user_spaces() if group_id is None else self._zone.group_spaces(group_id)
        for space_id in self._ledger.not_recorded("space", present):
            details = self._details(space_id)
            if details is not None:
                yield details

    def _details(self, space_id: str) -> SpaceDetails | None:
        # One at a time: those who wait would ask the same.
        with self._lock:
            if space_id not in self._seen:
                try:
                    self._seen[space_id] = self._zone.space(space_id)
                except (Gone, Forbidden):
                    return None
            return self._seen[space_id]

"""Finds, by the ledger alone, the datasets whose invite token expires soon; nothing is asked of any service."""

import time
from collections import deque
from collections.abc import Callable

from spacecast.config import Config
from spacecast.ledger import Condition, Ledger
from spacecast.publish.admission import LINK
from spacecast.publish.link_invite import INVITE, renewal_lead_seconds

# Of the time left for the renewal, so much may pass until it is begun.
_LOOKS_PER_LEAD = 10
_LONGEST_PAUSE_SECONDS = 3600.0
# Tokens that were made on one day expire on one day: a few at a time, some thousands an hour.
_AT_ONCE = 10
_PAUSE_BETWEEN_SECONDS = 5.0


class Renewals:
    """Looks every hour, or more often where tokens live shorter than some days, and hands out a few at a time."""

    def __init__(self, config: Config, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self._makes_invites = config.metadata.invite_token != "none"
        self._lead_seconds = renewal_lead_seconds(config)
        self._ledger = ledger
        self._clock = clock
        self._looked_at: float | None = None
        self._found: deque[int] = deque()
        self._given_at: float | None = None

    def due(self) -> list[int]:
        """Return the numbers of a few datasets to renew now; empty between two looks.

        A dataset whose link is not done is left to the pass that is owed to it anyway. Raises LedgerTrouble.
        """
        now = self._clock()
        if self._makes_invites and not self._found and self._is_time(now):
            self._found.extend(self._ledger.expiring(INVITE, now + self._lead_seconds))
            self._looked_at = now
        if not self._found or _within(self._given_at, now, _PAUSE_BETWEEN_SECONDS):
            return []
        self._given_at = now
        few = [self._found.popleft() for _ in range(min(_AT_ONCE, len(self._found)))]
        return [number for number in few if self._is_linked(number)]

    def _is_time(self, now: float) -> bool:
        pause_seconds = min(_LONGEST_PAUSE_SECONDS, self._lead_seconds / _LOOKS_PER_LEAD)
        return not _within(self._looked_at, now, pause_seconds)

    def _is_linked(self, dataset_id: int) -> bool:
        link = self._ledger.stages(dataset_id).get(LINK)
        return link is not None and link.condition is Condition.DONE


def _within(before: float | None, now: float, seconds: float) -> bool:
    # A clock that was set back must not put off the next look.
    return before is not None and 0 <= now - before < seconds

"""Finds, by the ledger alone, the datasets whose invite token expires soon; nothing is asked of any service."""

import time
from collections.abc import Callable

from spacecast.config import Config
from spacecast.ledger import Condition, Ledger
from spacecast.publish.admission import LINK
from spacecast.publish.link_invite import INVITE, renewal_lead_seconds

# Of the time left for the renewal, so much may pass until it is begun.
_LOOKS_PER_LEAD = 10
_LONGEST_PAUSE_SECONDS = 3600.0


class Renewals:
    """Looks every hour, or more often where tokens live shorter than some days."""

    def __init__(self, config: Config, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self._makes_invites = config.metadata.invite_token != "none"
        self._lead_seconds = renewal_lead_seconds(config)
        self._ledger = ledger
        self._clock = clock
        self._looked_at: float | None = None

    def due(self) -> list[int]:
        """Return the numbers of the datasets to renew now; empty between two looks.

        A dataset whose link is not done is left to the pass that is owed to it anyway. Raises LedgerTrouble.
        """
        now = self._clock()
        if not self._makes_invites or not self._is_time(now):
            return []
        found = [
            number for number in self._ledger.expiring(INVITE, now + self._lead_seconds) if self._is_linked(number)
        ]
        self._looked_at = now
        return found

    def _is_time(self, now: float) -> bool:
        pause_seconds = min(_LONGEST_PAUSE_SECONDS, self._lead_seconds / _LOOKS_PER_LEAD)
        # A clock that was set back must not put off the next look.
        return self._looked_at is None or not 0 <= now - self._looked_at < pause_seconds

    def _is_linked(self, dataset_id: int) -> bool:
        link = self._ledger.stages(dataset_id).get(LINK)
        return link is not None and link.condition is Condition.DONE

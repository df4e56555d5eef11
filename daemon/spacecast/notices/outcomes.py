"""Writes down how the delivery of a notice ended, and when it is tried again."""

import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from spacecast.config import Config
from spacecast.faults import Fault, NeedsPerson
from spacecast.ledger import Delivery, DeliveryState, Event, Ledger
from spacecast.secrecy import without_secrets
from spacecast.transport import back_off_seconds

log = structlog.get_logger()

STAGE = "notify"
"""Under which the history of a dataset says what became of its notices."""
_ANEW = "It is not sent again by itself; `spacecast notify --again` does so"
GIVE_UP_SECONDS = 5 * 86_400.0
"""How long a delivery that fails is tried, as mail servers do."""
REFUSED_SECONDS = 600.0
"""How often it is tried what only a person can mend."""
# Servers that put off whom they do not know want to see the same mail again after some minutes.
_LEAST_PAUSE_SECONDS = 60.0


class Outcomes:
    """The ledger's outbox as those see it who deliver, the log, and the history of datasets."""

    def __init__(self, config: Config, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self.ledger = ledger
        self.clock = clock

    def sent(self, delivery: Delivery, note: str) -> None:
        """Write down that whoever was to get a notice has it."""
        self._end(replace(delivery, state=DeliveryState.SENT, recipients=(), note=note), "done")

    def given_up(self, delivery: Delivery, note: str) -> None:
        """Write down that nobody gets a notice, and that it is not tried again."""
        self._end(replace(delivery, state=DeliveryState.GIVEN_UP, note=note), "given up")

    def cancelled(self, delivery: Delivery, note: str) -> None:
        """Write down that nobody gets a notice, since what it tells is not so any more."""
        self._end(replace(delivery, state=DeliveryState.CANCELLED, note=note), "cancelled")

    def unclear(self, delivery: Delivery, note: str) -> None:
        """Write down that nobody knows whether a notice was delivered; it is not tried again by itself."""
        self._end(replace(delivery, state=DeliveryState.UNCLEAR, note=f"{note} {_ANEW}"), "unclear")

    def put_off(self, delivery: Delivery, fault: Fault) -> None:
        """Write down that it is tried again, or given up after it was tried for days."""
        note = self.told(fault)
        if not self._is_young(delivery):
            self.given_up(delivery, note)
            return
        attempts = delivery.attempts + 1
        pause = REFUSED_SECONDS if isinstance(fault, NeedsPerson) else back_off_seconds(attempts, fault)
        self._again(delivery, note, pause)

    def put_off_for_some(self, delivery: Delivery, note: str) -> None:
        """Write down that some recipients have still to get it; it is tried again for them, for some days."""
        if self._is_young(delivery):
            self._again(delivery, note, max(_LEAST_PAUSE_SECONDS, back_off_seconds(delivery.attempts + 1)))
        elif delivery.taken:
            self.sent(delivery, note)
        else:
            self.given_up(delivery, note)

    def not_begun(self, delivery: Delivery) -> None:
        """Write down that nothing happened; what was in the way has nothing to do with this notice."""
        self.ledger.end_delivery(replace(delivery, state=DeliveryState.PENDING))

    def told(self, fault: Fault) -> str:
        """Return what a fault says, fit to be written down."""
        return without_secrets(str(fault), self._config.given_secrets())

    def _again(self, delivery: Delivery, note: str, pause_seconds: float) -> None:
        again = replace(
            delivery,
            state=DeliveryState.PENDING,
            attempts=delivery.attempts + 1,
            next_try_at=self.clock() + pause_seconds,
            note=note,
        )
        self._end(again, "retrying")

    def _is_young(self, delivery: Delivery) -> bool:
        return self.clock() - delivery.noticed_at < GIVE_UP_SECONDS

    def _end(self, delivery: Delivery, outcome: str) -> None:
        self.ledger.end_delivery(delivery)
        if outcome == "retrying" and delivery.attempts > 1:
            return  # it was told the first time
        if delivery.dataset_id is not None:
            event = Event(self.clock(), STAGE, delivery.channel, outcome, delivery.note)
            self.ledger.record(delivery.dataset_id, event)
        say = {"done": log.info, "cancelled": log.info, "given up": log.error}.get(outcome, log.warning)
        dataset = {"dataset": delivery.facts["name"]} if "name" in delivery.facts else {}
        say("notice", kind=delivery.kind, channel=delivery.channel, outcome=outcome, reason=delivery.note, **dataset)

"""Delivers what is in the ledger's outbox: once for each notice and channel, whatever ends in the middle."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from spacecast.config import Config, Webhook
from spacecast.faults import Fault, NeedsPerson
from spacecast.ledger import Delivery, Ledger, State
from spacecast.ledger.notices import READY_KIND, WITHDRAWN_NOTE
from spacecast.notices.channels import MAIL, channel_names, webhook_channel
from spacecast.notices.mailing import InviteOf, Mailing
from spacecast.notices.outcomes import REFUSED_SECONDS, Outcomes
from spacecast.notices.webhook import WebhookRefused, open_webhook, post
from spacecast.transport import back_off_seconds

log = structlog.get_logger()

Deliver = Callable[[Sequence[Delivery]], None]
"""Delivers what is due through one channel; raises a Fault where nothing can go through it now."""


@dataclass
class _Channel:
    """How it stands with one channel as a whole."""

    deliver: Deliver
    failures: int = 0
    open_at: float = 0.0


class Post:
    """The outbox of one daemon; `round` is called again and again, from one thread."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        *,
        invite_of: InviteOf,
        stop: threading.Event,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._stop = stop
        self._clock = clock
        self._outcomes = Outcomes(config, ledger, clock)
        self._channels = {name: _Channel(deliver) for name, deliver in self._ways(invite_of).items()}

    def _ways(self, invite_of: InviteOf) -> dict[str, Deliver]:
        ways: dict[str, Deliver] = {}
        if self._config.notify.mail is not None:
            mailing = Mailing(
                self._config, self._config.notify.mail, self._outcomes, invite_of=invite_of, stop=self._stop
            )
            ways[MAIL] = mailing.send_all
        for hook in self._config.notify.webhooks:
            ways[webhook_channel(hook)] = self._posting(hook)
        return ways

    @property
    def has_channels(self) -> bool:
        """Whether anything is told to anybody."""
        return bool(self._channels)

    def begin(self) -> None:
        """End what was on its way through channels that the config has no more."""
        number = self._ledger.give_up_channels(channel_names(self._config))
        if number:
            log.warning("notices given up", number=number, reason="the config has no such channel any more")

    def round(self) -> None:
        """Deliver what is due; every fault is written down and tried again, none is raised but the ledger's."""
        for name, channel in self._channels.items():
            if self._stop.is_set() or self._clock() < channel.open_at:
                continue
            due = [one for one in self._ledger.due_deliveries(name) if not self._is_overtaken(one)]
            if due:
                self._deliver(name, channel, due)

    def _is_overtaken(self, delivery: Delivery) -> bool:
        """Cancel what is told of a link that was withdrawn before anybody heard of it."""
        if delivery.kind != READY_KIND or delivery.dataset_id is None:
            return False
        try:
            is_withdrawn = self._ledger.dataset(delivery.dataset_id).state is State.WITHDRAWN
        except KeyError:
            return True  # its notices went with it
        if is_withdrawn:
            self._outcomes.cancelled(delivery, WITHDRAWN_NOTE)
        return is_withdrawn

    def _deliver(self, name: str, channel: _Channel, due: Sequence[Delivery]) -> None:
        try:
            channel.deliver(due)
        except Fault as fault:
            self._shut(name, channel, fault)
            return
        if channel.failures:
            log.info("channel works again", channel=name)
        channel.failures = 0

    def _shut(self, name: str, channel: _Channel, fault: Fault) -> None:
        """Leave a channel alone for some time: what is wrong with it is wrong for every notice."""
        channel.failures += 1
        needs_person = isinstance(fault, NeedsPerson)
        pause = REFUSED_SECONDS if needs_person else back_off_seconds(channel.failures, fault)
        channel.open_at = self._clock() + pause
        if channel.failures == 1:
            say = log.error if needs_person else log.warning
            say("channel does not work", channel=name, reason=self._outcomes.told(fault))

    def _posting(self, hook: Webhook) -> Deliver:
        def deliver(due: Sequence[Delivery]) -> None:
            with open_webhook(self._config, hook) as transport:
                for delivery in due:
                    if self._stop.is_set():
                        return
                    try:
                        post(transport, self._config, hook, delivery, now=self._clock())
                    except WebhookRefused as refused:
                        self._outcomes.put_off(delivery, refused)
                    else:
                        self._outcomes.sent(delivery, "posted")

        return deliver

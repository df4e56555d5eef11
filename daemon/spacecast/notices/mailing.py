"""Sends the mails that are due, over one connection, and makes sure that none is sent twice without need."""

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace

from spacecast.config import Config, Mail, parse_mailbox
from spacecast.faults import Fault, Passing, Unclear
from spacecast.ledger import Delivery, DeliveryState
from spacecast.notices.composing import compose
from spacecast.notices.outcomes import Outcomes
from spacecast.notices.smtp import Handed, MailServer, MailServerAway, MailServerRefuses, connected


@dataclass(frozen=True)
class Invite:
    """The invite token of a dataset, and until when it is good."""

    token: str = field(repr=False)
    valid_until: float | None


InviteOf = Callable[[int], Invite | None]
"""Gives the invite token of a dataset, None where there is none; what it raises puts the mail off."""


class Overtaken(Passing):
    """Somebody else delivers the same notice: the daemon under its config before a reload."""


class Mailing:
    """The channel *mail* of one daemon."""

    def __init__(
        self, config: Config, mail: Mail, outcomes: Outcomes, *, invite_of: InviteOf, stop: threading.Event
    ) -> None:
        self._config = config
        self._mail = mail
        self._outcomes = outcomes
        self._invite_of = invite_of
        self._stop = stop
        box = parse_mailbox(mail.sender)
        self._sender = box.address if box is not None else mail.sender

    def send_all(self, due: Iterable[Delivery]) -> None:
        """Send what is due; raises a Fault where the mail server takes nothing at all."""
        with ExitStack() as stack:
            server: MailServer | None = None
            for delivery in due:
                if self._stop.is_set():
                    return
                content = self._content(delivery)
                if content is not None:
                    server = server or stack.enter_context(self._connected())
                    self._send(server, delivery, content)

    def _connected(self) -> AbstractContextManager[MailServer]:
        return connected(self._mail, connect_timeout_seconds=self._config.limits.connect_timeout)

    def _content(self, delivery: Delivery) -> bytes | None:
        """Return the mail; None where it cannot be made now, or may have been sent before."""
        if delivery.state is DeliveryState.BEGUN:
            # Whoever began it was ended at that moment, and by then the server has got it, most likely.
            self._outcomes.unclear(delivery, "Spacecast was ended while it gave the mail to the mail server.")
            return None
        try:
            return self._composed(delivery)
        except Fault as fault:
            self._outcomes.put_off(delivery, fault)
            return None

    def _composed(self, delivery: Delivery) -> bytes:
        invite = self._invite_for(delivery)
        facts = delivery.facts if invite is None else {**delivery.facts, "expires_at": invite.valid_until}
        message = compose(
            self._config,
            self._mail,
            kind=delivery.kind,
            key=delivery.key,
            facts=facts,
            noticed_at=delivery.noticed_at,
            invite_token=invite.token if invite is not None else None,
        )
        return message.as_bytes()

    def _invite_for(self, delivery: Delivery) -> Invite | None:
        if not self._mail.users.include_invite_token or not delivery.facts.get("has_invite"):
            return None
        return self._invite_of(delivery.dataset_id) if delivery.dataset_id is not None else None

    def _send(self, server: MailServer, delivery: Delivery, content: bytes) -> None:
        def begin() -> None:
            if not self._outcomes.ledger.begin_delivery(delivery):
                raise Overtaken("Another thread delivers the same mail.")

        try:
            handed = server.hand_over(content, sender=self._sender, recipients=delivery.recipients, begin=begin)
        except Unclear as unclear:
            self._outcomes.unclear(delivery, self._outcomes.told(unclear))
            raise MailServerAway(str(unclear)) from unclear
        except Overtaken:
            # The server waits for a mail on this connection, so that it is of no more use.
            raise
        except (MailServerAway, MailServerRefuses):
            self._outcomes.not_begun(delivery)
            raise
        except Fault as fault:
            self._outcomes.put_off(delivery, fault)
        else:
            self._note(delivery, handed)

    def _note(self, delivery: Delivery, handed: Handed) -> None:
        note = _in_words(handed)
        left = replace(delivery, taken=delivery.taken + len(handed.taken), recipients=tuple(handed.later))
        if handed.later:
            self._outcomes.put_off_for_some(left, note)
        elif left.taken:
            self._outcomes.sent(left, note)
        else:
            self._outcomes.given_up(left, note)


def _in_words(handed: Handed) -> str:
    """Say who got a mail, by number, and what the server said about the others."""
    parts = [f"sent to {len(handed.taken)}"] if handed.taken else []
    parts += [f"put off: {address}: {reply}" for address, reply in handed.later.items()]
    parts += [f"refused: {address}: {reply}" for address, reply in handed.refused.items()]
    return "; ".join(parts)

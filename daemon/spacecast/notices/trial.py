"""One mail to the operators, sent at once, to see that the config's way to them is good; nothing is written down."""

import time

from spacecast.config import Config, parse_mailbox
from spacecast.faults import NeedsPerson
from spacecast.notices.channels import operators
from spacecast.notices.composing import compose
from spacecast.notices.smtp import Handed, connected

TEST_KIND = "test"


def send_trial(config: Config) -> Handed:
    """Send the operators a mail that says nothing but that it came; return who got it, and what was said of others.

    Raises NeedsPerson where the config names no mail server or no operator, and what `connected` and `hand_over` raise.
    """
    mail, recipients = config.notify.mail, operators(config)
    if mail is None:
        raise NeedsPerson("no mail is sent under this config. Fill in notify.mail, see docs/operators.md")
    if not recipients:
        raise NeedsPerson("nobody would get it. Name somebody under notify.mail.operators.to")
    now = time.time()
    facts = {"to": list(mail.operators.to)}
    message = compose(config, mail, kind=TEST_KIND, key=f"{TEST_KIND}:{now}", facts=facts, noticed_at=now)
    box = parse_mailbox(mail.sender)
    sender = box.address if box is not None else mail.sender
    with connected(mail, connect_timeout_seconds=config.limits.connect_timeout) as server:
        return server.hand_over(message.as_bytes(), sender=sender, recipients=recipients, begin=_nothing_to_note)


def _nothing_to_note() -> None:
    """Do nothing when the mail goes: no delivery is in the ledger whose beginning could be noted."""

"""Mail and webhooks: whether the mail server lets us in, whether texts can be made; nothing is sent."""

from collections.abc import Iterator

from spacecast.config import Config, Mail
from spacecast.faults import Fault, NeedsPerson
from spacecast.notices import connected, language_for
from spacecast.notices.texts import languages_of
from spacecast.service.preflight.model import Finding, Notes

NOTES = Notes("notify")


def check_notify(config: Config) -> Iterator[Finding]:
    """Look at what the config says of mail; nothing is said where it says nothing."""
    mail = config.notify.mail
    if mail is not None:
        yield _mail_server(config, mail)
        yield from _languages(mail)
        if not mail.operators.to:
            yield NOTES.warning(
                "operators",
                "nobody is told when datasets are blocked or a service stays down",
                "Name somebody under notify.mail.operators.to.",
            )
    for hook in config.notify.webhooks:
        try:
            hook.secret.reveal()
        except Fault as fault:
            yield NOTES.problem(f"webhook {hook.name}", str(fault))


def _mail_server(config: Config, mail: Mail) -> Finding:
    subject = f"{mail.server}:{mail.port_number}"
    try:
        with connected(mail, connect_timeout_seconds=config.limits.connect_timeout):
            how = "logged in" if mail.user else "without a login"
            return NOTES.ok(subject, f"takes our mail ({mail.security}, {how})")
    except Fault as fault:
        remedy = "" if isinstance(fault, NeedsPerson) else "Correct notify.mail.server and port, or start the server."
        return NOTES.problem(subject, str(fault), remedy)


def _languages(mail: Mail) -> Iterator[Finding]:
    known = languages_of(mail.templates)
    for wanted in dict.fromkeys((language_for(mail, "ready"), language_for(mail, "blocked"))):
        if wanted not in known:
            yield NOTES.warning(
                "language",
                f"there are no templates in {wanted!r}, so mails are in English",
                f"Put ready.{wanted}.txt and ready.{wanted}.html into notify.mail.templates; or choose one of"
                f" {', '.join(sorted(known))}.",
            )

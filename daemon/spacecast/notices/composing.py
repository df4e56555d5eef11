"""From a notice to a mail: plain text, HTML and the QR code of the link, with a head that is the same each time."""

import hashlib
import io
import socket
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

import segno

from spacecast import __version__
from spacecast.config import Config, Mail, parse_mailbox
from spacecast.notices.texts import Texts, render

_QR_ID = "qr-code@spacecast"
_QR_SCALE, _QR_BORDER = 5, 4
_MOMENTS = ("since", "ended")


def message_id(config: Config, key: str) -> str:
    """Return the id of the mail about a notice: always the same, so that whoever gets it twice can tell."""
    digest = hashlib.sha256(f"{config.instance_name}\n{key}".encode()).hexdigest()[:40]
    mail = config.notify.mail
    domain = _mailbox(mail.sender).domain if mail else "localhost"
    return f"<spacecast.{digest}@{domain}>"


def compose(
    config: Config,
    mail: Mail,
    *,
    kind: str,
    key: str,
    facts: Mapping[str, Any],
    noticed_at: float,
    invite_token: str | None = None,
    language: str | None = None,
) -> EmailMessage:
    """Return the mail about a notice; `invite_token` is only handed through, and kept nowhere.

    Raises NeedsPerson where a template is wrong.
    """
    picture = _qr_png(facts.get("public_url")) if kind == "ready" else None
    context = {
        **_in_words(facts),
        "facility": config.facility,
        "host": socket.gethostname(),
        "invite_token": invite_token,
        "now": _moment(time.time()),
        "qr_code": f"cid:{_QR_ID}" if picture else None,
    }
    texts = render(kind, language or language_for(mail, kind), context, own_folder=mail.templates)
    message = _head(config, mail, key, facts, noticed_at, texts.subject)
    _fill(message, texts, picture)
    return message


def language_for(mail: Mail, kind: str) -> str:
    """Return the language in which mails of this kind are written."""
    return mail.language if kind == "ready" else mail.operators.language or mail.language


def _head(
    config: Config, mail: Mail, key: str, facts: Mapping[str, Any], noticed_at: float, subject: str
) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = _addresses([mail.sender])
    for name, addresses in (("To", facts.get("to")), ("Cc", facts.get("cc"))):
        if addresses:
            message[name] = _addresses(addresses)
    if not facts.get("to") and not facts.get("cc"):
        # Some servers take a mail without any for junk (RFC 5322, 3.6.3).
        message["To"] = "undisclosed-recipients:;"
    if mail.reply_to:
        message["Reply-To"] = _addresses([mail.reply_to])
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.fromtimestamp(noticed_at, UTC))
    message["Message-ID"] = message_id(config, key)
    # So that no vacation notice comes back (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Mailer"] = f"Spacecast {__version__}"
    return message


def _fill(message: EmailMessage, texts: Texts, picture: bytes | None) -> None:
    message.set_content(texts.plain, cte="quoted-printable")
    message.add_alternative(texts.html, subtype="html", cte="quoted-printable")
    if picture is not None:
        _, html = message.iter_parts()
        html.add_related(picture, "image", "png", cid=f"<{_QR_ID}>", filename="link.png", disposition="inline")


def _addresses(texts: Sequence[str]) -> tuple[Address, ...]:
    boxes = [_mailbox(text) for text in texts]
    return tuple(Address(box.name, addr_spec=box.address) for box in boxes)


def _mailbox(text: str) -> Any:
    mailbox = parse_mailbox(text)
    if mailbox is None:
        raise ValueError("an address was let through that is none")
    return mailbox


def _qr_png(link: Any) -> bytes | None:
    if not isinstance(link, str) or not link:
        return None
    file = io.BytesIO()
    try:
        segno.make(link, error="m", micro=False).save(file, kind="png", scale=_QR_SCALE, border=_QR_BORDER)
    except segno.DataOverflowError:
        return None
    return file.getvalue()


def _in_words(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as templates show them: moments as dates, days for what ends."""
    said: dict[str, Any] = dict(facts)
    expires = facts.get("expires_at")
    said["expires"] = time.strftime("%Y-%m-%d", time.gmtime(expires)) if expires else None
    for name in _MOMENTS:
        if isinstance(facts.get(name), (int, float)):
            said[name] = _moment(facts[name])
    if "datasets" in facts:
        said["datasets"] = [
            {**one, "since": _moment(one["since"])} if "since" in one else dict(one) for one in facts["datasets"]
        ]
    return said


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")

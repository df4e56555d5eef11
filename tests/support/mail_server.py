"""A real mail server on loopback that keeps what it is given, and refuses or breaks off on demand."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from support.world import wait_for

USER, PASSWORD = "spacecast", "a-mail-password-0123456789"


@dataclass
class MailServer:
    """What it was given, and what it is to do with the next; `mails` in the order in which they came."""

    port: int = 0
    ca_file: Path | None = None
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    """Of each mail, whom it was for by the envelope."""
    answers: dict[str, str] = field(default_factory=dict)
    """What it says to a recipient instead of taking the mail for him."""
    verdict: str = ""
    """What it says to a mail instead of taking it."""
    lose_replies: int = 0
    """So many mails it takes without saying so."""
    tried: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_RCPT(  # noqa: N802 - the library's name for it
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name for it
        with self._lock:
            self.tried += 1
            if self.verdict:
                return self.verdict
            self.mails.append(message_from_bytes(envelope.content, policy=default))
            self.recipients.append(list(envelope.rcpt_tos))
            if self.lose_replies:
                self.lose_replies -= 1
                server.transport.abort()
        return "250 taken"

    def await_mails(self, number: int, seconds: float = 30.0) -> list[EmailMessage]:
        """Wait until so many mails have come."""
        wait_for(f"{number} mails", lambda: len(self.mails) >= number, seconds, lambda: str(self.mails))
        return self.mails


class _Server(Controller):
    def __init__(self, kept: MailServer, **options: Any) -> None:
        self._options = options
        tls = options.pop("tls", None)
        super().__init__(kept, hostname="127.0.0.1", port=kept.port, ssl_context=tls)

    def factory(self) -> SMTP:
        return SMTP(self.handler, enable_SMTPUTF8=True, ident="test", **self._options)


def _check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


@contextmanager
def running(
    kept: MailServer | None = None, *, security: str = "none", folder: Path | None = None
) -> Iterator[MailServer]:
    """Run the server; with `ssl` or `starttls` it wants the login, and its certificate is made in `folder`."""
    kept = kept or MailServer()
    options: dict[str, Any] = {}
    if security != "none":
        assert folder is not None
        options = {"authenticator": _check}
        context = _certificate(kept, folder)
        if security == "ssl":
            options |= {"tls": context, "auth_require_tls": False}
        else:
            options |= {"tls_context": context, "require_starttls": True, "auth_required": True}
    kept.port = kept.port or _free_port()
    server = _Server(kept, **options)
    server.start()
    try:
        yield kept
    finally:
        server.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _certificate(kept: MailServer, folder: Path) -> ssl.SSLContext:
    authority = trustme.CA()
    kept.ca_file = folder / "mail-ca.pem"
    authority.cert_pem.write_to_path(kept.ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def settings(server: MailServer, **changes: Any) -> dict[str, Any]:
    """Give the values of `notify.mail` for this server."""
    return {
        "server": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "sender": "Test facility <spacecast@example.org>",
        **changes,
    }


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """Give the body of a mail as text."""
    body = mail.get_body(preferencelist=(kind,))
    assert body is not None
    return body.get_content()

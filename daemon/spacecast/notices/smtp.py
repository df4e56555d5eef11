"""Hands one mail to the mail server, and says exactly what became of it."""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus

from spacecast.config import Mail
from spacecast.faults import NeedsPerson, Passing, Unclear
from spacecast.transport import trusted_authorities

# A server may look through a mail for viruses before it says that it has it (RFC 5321, 4.5.3.2: ten minutes).
_TAKING_SECONDS = 300.0
_REPLY_SECONDS = 60.0
_GO_AHEAD = 354
_PERMANENT = 500
_LONGEST_REPLY = 300
_LINE_END = re.compile(rb"\r\n|\r(?!\n)|(?<!\r)\n")


class MailServerAway(Passing):
    """The mail server cannot be reached or does nothing just now: no mail can be sent."""


class MailServerRefuses(NeedsPerson):
    """The mail server takes no mail from us at all: the login, the sender or the encryption is wrong."""


class MailPutOff(Passing):
    """The mail server takes mail, but not this one just now."""


class MailRefused(NeedsPerson):
    """The mail server will never take this mail."""


@dataclass(frozen=True)
class Handed:
    """Who gets a mail that was handed over, and what the server said about the others."""

    taken: tuple[str, ...]
    later: dict[str, str] = field(default_factory=dict, repr=False)
    """For whom it may be tried again."""
    refused: dict[str, str] = field(default_factory=dict, repr=False)
    """For whom it never will be taken."""


class MailServer:
    """One connection to the mail server, logged in; use `connected`."""

    def __init__(self, mail: Mail, session: smtplib.SMTP) -> None:
        self._mail = mail
        self._session = session

    def hand_over(self, message: bytes, *, sender: str, recipients: Sequence[str], begin: Callable[[], None]) -> Handed:
        """Give the server a mail for those recipients whom it takes.

        `begin` is called when everything is prepared and the mail itself is about to go: only after that can it have
        been taken without our knowing, and then Unclear is raised. Everything else that is raised means that nobody
        gets it: MailServerAway, MailServerRefuses, MailPutOff, MailRefused.
        """
        with self._told():
            self._require_sender(sender)
            said = {address: self._session.rcpt(address) for address in recipients}
            taken = tuple(
                address for address, (code, _) in said.items() if HTTPStatus.OK <= code < HTTPStatus.MULTIPLE_CHOICES
            )
            later = {address: _words(reply) for address, (code, reply) in said.items() if _GO_AHEAD < code < _PERMANENT}
            refused = {address: _words(reply) for address, (code, reply) in said.items() if code >= _PERMANENT}
            if not taken:
                self._session.rset()
                return Handed((), later, refused)
            self._require_go_ahead()
        begin()
        with self._told():
            self._session.send(_on_the_wire(message))
        self._await_taken()
        return Handed(taken, later, refused)

    def _require_sender(self, sender: str) -> None:
        code, reply = self._session.mail(sender)
        if code >= _PERMANENT:
            raise MailServerRefuses(
                f"{self._name} does not take mail from {sender}: {_words(reply)}. Correct notify.mail.sender, or"
                " the login"
            )
        if code >= HTTPStatus.BAD_REQUEST:
            raise MailPutOff(f"{self._name} takes no mail just now: {_words(reply)}.")

    def _require_go_ahead(self) -> None:
        code, reply = self._session.docmd("DATA")
        if code != _GO_AHEAD:
            raise self._verdict(code, reply)

    def _await_taken(self) -> None:
        if self._session.sock is not None:
            self._session.sock.settimeout(_TAKING_SECONDS)
        try:
            code, reply = self._session.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise Unclear(
                f"{self._name} was given the mail and did not say whether it has it: {_cause(error)}."
            ) from error
        if code >= HTTPStatus.BAD_REQUEST:
            raise self._verdict(code, reply)

    def _verdict(self, code: int, reply: bytes) -> Passing | NeedsPerson:
        if code >= _PERMANENT:
            return MailRefused(f"{self._name} does not take the mail: {_words(reply)}. Ask whoever runs it")
        return MailPutOff(f"{self._name} does not take the mail just now: {_words(reply)}.")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, smtplib.SMTPException) as error:
            raise MailServerAway(f"{self._name} broke off: {_cause(error)}.") from error

    @property
    def _name(self) -> str:
        return name_of(self._mail)


def name_of(mail: Mail) -> str:
    """Return how messages name the mail server."""
    return f"The mail server {mail.server}:{mail.port_number}"


@contextmanager
def connected(mail: Mail, *, connect_timeout_seconds: float) -> Iterator[MailServer]:
    """Give the mail server, encrypted and logged in as the config says.

    Raises MailServerAway, MailServerRefuses, and what reading the password raises.
    """
    session = _opened(mail, connect_timeout_seconds)
    try:
        _log_in(mail, session)
        yield MailServer(mail, session)
        with suppress(OSError, smtplib.SMTPException):
            # What was said to be taken stays so, whether or not the server says goodbye.
            session.quit()
    finally:
        session.close()


def _opened(mail: Mail, connect_timeout_seconds: float) -> smtplib.SMTP:
    context = trusted_authorities(mail.ca_bundle) if mail.security != "none" else None
    where = (mail.server, mail.port_number, _our_name())
    try:
        if mail.security == "ssl":
            session: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=connect_timeout_seconds, context=context)
        else:
            session = smtplib.SMTP(*where, timeout=connect_timeout_seconds)
    except (OSError, smtplib.SMTPException) as error:
        raise _not_opened(mail, error) from error
    try:
        if session.sock is not None:
            session.sock.settimeout(_REPLY_SECONDS)
        session.ehlo_or_helo_if_needed()
        if mail.security == "starttls":
            session.starttls(context=context)
    except BaseException as error:
        session.close()
        if isinstance(error, (OSError, smtplib.SMTPException)):
            raise _not_opened(mail, error) from error
        raise
    return session


def _not_opened(mail: Mail, error: Exception) -> Passing | NeedsPerson:
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailServerRefuses(
            f"{name_of(mail)} shows a certificate that is not trusted: {error.verify_message}. Correct"
            " notify.mail.server, or name its authority under notify.mail.ca_bundle"
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return MailServerRefuses(f"{name_of(mail)} does not offer STARTTLS. Correct notify.mail.security or port")
    if isinstance(error, ssl.SSLError):
        return MailServerRefuses(
            f"{name_of(mail)} does not speak TLS as notify.mail.security says ({mail.security}): {error.reason}."
            " Correct it, or the port"
        )
    return MailServerAway(f"{name_of(mail)} does not answer: {_cause(error)}.")


def _log_in(mail: Mail, session: smtplib.SMTP) -> None:
    if mail.user is None or mail.password is None:
        return
    password = mail.password.reveal()
    try:
        session.login(mail.user, password)
    except smtplib.SMTPAuthenticationError as error:
        if error.smtp_code < _PERMANENT:
            raise MailServerAway(f"{name_of(mail)} cannot check the login just now.") from error
        raise MailServerRefuses(
            f"{name_of(mail)} does not accept the login ({error.smtp_code}). Correct notify.mail.user, or put the right"
            f" password where the config says it is read from"
        ) from None
    except smtplib.SMTPNotSupportedError as error:
        raise MailServerRefuses(
            f"{name_of(mail)} knows no login. Leave notify.mail.user out, or correct the port"
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerAway(f"{name_of(mail)} broke off at the login: {type(error).__name__}.") from None


@lru_cache(maxsize=1)
def _our_name() -> str:
    # Asked of the name service once and not for each mail.
    name = socket.getfqdn()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _on_the_wire(message: bytes) -> bytes:
    """Return a mail with CRLF line ends, dots doubled where they begin a line, and its end (RFC 5321, 4.5.2)."""
    lines = _LINE_END.sub(b"\r\n", message).removesuffix(b"\r\n")
    return re.sub(rb"(?m)^\.", b"..", lines) + b"\r\n.\r\n"


def _words(reply: bytes) -> str:
    text = reply.decode("utf-8", "replace").replace("\n", " ")
    return "".join(character if character.isprintable() else "?" for character in text)[:_LONGEST_REPLY].rstrip(".")


def _cause(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
        return f"{error.smtp_code} {_words(said)}"
    return str(getattr(error, "strerror", None) or error or type(error).__name__).rstrip(".")

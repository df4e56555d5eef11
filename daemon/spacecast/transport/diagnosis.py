"""From an exception of the HTTP libraries to a fault in words, without URL, header or body."""

import errno
import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3

from spacecast.faults import Fault
from spacecast.transport.faults import BadRequest, NoAnswer, ReplyLost, UntrustedService

_REFUSED = "it refuses connections, as if it were not running"
# Not urllib3's general kind: every failed connection is one of these too.
_TIMEOUTS = (TimeoutError, urllib3.exceptions.ReadTimeoutError)
_CLOSED = "it closed the connection before its reply was complete"


def causes(error: BaseException) -> Iterator[BaseException]:
    """List the error and everything that it was raised from or wraps, outermost first."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        linked = [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
        waiting += [item for item in linked if isinstance(item, BaseException)]


def fault_of(error: Exception, *, service: str, sent: bool, repeatable: bool) -> Fault:
    """Name the fault that `error` means for a request to `service`; `sent` says whether it had left."""
    chain = list(causes(error))
    if _is_unusable(error):
        return BadRequest(
            f"{service}: the request could not be made ({type(error).__name__}). "
            "Look at the URL in the config, and for stray characters in the token."
        )
    if not sent and (untrusted := _untrusted_reason(chain)):
        return UntrustedService(
            f"{service}: its certificate is not trusted: {untrusted}. Nothing was sent. {_trust_remedy(untrusted)}"
        )
    reason = _reason(chain, sent=sent)
    if sent and not repeatable:
        return ReplyLost(f"{service} gave no complete reply: {reason}. What was asked for may have happened.")
    return NoAnswer(f"{service} gave no answer: {reason}.")


def was_closed(error: Exception) -> bool:
    """Whether the other side closed the connection, as it does with one that was idle or served its share."""
    kinds = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError, ssl.SSLEOFError)
    return any(isinstance(cause, kinds) for cause in causes(error))


def _is_unusable(error: Exception) -> bool:
    if isinstance(error, requests.RequestException):
        passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
        return not isinstance(error, passing)
    return isinstance(error, (urllib3.exceptions.LocationValueError, UnicodeError))


def _untrusted_reason(chain: list[BaseException]) -> str | None:
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message.rstrip(".") or "verification failed"
    return None


def _trust_remedy(reason: str) -> str:
    words = reason.lower()
    if "expired" in words or "not yet valid" in words:
        return "Have it renewed by whoever runs the service; or this machine's clock is wrong: timedatectl set-ntp true"
    if "hostname" in words or "ip address" in words:
        return "The URL in the config must name the host for which the certificate was made."
    return "Where the services use a private authority, name its PEM file as ca_bundle in the config."


def _reason(chain: list[BaseException], *, sent: bool) -> str:
    if any(isinstance(cause, (socket.gaierror, urllib3.exceptions.NameResolutionError)) for cause in chain):
        return "its host name is not known; look at the URL and at the name service"
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain):
        return _REFUSED
    if any(isinstance(cause, _TIMEOUTS) for cause in chain):
        return "it did not answer in time" if sent else "no connection in time"
    if not sent and any(isinstance(cause, ssl.SSLError) for cause in chain):
        return "no secure connection could be made; does the port speak https?"
    return _system_reason(chain) or _CLOSED


def _system_reason(chain: list[BaseException]) -> str | None:
    for cause in chain:
        if isinstance(cause, OSError) and cause.errno in errno.errorcode and cause.strerror:
            return f"{cause.strerror[0].lower()}{cause.strerror[1:]}"
    return None

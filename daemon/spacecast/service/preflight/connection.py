"""What a connection shows beside the answers: how long the certificate holds, and what time it is over there."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from spacecast.service.preflight.model import Finding, Notes
from spacecast.transport import Answer
from spacecast.transport.connections import trusted_authorities

SKEW_SECONDS = 60.0
EXPIRY_DAYS = 21
_DAY_SECONDS = 86_400.0
_HTTPS_PORT = 443


def check_clock(notes: Notes, answer: Answer, wall_clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Compare our clock with the `Date` of an answer; nothing is said where there is none (RFC 9110, 6.6.1)."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date") or "").timestamp()
    except ValueError:
        return
    skew_seconds = wall_clock() - theirs
    if abs(skew_seconds) > SKEW_SECONDS:
        direction = "ahead of" if skew_seconds > 0 else "behind"
        yield notes.warning(
            "clock",
            f"this machine's clock is {abs(skew_seconds):.0f} s {direction} the service's; tokens are made with "
            "times in them and may be refused",
            "timedatectl set-ntp true   (on whichever of the two is wrong)",
        )


def check_certificate(
    notes: Notes,
    url: str,
    *,
    ca_bundle: Path | None = None,
    timeout_seconds: float = 5.0,
    wall_clock: Callable[[], float] = time.time,
) -> Iterator[Finding]:
    """Warn of a certificate that ends soon; for addresses with https whose service has just answered."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return
    try:
        ends_at = end_of_certificate(parts.hostname, parts.port or _HTTPS_PORT, ca_bundle, timeout_seconds)
    except OSError as error:
        yield notes.warning(
            "certificate",
            f"could not be looked at: {error}",
            "Run `spacecast check` again; where it lasts, ask whoever runs the service.",
        )
        return
    left_days = (ends_at - wall_clock()) / _DAY_SECONDS
    if left_days < EXPIRY_DAYS:
        yield notes.warning(
            "certificate",
            f"that of {parts.hostname} ends in {max(0.0, left_days):.0f} days; then nothing is sent any more",
            "Have it renewed by whoever runs the service.",
        )


def end_of_certificate(host: str, port: int, ca_bundle: Path | None, timeout_seconds: float) -> float:
    """Return when a service's certificate ends, in seconds since the epoch; raises OSError where it is not shown."""
    context = trusted_authorities(ca_bundle)
    with (
        socket.create_connection((host, port), timeout_seconds) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        ends = (secure.getpeercert() or {}).get("notAfter")
    return ssl.cert_time_to_seconds(str(ends))

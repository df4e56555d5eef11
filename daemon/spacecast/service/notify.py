"""Tells systemd how the daemon is: ready, reloading, stopping, alive, and what it does just now.

The protocol is that of sd_notify(3): one datagram per message to the socket named in NOTIFY_SOCKET.
"""

import os
import socket
from collections.abc import Mapping

# systemd that hangs must not take the daemon with it.
_SEND_SECONDS = 5.0


def notify(message: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send a message such as `READY=1` and say whether systemd was there to take it.

    Without NOTIFY_SOCKET, or where nobody listens, nothing happens: the daemon also runs without systemd.
    """
    address = environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.settimeout(_SEND_SECONDS)
            channel.connect(address)
            channel.sendall(message.encode())
    except OSError:
        return False
    return True


def watchdog_interval_seconds(environ: Mapping[str, str] = os.environ) -> float | None:
    """Return how often systemd wants to hear `WATCHDOG=1`: twice in the time after which it would kill."""
    microseconds, process = environ.get("WATCHDOG_USEC"), environ.get("WATCHDOG_PID")
    if not microseconds or process not in (None, str(os.getpid())):
        return None
    return int(microseconds) / 2_000_000

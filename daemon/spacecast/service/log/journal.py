"""Lines as entries of systemd's journal, with a field for each key; the protocol is its native one.

https://systemd.io/JOURNAL_NATIVE_PROTOCOL/: one datagram for each entry, to a socket that is always in the same place.
"""

import os
import re
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from structlog.typing import EventDict

from spacecast.service.log.shaping import as_text

SOCKET = Path("/run/systemd/journal/socket")
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
# A datagram holds some 200 kB; a trace that is cut is better than none.
_LONGEST_VALUE_BYTES = 8192
_SEND_SECONDS = 2.0
_NO_NAME = re.compile(r"[^A-Z0-9_]")


def is_journal(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether what is written into a stream goes to the journal, as systemd.exec(5) tells under JOURNAL_STREAM."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def entry(event: Mapping[str, Any]) -> bytes:
    """Return the datagram for a line; its keys become `SPACECAST_…` fields."""
    fields = {
        "MESSAGE": as_text(event),
        "PRIORITY": str(_PRIORITIES.get(str(event.get("level")), 6)),
        "SYSLOG_IDENTIFIER": "spacecast",
    }
    own = {key: value for key, value in event.items() if key not in ("level", "timestamp")}
    fields |= {f"SPACECAST_{_NO_NAME.sub('_', key.upper())}"[:64]: str(value) for key, value in own.items()}
    return b"".join(_field(name, value) for name, value in fields.items())


def _field(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "backslashreplace")[:_LONGEST_VALUE_BYTES]
    if b"\n" in data:
        return name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n"
    return name.encode() + b"=" + data + b"\n"


class JournalRenderer:
    """The last processor: it sends the entry itself and gives the line as text where the journal does not take it."""

    def __init__(self, place: Path = SOCKET) -> None:
        self._place = place

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> str:
        """Send the entry; return what is left to be written, which is nothing where the journal took it."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.settimeout(_SEND_SECONDS)
                channel.sendto(entry(event), str(self._place))
        except OSError:
            # systemd reads the level from the beginning of a line on standard error.
            return f"<{_PRIORITIES.get(str(event.get('level')), 6)}>{as_text(event)}"
        return ""


class LinesLogger:
    """Writes what is left to be written, and nothing where that is empty."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def _say(self, line: str) -> None:
        if line:
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = exception = _say


def lines_to(stream: TextIO | None = None) -> Callable[..., LinesLogger]:
    """Return what makes the loggers that write into a stream; standard error by default."""
    return lambda *_arguments: LinesLogger(stream or sys.stderr)

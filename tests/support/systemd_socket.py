"""The socket on which systemd hears a service, and what was said to it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.world import wait_for

_LONGEST_SECONDS = 60.0


class SystemdSocket:
    """Everything that a service has told systemd so far."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self.said: list[str] = []
        """The lines in their order."""

    def listen(self) -> None:
        """Hear until an empty message comes: the kernel keeps only ten of them, and whoever sends waits then."""
        while heard := self._channel.recv(65536):
            self.said += heard.decode().splitlines()

    def await_line(self, fits: Callable[[str], bool], number: int = 1) -> str:
        """Wait for so many lines that fit and return the last of them."""
        found: list[str] = wait_for(
            f"line {number} for systemd",
            lambda: [line for line in self.said if fits(line)][number - 1 :],
            _LONGEST_SECONDS,
            lambda: "\n".join(self.said),
        )
        return found[0]


@contextmanager
def systemd_socket(path: Path) -> Iterator[SystemdSocket]:
    """Listen at `path`, which belongs into NOTIFY_SOCKET."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(path))
        heard = SystemdSocket(channel)
        listener = threading.Thread(target=heard.listen)
        listener.start()
        try:
            yield heard
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.sendto(b"", str(path))
            listener.join(20)

"""Hints from a server that streams its changes: something has changed, look now. The catalog is the truth."""

import json
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from socket import SHUT_RDWR
from types import TracebackType
from typing import Any, Self

from spacecast.data.server import EntryPath, Server
from spacecast.data.trust import trust_for

# A server that refuses to stream may be restarted with another configuration, or the container may come.
_REFUSED_PAUSE_SECONDS = 15.0
_LOST_PAUSE_SECONDS = 1.0
_GLANCE_SECONDS = 0.5
_OPEN_SECONDS = 5.0
# A thread that is just connecting ends by itself.
_LEAVE_SECONDS = 0.2
# Messages have the metadata of what changed in them.
_LONGEST_MESSAGE_BYTES = 64 << 20


class Listener:
    """Listens to containers while the `with` block runs; `heard` is called for each change, with container and key.

    The key is None whenever a connection was made anew: what happened before is not told. Where the package for
    it is missing, or the server does not stream, nothing is heard.
    """

    def __init__(self, server: Server, heard: Callable[[EntryPath, str | None], None]) -> None:
        self._server = server
        self._heard = heard
        self._stop = threading.Event()
        self._threads: dict[EntryPath, threading.Thread] = {}
        self._connected: set[EntryPath] = set()
        self._sockets: list[Any] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for socket in tuple(self._sockets):
            with suppress(OSError):
                # Without the polite goodbye, which would cost whoever waits a round trip.
                socket.socket.shutdown(SHUT_RDWR)
        for thread in self._threads.values():
            thread.join(_LEAVE_SECONDS)

    def listen_to(self, container: EntryPath) -> None:
        """Begin to listen to a container, unless that is done already."""
        if container not in self._threads:
            thread = threading.Thread(target=self._run, args=(container,), name="spacecast listener", daemon=True)
            self._threads[container] = thread
            thread.start()

    def hears(self, containers: set[EntryPath]) -> bool:
        """Whether all of these containers are being listened to just now."""
        return containers <= self._connected

    def _run(self, container: EntryPath) -> None:
        try:
            from websockets.exceptions import WebSocketException  # noqa: PLC0415 - comes with the extra only
            from websockets.sync.client import connect  # noqa: PLC0415 - the same
        except ImportError:
            return
        trust = trust_for(self._server.api)
        address = self._server.address("stream/single", container).replace("http", "ws", 1) + "?envelope_format=json"
        while not self._stop.is_set():
            pause_seconds = _LOST_PAUSE_SECONDS
            try:
                with connect(
                    address,
                    ssl=trust if isinstance(trust, ssl.SSLContext) else None,
                    additional_headers=dict(self._server.authorization),
                    max_size=_LONGEST_MESSAGE_BYTES,
                    open_timeout=_OPEN_SECONDS,
                    close_timeout=_GLANCE_SECONDS,
                ) as socket:
                    self._sockets.append(socket)
                    self._follow(container, socket)
            except WebSocketException as refusal:
                # A connection that was there and broke is made again soon.
                if container not in self._connected and not isinstance(refusal, OSError):
                    pause_seconds = _REFUSED_PAUSE_SECONDS
            except OSError:
                pause_seconds = _LOST_PAUSE_SECONDS
            self._connected.discard(container)
            self._stop.wait(pause_seconds)

    def _follow(self, container: EntryPath, socket: Any) -> None:
        self._connected.add(container)
        self._heard(container, None)
        while not self._stop.is_set():
            try:
                message = socket.recv(timeout=_GLANCE_SECONDS)
            except TimeoutError:
                continue
            self._heard(container, _key_in(message))


def _key_in(message: str | bytes) -> str | None:
    try:
        found = json.loads(message)
    except ValueError:
        return None
    key = found.get("key") if isinstance(found, dict) else None
    return key if isinstance(key, str) else None

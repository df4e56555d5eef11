"""A small HTTP server for this machine: a bounded number of short-lived connections, each in a thread of its own."""

import os
import socket
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path

import structlog

from spacecast.config import Port
from spacecast.faults import NeedsPerson
from spacecast.service.monitoring.exchange import (
    Reply,
    Request,
    Unanswerable,
    check_request,
    read_request,
    send_reply,
    text_reply,
)
from spacecast.transport import Stopped

log = structlog.get_logger()

Answer = Callable[[Request], Reply]

MOST_CONNECTIONS = 16
READ_SECONDS = 5.0
SEND_SECONDS = 10.0
# How soon an order to stop is noticed, and how often an address that is taken is tried again.
_GLANCE_SECONDS = 0.5
_BIND_AGAIN_SECONDS = 10.0
_BACKLOG = 32
# Owner and group may ask: the daemon's own umask would leave the group out.
_SOCKET_MODE = 0o660


class Server:
    """Answers at a loopback port or a socket from `start` to `stop`; nothing that a client does holds up anything else.

    While the address cannot be had it is tried again, and the log says so once.
    """

    def __init__(self, place: Port | Path, answer: Answer) -> None:
        self._place = place
        self._answer = answer
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spacecast-monitoring", daemon=True)
        self.listening = threading.Event()
        """Set once clients can connect."""
        self.port: int | None = None

    def start(self) -> None:
        """Begin to listen; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections; one that is being answered ends by itself."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _run(self) -> None:
        with suppress(Stopped), self._bound() as listener:
            self.listening.set()
            log.info("monitoring listens", at=str(self._place_shown()))
            try:
                self._accept(listener)
            finally:
                if isinstance(self._place, Path):
                    self._place.unlink(missing_ok=True)

    def _place_shown(self) -> str:
        return str(self._place) if isinstance(self._place, Path) else f"http://{self._place.host}:{self.port}"

    def _bound(self) -> socket.socket:
        said = ""
        while not self._stopping.is_set():
            try:
                listener = listening_socket(self._place)
            except (OSError, NeedsPerson) as error:
                before, said = said, str(error)
                if said != before:
                    log.warning("monitoring cannot listen; it is tried again", reason=said)
                self._stopping.wait(_BIND_AGAIN_SECONDS)
            else:
                self.port = listener.getsockname()[1] if isinstance(self._place, Port) else None
                return listener
        raise Stopped("The server was stopped before it could listen.")

    def _accept(self, listener: socket.socket) -> None:
        listener.settimeout(_GLANCE_SECONDS)
        while not self._stopping.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError as error:
                # No descriptor is free, say: that passes, or shows elsewhere.
                log.debug("monitoring could not take a connection", reason=str(error))
                self._stopping.wait(_GLANCE_SECONDS)
                continue
            self._hand_over(connection)

    def _hand_over(self, connection: socket.socket) -> None:
        if not self._slots.acquire(blocking=False):
            with connection, suppress(OSError):
                send_reply(
                    connection,
                    text_reply("too many connections at once", HTTPStatus.SERVICE_UNAVAILABLE),
                    with_body=True,
                    timeout_seconds=0.1,
                )
            return
        name = "spacecast-monitoring client"
        threading.Thread(target=self._serve, args=(connection,), name=name, daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, suppress(OSError):
                reply, with_body = self._replied(connection)
                send_reply(connection, reply, with_body=with_body, timeout_seconds=SEND_SECONDS)
        finally:
            self._slots.release()

    def _replied(self, connection: socket.socket) -> tuple[Reply, bool]:
        try:
            request = read_request(connection, READ_SECONDS)
            check_request(request)
            return self._answer(request), request.method != "HEAD"
        except Unanswerable as bad:
            return text_reply(str(bad), bad.status), True
        except OSError:
            raise
        except Exception:
            log.exception("unexpected error", where="monitoring")
            return text_reply("unexpected error; the log has it", HTTPStatus.INTERNAL_SERVER_ERROR), True


def listening_socket(place: Port | Path) -> socket.socket:
    """Open a socket that listens; raises OSError, or NeedsPerson where what is there is in the way."""
    if isinstance(place, Path):
        return _at_path(place)
    family, _, _, _, address = socket.getaddrinfo(place.host, place.number, type=socket.SOCK_STREAM)[0]
    # A name may be given another meaning on this machine.
    if not ip_address(address[0]).is_loopback:
        raise NeedsPerson(f"{place.host} is {address[0]}, which other machines can reach: use 127.0.0.1")
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise NeedsPerson(
            f"{place.host}:{place.number} cannot be listened at: {error.strerror}. Correct monitoring.listen, or end "
            f"what uses the port (`ss -ltnp 'sport = :{place.number}'`)"
        ) from error
    return listener


def _at_path(path: Path) -> socket.socket:
    _remove_left_over(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(_SOCKET_MODE)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise NeedsPerson(
            f"{path} cannot be listened at: {error.strerror}. Correct monitoring.listen, or make its folder writable "
            f"for the service's user"
        ) from error
    return listener


def _remove_left_over(path: Path) -> None:
    """Remove the socket of a daemon that was killed; anything else is left alone."""
    try:
        is_socket = stat.S_ISSOCK(os.lstat(path).st_mode)
    except FileNotFoundError:
        return
    if not is_socket:
        raise NeedsPerson(f"{path} is there already, and is no socket: correct monitoring.listen")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise NeedsPerson(f"somebody listens at {path} already: correct monitoring.listen, or end that process")

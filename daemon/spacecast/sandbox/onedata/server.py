"""The HTTP server: listeners on loopback, one thread per connection, keep-alive as the real services have it."""

import contextlib
import io
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

from spacecast.sandbox.onedata.messages import FileSlice, Reply, Request

_REQUESTS_PER_CONNECTION = 30
_BACKLOG = 128
_BLOCK = 256 * 1024
_LONGEST_LINE = 65537
_LONGEST_BODY = 64 * 1024 * 1024
_HANDSHAKE_SECONDS = 10.0
_JOIN_SECONDS = 10.0
_RESET = struct.pack("ii", 1, 0)


class Cut(Exception):  # noqa: N818 - it is no error: a fault rule asked for the connection to end like this
    """The connection ends now; with `reset` abruptly, after `sent` (raw bytes) if there are any."""

    def __init__(self, *, reset: bool = False, sent: bytes = b"") -> None:
        super().__init__()
        self.reset = reset
        self.sent = sent


Answerer = Callable[[Request, "Connection"], Reply | None]


class Connection(BaseHTTPRequestHandler):
    """One connection: parse requests, have them answered, write each answer at once."""

    protocol_version = "HTTP/1.1"
    server_version = "Sandbox"
    sys_version = ""

    def __init__(self, connection: socket.socket, address: object, listener: "Listener") -> None:
        self.listener = listener
        self.served = 0
        super().__init__(connection, address, listener)  # type: ignore[arg-type]  # only kept as .server

    def setup(self) -> None:
        """Set the socket up; the TLS handshake belongs here, where it holds up nobody else."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.listener.tls is not None:
            self.request.settimeout(_HANDSHAKE_SECONDS)
            self.request = self.listener.tls.wrap_socket(self.request, server_side=True)
            self.request.settimeout(None)
            self.listener.swap(self.request)
        self.connection = self.request
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)

    def handle_one_request(self) -> None:
        """Read one request, answer it; the thirtieth is the last on a connection."""
        self.raw_requestline = self.rfile.readline(_LONGEST_LINE)
        if not self.raw_requestline or not self._parse_head():
            self.close_connection = True
            return
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LONGEST_BODY or "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.send_error(411 if length == 0 else 413)
            self.close_connection = True
            return
        body = self.rfile.read(length) if length else b""
        if len(body) < length:  # the client went away in the middle: half a request is none
            self.close_connection = True
            return
        request = self._request(body)
        self.served += 1
        if self.served >= _REQUESTS_PER_CONNECTION:
            self.close_connection = True
        try:
            reply = self.listener.answer(request, self)
        except Cut as cut:
            self._cut(cut)
            return
        if reply is not None:
            self.write(reply)

    def _parse_head(self) -> bool:
        # The parser takes the end of the connection for the end of the headers, and so half a request for a whole one.
        lines: list[bytes] = []
        while (line := self.rfile.readline(_LONGEST_LINE)) not in (b"", b"\r\n", b"\n"):
            lines.append(line)
        if not line:
            return False
        connection, self.rfile = self.rfile, io.BytesIO(b"".join([*lines, line]))
        try:
            return self.parse_request()
        finally:
            self.rfile = connection

    def _request(self, body: bytes) -> Request:
        path, _, query = self.path.partition("?")
        return Request(
            method=self.command,
            path=path,
            query=parse_qs(query, keep_blank_values=True) if query else {},
            raw_query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            secure=self.listener.tls is not None,
        )

    def write(self, reply: Reply) -> None:
        """Send a reply, in one write unless it is a file."""
        if isinstance(reply.body, FileSlice):
            self.wfile.write(self.head(reply))
            self._write_file(reply.body)
        else:
            self.wfile.write(self.head(reply) + reply.body)

    def head(self, reply: Reply) -> bytes:
        """Give status line and headers of a reply."""
        phrase = self.responses.get(reply.status, ("",))[0]
        lines = [f"HTTP/1.1 {int(reply.status)} {phrase}", "Server: sandbox"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        if reply.status != 204:  # noqa: PLR2004 - a 204 has no length
            lines.append(f"Content-Length: {reply.length}")
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _write_file(self, part: FileSlice) -> None:
        """Send a part of a file; end the connection early when the file is shorter, as a provider does."""
        missing = part.length
        try:
            descriptor = os.open(part.path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            self.close_connection = True
            return
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - the descriptor is open already
            file.seek(part.start)
            while missing and (block := file.read(min(_BLOCK, missing))):
                self.wfile.write(block)
                missing -= len(block)
        if missing:
            self.close_connection = True

    def _cut(self, cut: Cut) -> None:
        self.close_connection = True
        if cut.sent:
            self.wfile.write(cut.sent)
        if cut.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Write nothing: the exchange log has it all."""


class Listener:
    """A port on loopback that can go down and come up again."""

    def __init__(self, answer: Answerer, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.tls = tls
        self._socket = _reserve(port)
        self.port: int = self._socket.getsockname()[1]
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._acceptor: threading.Thread | None = None

    def up(self) -> None:
        """Accept connections."""
        if self._acceptor is None:
            self._socket.listen(_BACKLOG)
            self._acceptor = threading.Thread(target=self._accept, name=f"sandbox-{self.port}", daemon=True)
            self._acceptor.start()

    def down(self) -> None:
        """Refuse connections and break those that are open; the port stays reserved for `up`."""
        self._stop_accepting()
        self._break_connections()
        self._socket.close()
        self._socket = _reserve(self.port)

    def close(self) -> None:
        """Stop for good and wait for the threads."""
        self._stop_accepting()
        for thread in self._break_connections():
            thread.join(_JOIN_SECONDS)
        self._socket.close()

    def swap(self, connection: socket.socket) -> None:
        """Note that this thread's connection is another socket object now."""
        with self._lock:
            self._open[threading.current_thread()] = connection

    def _stop_accepting(self) -> None:
        if self._acceptor is None:
            return
        with contextlib.suppress(OSError):  # it may not be connected to anything, which is what we want
            self._socket.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(_JOIN_SECONDS)
        self._acceptor = None

    def _break_connections(self) -> list[threading.Thread]:
        with self._lock:
            for connection in self._open.values():
                with contextlib.suppress(OSError):  # the other side may have closed it already
                    # Below TLS: after its own way to end, its thread would read on as if nothing was encrypted.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
            return list(self._open)

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection, address), daemon=True)
            with self._lock:
                self._open[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket, address: object) -> None:
        handler: Connection | None = None
        # A client may go away at any moment, in the middle of a handshake or of an answer.
        with contextlib.suppress(OSError, ValueError):
            handler = Connection(connection, address, self)
        with self._lock:
            current = self._open.pop(threading.current_thread(), connection)
        with contextlib.suppress(OSError):  # closing what the client has reset
            (handler.connection if handler else current).close()


def _reserve(port: int) -> socket.socket:
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", port))
    return reserved

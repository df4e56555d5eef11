"""A real local HTTP server that answers whatever a test tells it to, weird replies included."""

import json
import socket
import socketserver
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPMessage, parse_headers
from io import BufferedReader
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import trustme


@dataclass(frozen=True)
class Received:
    """A request as it arrived; `connection` counts the connections from 1."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: HTTPMessage
    body: bytes
    connection: int

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What to send back, and how to spoil it.

    `cut_after` sends only so many bytes of the body and closes; `drip` sends the body byte by byte at each call's
    return; `then_close` closes in silence after the reply, as servers do with idle connections.
    """

    status: int = 200
    json: Any = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = False
    cut_after: int | None = None
    drip: Callable[[], object] | None = None
    then_close: bool = False

    def content(self) -> bytes:
        return self.body if self.json is None else json.dumps(self.json).encode()


class Close:
    """Close the connection without a reply."""


class Reset:
    """Reset the connection without a reply."""


class Hang:
    """Say nothing until the server is closed."""


_TLS_HANDSHAKE = b"\x16"

Answering = Reply | Close | Reset | Hang
Script = Callable[[Received], Answering]


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: "_Listener"
    rfile: BufferedReader

    def handle(self) -> None:
        owner = self.server.owner
        number = owner.count_connection()
        try:
            while (received := self._receive(number)) is not None:
                owner.received.append(received)
                if not self._answer(owner.answer_to(received)):
                    return
        except OSError:
            # The client went away, which many tests want.
            return

    def _receive(self, number: int) -> Received | None:
        if self.rfile.peek(1)[:1] == _TLS_HANDSHAKE:
            self._send(Reply(400))
            return None
        line = self.rfile.readline().decode("latin-1").split()
        if len(line) != 3:
            return None
        headers = parse_headers(self.rfile)
        body = self.rfile.read(int(headers.get("Content-Length", 0)))
        target = urlsplit(line[1])
        return Received(line[0], target.path, parse_qs(target.query), headers, body, number)

    def _answer(self, answering: Answering) -> bool:
        if isinstance(answering, Hang):
            self.server.owner.released.wait()
        if isinstance(answering, Reset):
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if not isinstance(answering, Reply):
            return False
        self._send(answering)
        return answering.cut_after is None and not answering.then_close

    def _send(self, reply: Reply) -> None:
        content = reply.content()
        framing = {"Transfer-Encoding": "chunked"} if reply.chunked else {"Content-Length": str(len(content))}
        kind = {"Content-Type": "application/json"} if reply.json is not None else {}
        headers = {**framing, **kind, **reply.headers}
        head = f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\n"
        self.wfile.write((head + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n").encode("latin-1"))
        if reply.chunked:
            content = f"{len(content):x}\r\n".encode() + content + b"\r\n0\r\n\r\n"
        if reply.drip is None:
            self.wfile.write(content if reply.cut_after is None else content[: reply.cut_after])
            return
        for byte in content:
            self.wfile.write(bytes([byte]))
            reply.drip()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = True
    allow_reuse_address = True
    request_queue_size = 64
    owner: "ScriptedServer"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off its TLS handshake is the business of the test."""


class ScriptedServer:
    """Answers from `script`, or from queued replies in order; keeps what it received.

    With `host_names`, speaks HTTPS with a certificate for these names, signed by a throw-away authority.
    """

    def __init__(self, script: Script | None = None, *, host_names: tuple[str, ...] = ()) -> None:
        self.received: list[Received] = []
        self.released = threading.Event()
        self._script = script
        self._queue: deque[Answering] = deque()
        self._connections = 0
        self._lock = threading.Lock()
        self._listener = _Listener(("127.0.0.1", 0), _Handler)
        self._listener.owner = self
        self._authority = trustme.CA() if host_names else None
        if self._authority is not None:
            self._secure(self._authority.issue_cert(*host_names))
        self._thread = threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.01})

    def _secure(self, certificate: trustme.LeafCert) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self._listener.socket = context.wrap_socket(
            self._listener.socket, server_side=True, do_handshake_on_connect=False
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self.released.set()
        self._listener.shutdown()
        self._thread.join()
        # Handler threads end when their clients have closed; waiting for idle ones would only cost time.
        self._listener.block_on_close = False
        self._listener.server_close()

    @property
    def port(self) -> int:
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        return f"{'http' if self._authority is None else 'https'}://127.0.0.1:{self.port}"

    def write_authority(self, path: Path) -> Path:
        assert self._authority is not None
        self._authority.cert_pem.write_to_path(str(path))
        return path

    def answers(self, *answering: Answering) -> None:
        with self._lock:
            self._queue.extend(answering)

    def answer_to(self, received: Received) -> Answering:
        with self._lock:
            if self._queue:
                return self._queue.popleft()
        if self._script is None:
            return Reply(500, json={"error": {"id": "nothingScripted"}})
        return self._script(received)

    def count_connection(self) -> int:
        with self._lock:
            self._connections += 1
            return self._connections

    @property
    def connections(self) -> int:
        with self._lock:
            return self._connections


def unused_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

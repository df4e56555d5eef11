"""One request and its reply: what is read of a client is bounded in size and time, and nothing of it is trusted."""

import io
import json
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from spacecast.faults import Fault

LONGEST_HEAD_BYTES = 8192
_CHUNK_BYTES = 2048
_MOST_PARAMETERS = 16
_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
# What a browser must not do with anything that comes from here.
_CAREFUL = {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Unanswerable(Fault):
    """What a client sent cannot be answered; the status says why."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """By their names in lower case."""


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(document: Any, status: HTTPStatus = HTTPStatus.OK) -> Reply:
    """Return a document as a reply; what is no Unicode in it is written out."""
    return Reply(json.dumps(document).encode("ascii"), "application/json", status)


def text_reply(text: str, status: HTTPStatus) -> Reply:
    """Return a line for people as a reply."""
    return Reply(f"{text}\n".encode("utf-8", "backslashreplace"), status=status)


def read_request(
    connection: socket.socket, timeout_seconds: float, clock: Callable[[], float] = time.monotonic
) -> Request:
    """Read a request's head; raises Unanswerable, and TimeoutError or another OSError where it does not come.

    The time is that for the whole head: one that drips in does not get more.
    """
    end, head = clock() + timeout_seconds, b""
    while b"\r\n\r\n" not in head:
        connection.settimeout(max(0.001, end - clock()))
        piece = connection.recv(_CHUNK_BYTES)
        if not piece:
            raise ConnectionError("the client went away")
        head += piece
        if len(head) > LONGEST_HEAD_BYTES:
            raise Unanswerable(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the request is too long")
    return _parsed(head.partition(b"\r\n\r\n")[0].decode("latin-1"))


def _parsed(head: str) -> Request:
    first, *lines = head.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1.") or not words[1].startswith("/"):  # noqa: PLR2004 - method, target, version
        raise Unanswerable(HTTPStatus.BAD_REQUEST, "that is no HTTP request")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name.lower() in headers:
            raise Unanswerable(HTTPStatus.BAD_REQUEST, "a header is twice there, or is none")
        headers[name.lower()] = value.strip()
    try:
        target = urlsplit(words[1])
        query = dict(parse_qsl(target.query, max_num_fields=_MOST_PARAMETERS))
    except ValueError as error:
        raise Unanswerable(HTTPStatus.BAD_REQUEST, "the address cannot be read") from error
    return Request(words[0], target.path, query, headers)


def check_request(request: Request) -> None:
    """Raise Unanswerable for what is not meant for this server, or would change something.

    A web page that points a name of its own to this machine sends that name as the host: it is turned away.
    """
    if request.method not in ("GET", "HEAD"):
        raise Unanswerable(HTTPStatus.METHOD_NOT_ALLOWED, "nothing can be changed here: GET and HEAD only")
    host = request.headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = ""
    if name not in _HOSTS:
        raise Unanswerable(
            HTTPStatus.MISDIRECTED_REQUEST,
            "this is for http://localhost alone; a proxy in front of it has to send `Host: localhost`",
        )


def send_reply(connection: socket.socket, reply: Reply, *, with_body: bool, timeout_seconds: float) -> None:
    """Send a reply; raises OSError where the client does not take it within the time."""
    headers = {**_CAREFUL, **reply.headers, "Content-Type": reply.content_type, "Content-Length": str(len(reply.body))}
    out = io.BytesIO()
    out.write(f"HTTP/1.1 {reply.status.value} {reply.status.phrase}\r\n".encode("latin-1"))
    for name, value in headers.items():
        out.write(f"{name}: {value}\r\n".encode("latin-1"))
    out.write(b"\r\n")
    if with_body:
        out.write(reply.body)
    # For `sendall` the time-out counts for all of it.
    connection.settimeout(timeout_seconds)
    connection.sendall(out.getvalue())

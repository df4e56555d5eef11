"""Requests and replies between the HTTP server and the operations."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

JSON_TYPE = "application/json"


@dataclass(frozen=True)
class Request:
    """A request as it came over the wire."""

    method: str
    path: str
    """Percent-encoded, without the query."""
    query: Mapping[str, list[str]]
    raw_query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    secure: bool
    """Came over HTTPS."""


@dataclass(frozen=True)
class FileSlice:
    """Part of a file on disk that is sent as the body."""

    path: Path
    start: int
    length: int


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    status: int
    body: bytes | FileSlice = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Length of the body."""
        return self.body.length if isinstance(self.body, FileSlice) else len(self.body)


def json_reply(data: Any, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with JSON."""
    return Reply(status, json.dumps(data).encode(), {"Content-Type": JSON_TYPE, **(headers or {})})


def no_content() -> Reply:
    """Answer that it is done."""
    return Reply(HTTPStatus.NO_CONTENT)


def created_at(location: str, data: Any = None) -> Reply:
    """Answer that something was made: its address, and a body where the service sends one."""
    if data is None:
        return Reply(HTTPStatus.CREATED, b"", {"Location": location})
    return json_reply(data, HTTPStatus.CREATED, {"Location": location})


def html_reply(text: str, status: int = HTTPStatus.OK) -> Reply:
    """Answer with a web page that may load nothing from elsewhere and run nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
    }
    return Reply(status, text.encode(), headers)

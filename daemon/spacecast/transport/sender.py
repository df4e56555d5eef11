"""One service's requests: pooled, bounded in time and size, and clear about what may have happened."""

import json as json_format
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from spacecast import __version__
from spacecast.faults import Fault
from spacecast.transport.answer import Answer
from spacecast.transport.connections import departure, new_session, no_authorities, trusted_authorities
from spacecast.transport.diagnosis import fault_of, was_closed
from spacecast.transport.faults import AnswerTooLarge, NoAnswer, ReplyLost

Parameters = Mapping[str, str | int | Sequence[str]]

REPEATABLE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
_CHUNK_BYTES = 65536
_LIBRARY_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError)


@dataclass(frozen=True)
class StreamedAnswer:
    """A reply whose body is still to come; `chunks` can be gone through once, inside the `with` block."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    chunks: Iterator[bytes] = field(repr=False)


@dataclass(frozen=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    params: Parameters | None
    read_timeout_seconds: float
    repeatable: bool


class Transport:
    """Sends requests to one service; safe for use by many threads at once.

    `headers` is asked anew for each request, so that a replaced token is used at once; it is left out of
    requests with `authenticated=False`. Redirects are answers, never followed: a token stays with its host.
    `service` is how messages name the other side. Proxies and `.netrc` of the environment are not used.
    `answer_timeout_seconds` bounds a whole reply, which single reads that never time out could stretch for ever.
    """

    def __init__(  # noqa: PLR0913 - each bound is named where it is set
        self,
        base_url: str,
        *,
        headers: Callable[[], Mapping[str, str]],
        service: str,
        ca_bundle: Path | None = None,
        connect_timeout_seconds: float = 5.0,
        read_timeout_seconds: float = 30.0,
        answer_timeout_seconds: float = 120.0,
        max_body_bytes: int = 64 * 1024 * 1024,
        pool_size: int = 16,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.service = service
        self._headers = headers
        self._connect_timeout_seconds = connect_timeout_seconds
        self._read_timeout_seconds = read_timeout_seconds
        self._answer_timeout_seconds = answer_timeout_seconds
        self._max_body_bytes = max_body_bytes
        self._clock = clock
        trust = trusted_authorities(ca_bundle) if self.base_url.startswith("https:") else no_authorities()
        self._session = new_session(trust=trust, pool_size=pool_size)

    def __repr__(self) -> str:
        return f"Transport({self.service})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections; requests that follow open new ones."""
        self._session.close()

    def request(  # noqa: PLR0913 - what a request can carry
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Parameters | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
        authenticated: bool = True,
        repeatable: bool | None = None,
    ) -> Answer:
        """Send a request and read the whole reply; every status is an Answer.

        `path` is percent-encoded already. `repeatable` says whether asking twice does no harm (default: by the
        method, so POST is not). Raises NoAnswer where it was not sent or may be repeated, ReplyLost where it may
        have had its effect, UntrustedService and BadRequest where a person has to change something.
        """
        content, content_type = _encoded(json, body)
        request = _Request(
            method=method,
            url=self._url(path),
            headers=self._merged(content_type, headers, authenticated=authenticated),
            body=content,
            params=params,
            read_timeout_seconds=self._read_timeout_seconds if timeout_seconds is None else timeout_seconds,
            repeatable=method in REPEATABLE_METHODS if repeatable is None else repeatable,
        )
        with self._sent(request) as response:
            return Answer(response.status_code, response.headers, b"".join(self._bounded(request, response)))

    @contextmanager
    def stream(
        self,
        path: str,
        *,
        params: Parameters | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
        authenticated: bool = True,
    ) -> Iterator[StreamedAnswer]:
        """GET large content: hand out the reply while its body arrives.

        Bounded in time for each read, not as a whole. Raises as `request` does; `chunks` raises NoAnswer where
        the body breaks off.
        """
        request = _Request(
            method="GET",
            url=self._url(path),
            headers=self._merged({}, headers, authenticated=authenticated),
            body=None,
            params=params,
            read_timeout_seconds=self._read_timeout_seconds if timeout_seconds is None else timeout_seconds,
            repeatable=True,
        )
        with self._sent(request) as response:
            yield StreamedAnswer(response.status_code, response.headers, self._pieces(request, response))

    def _url(self, path: str) -> str:
        return f"{self.base_url}/{path.lstrip('/')}" if path else self.base_url

    def _merged(
        self, content_type: Mapping[str, str], extra: Mapping[str, str] | None, *, authenticated: bool
    ) -> Mapping[str, str]:
        merged: CaseInsensitiveDict[str] = CaseInsensitiveDict({"User-Agent": f"spacecast/{__version__}"})
        for headers in (content_type, self._headers() if authenticated else {}, extra or {}):
            merged.update(headers)
        return merged

    @contextmanager
    def _sent(self, request: _Request) -> Iterator[requests.Response]:
        response = self._send_once_more_if_stale(request)
        try:
            yield response
        finally:
            # Returns a connection whose reply was read to its end to the pool, and closes any other.
            response.close()

    def _send_once_more_if_stale(self, request: _Request) -> requests.Response:
        try:
            return self._send(request)
        except _LIBRARY_ERRORS as error:
            stale = departure.on_used_connection and was_closed(error)
            if not (stale and request.repeatable):
                raise self._fault(error, request, sent=departure.sent) from None
        try:
            return self._send(request)
        except _LIBRARY_ERRORS as error:
            raise self._fault(error, request, sent=departure.sent) from None

    def _send(self, request: _Request) -> requests.Response:
        departure.reset()
        return self._session.request(
            request.method,
            request.url,
            params=request.params,
            data=request.body,
            headers=request.headers,
            timeout=(self._connect_timeout_seconds, request.read_timeout_seconds),
            allow_redirects=False,
            stream=True,
        )

    def _bounded(self, request: _Request, response: requests.Response) -> Iterator[bytes]:
        end = self._clock() + max(self._answer_timeout_seconds, request.read_timeout_seconds)
        received_bytes = 0
        for piece in self._pieces(request, response):
            received_bytes += len(piece)
            if received_bytes > self._max_body_bytes:
                raise self._unread(request, f"its answer is longer than {self._max_body_bytes} bytes")
            if self._clock() > end:
                raise self._unread(request, "its answer arrives too slowly")
            yield piece

    def _pieces(self, request: _Request, response: requests.Response) -> Iterator[bytes]:
        try:
            # One read of the socket at a time: a reply that drips must not hide behind a large read.
            while piece := response.raw.read1(_CHUNK_BYTES, decode_content=True):
                yield piece
        except _LIBRARY_ERRORS as error:
            raise self._fault(error, request, sent=True) from None

    def _fault(self, error: Exception, request: _Request, *, sent: bool) -> Fault:
        return fault_of(error, service=self.service, sent=sent, repeatable=request.repeatable)

    def _unread(self, request: _Request, reason: str) -> NoAnswer | ReplyLost:
        message = f"{self.service}: {reason}; it was not read to its end."
        return AnswerTooLarge(message) if request.repeatable else ReplyLost(message)


def _encoded(json: Any, body: bytes | None) -> tuple[bytes | None, Mapping[str, str]]:
    if json is None:
        return body, {}
    return json_format.dumps(json, allow_nan=False).encode("ascii"), {"Content-Type": "application/json"}

"""The request log: what was asked and what was answered, in order, for tests and for the curious."""

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_KEPT = 200_000


@dataclass(frozen=True)
class Exchange:
    """One request with its answer. Credentials are not redacted: tests search the log for leaks."""

    service: str
    """`zone`, `provider` or `panel`."""
    provider: int | None
    """Index of the provider, for provider and panel."""
    method: str
    path: str
    """Path as it was sent, percent-encoded, without the query."""
    query: Mapping[str, list[str]]
    headers: Mapping[str, str] = field(repr=False)
    """Header names in lower case."""
    raw_body: bytes = field(repr=False)
    status: int | None
    """None when the connection was cut without an answer."""
    response_headers: Mapping[str, str] = field(repr=False)
    raw_response: bytes = field(repr=False)
    """Empty for streamed file contents."""
    fault: str | None
    """Kind of the fault that happened to it, by name."""
    time: float
    """Monotonic time at which the request was complete."""
    seconds: float
    """From the complete request to the complete answer."""

    @property
    def body(self) -> Any:
        """The request's body as JSON; None when it is empty or not JSON."""
        return _as_json(self.raw_body)

    @property
    def response_body(self) -> Any:
        """The answer's body as JSON; None when it is empty or not JSON."""
        return _as_json(self.raw_response)


class ExchangeLog:
    """A thread-safe sequence of exchanges; the oldest are dropped after many."""

    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def append(self, exchange: Exchange) -> None:
        """Note one exchange."""
        with self._lock:
            self._exchanges.append(exchange)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._exchanges.clear()

    def matching(self, *, method: str | None = None, path: str = "", service: str | None = None) -> list[Exchange]:
        """Give the exchanges with this method and service whose path contains `path`."""
        return [
            exchange
            for exchange in self
            if method in (None, exchange.method) and service in (None, exchange.service) and path in exchange.path
        ]

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            return iter(list(self._exchanges))

    def __len__(self) -> int:
        return len(self._exchanges)

    def __getitem__(self, index: int) -> Exchange:
        with self._lock:
            return self._exchanges[index]


def _as_json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None

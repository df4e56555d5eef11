"""Faults on demand: what shall go wrong, for which request, how often."""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Status:
    """Answer with this status instead of doing anything; `body` may be JSON, text or bytes."""

    status: int
    body: Any = b""
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def raw_body(self) -> bytes:
        """Give the body as it is sent."""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()

    def sent_content_type(self) -> str:
        """Give the content type: as told, else by the kind of body."""
        default = "text/html" if isinstance(self.body, bytes | str) else "application/json"
        return self.content_type or default


@dataclass(frozen=True)
class ResetBefore:
    """Reset the connection; nothing was done."""


@dataclass(frozen=True)
class DropAfter:
    """Do it, then close the connection without an answer."""


@dataclass(frozen=True)
class Slow:
    """Do it, then wait before the answer."""

    seconds: float


@dataclass(frozen=True)
class Dribble:
    """Do it, answer with the headers at once and the body byte by byte over this time."""

    seconds: float


@dataclass(frozen=True)
class Hang:
    """Do nothing and keep the connection open until `FaultRules.release()`; then close it."""


@dataclass(frozen=True)
class Truncated:
    """Do it, announce the whole body but send half of it and close the connection."""


@dataclass(frozen=True)
class TruncatedJson:
    """Do it, but answer with the first half of the JSON as if it were the whole."""


@dataclass(frozen=True)
class HalfMade:
    """For supporting a space: make the support but not its storage import, then answer with an empty 503."""


@dataclass(frozen=True)
class Late:
    """Answer with an empty 503, as the proxy before a panel does after a minute; do it at `FaultRules.release()`."""


Kind = Status | ResetBefore | DropAfter | Slow | Dribble | Hang | Truncated | TruncatedJson | HalfMade | Late


@dataclass
class FaultRule:
    """One fault for the requests that match.

    `path` is a regular expression searched in the path as sent. The rule leaves the first `nth - 1` matching
    requests alone and then works `times` times, for ever with None.
    """

    kind: Kind
    method: str | None = None
    path: str = ""
    service: str | None = None
    nth: int = 1
    times: int | None = 1
    seen: int = 0
    """How many requests matched so far."""
    applied: int = 0
    """How often the fault has happened."""

    def strikes(self, service: str, method: str, path: str) -> bool:
        """Count the request if it matches, and tell whether the fault happens to it."""
        if self.service not in (None, service) or self.method not in (None, method):
            return False
        if not re.search(self.path, path):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times is not None and self.applied >= self.times):
            return False
        self.applied += 1
        return True


class FaultRules:
    """The faults in force; the first rule that strikes wins."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []
        self._lock = threading.Lock()
        self._released = threading.Event()

    def add(self, rule: FaultRule) -> FaultRule:
        """Put a rule in force and give it back, so that its counters can be read."""
        with self._lock:
            self._rules.append(rule)
            self._released.clear()
        return rule

    def clear(self) -> None:
        """Take all rules out of force and let hanging requests go."""
        with self._lock:
            self._rules.clear()
        self.release()

    def release(self) -> None:
        """Let hanging and late requests go."""
        self._released.set()

    def wait_for_release(self) -> None:
        """Wait until hanging requests may go."""
        self._released.wait()

    def strike(self, service: str, method: str, path: str) -> Kind | None:
        """Give the fault that happens to this request, if any."""
        with self._lock:
            for rule in self._rules:
                if rule.strikes(service, method, path):
                    return rule.kind
        return None

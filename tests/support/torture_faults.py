"""The kinds of faults that a request can meet, and the rules that let them happen at a chosen request."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from spacecast.sandbox.onedata import Dribble, DropAfter, Hang, ResetBefore, Status, Truncated, TruncatedJson
from spacecast.sandbox.onedata.faults import FaultRule, Kind

DOWN_SECONDS = 0.15


@dataclass(frozen=True)
class Refused:
    """The whole host goes down at this request, and comes up a little later or when the fault is cleared."""


def _error(status: int, error_id: str) -> Status:
    return Status(status, {"error": {"id": error_id, "description": "made up by the test", "details": {}}})


PASSING: Mapping[str, Any] = {
    "host down": Refused(),
    "reset before": ResetBefore(),
    "done, reply lost": DropAfter(),
    "no answer in time": Hang(),
    "slow body": Dribble(0.1),
    "429": Status(429, headers={"Retry-After": "1"}),
    "500": Status(500),
    "500 in JSON": _error(500, "internalServerError"),
    "502 in HTML": Status(502, "<html>bad gateway</html>"),
    "503 empty": Status(503),
    "JSON cut off": TruncatedJson(),
    "body cut off": Truncated(),
}
"""After these a dataset becomes ready by itself."""
FOR_A_PERSON: Mapping[str, Any] = {
    "401": _error(401, "unauthorized"),
    "403": _error(403, "forbidden"),
    "404": _error(404, "notFound"),
    "409": _error(409, "alreadyExists"),
}
"""After these somebody may have to say that the cause is gone."""
KINDS: Mapping[str, Any] = {**PASSING, **FOR_A_PERSON}


@dataclass
class HostDownRule(FaultRule):
    """Takes the host of the matching request down; a rule for `FaultRules` like any other."""

    hosts: Mapping[str, Any] = field(default_factory=dict)
    clears: list[Callable[[], None]] = field(default_factory=list)
    _is_down: bool = False

    def strikes(self, service: str, method: str, path: str) -> bool:
        """Take the host down at the chosen request; this one is reset as all that are open."""
        struck = super().strikes(service, method, path)
        if struck and not self._is_down:
            self._is_down = True
            host = self.hosts["zone" if service == "zone" else "provider"]
            threading.Thread(target=self._take_down, args=(host,), daemon=True).start()
        return struck

    def _take_down(self, host: Any) -> None:
        host.down()
        if self.times is None:
            self.clears.append(host.up)
        else:
            threading.Timer(DOWN_SECONDS, host.up).start()


def rule_for(world: Any, kind: Any, clears: list[Callable[[], None]], **chosen: Any) -> FaultRule:
    """Make the rule that lets a kind of fault happen to the chosen requests."""
    if isinstance(kind, Refused):
        hosts = {"zone": world.onedata.zone, "provider": world.onedata.providers[0]}
        return HostDownRule(ResetBefore(), hosts=hosts, clears=clears, **chosen)
    return FaultRule(kind, **chosen)


@dataclass
class Storm(FaultRule):
    """Lets seeded random faults of all passing kinds happen to one request in a few, until so many have happened."""

    seed: int = 0
    share: float = 0.3
    most: int = 12

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        kinds = [kind for kind in PASSING.values() if not isinstance(kind, Refused)]
        self._kinds: list[Kind] = kinds

    def strikes(self, service: str, method: str, path: str) -> bool:
        """Strike by chance."""
        if not path.startswith("/api/") or self.applied >= self.most or self._random.random() >= self.share:
            return False
        self.kind = self._random.choice(self._kinds)
        self.applied += 1
        return True


_ID = re.compile(r"[0-9a-f]{32}(?:ch[0-9a-f]{4})?|[0-9A-F]{30,}")


@dataclass(frozen=True)
class Call:
    """One request of a publication, by what it is and its how many-th it is of its kind."""

    service: str
    method: str
    pattern: str
    number: int

    def __str__(self) -> str:
        path = self.pattern.removesuffix("$").replace("[^/]+", "ID").replace("\\", "")
        return f"{self.service} {self.method} {path.rpartition('/v3/')[2]} #{self.number}"


def calls_of(log: Any) -> list[Call]:
    """Give the requests in a log of the sandbox, with their ids taken out."""
    seen: dict[tuple[str, str, str], int] = {}
    calls = []
    for exchange in log:
        if not exchange.path.startswith("/api/"):
            continue
        pattern = "[^/]+".join(map(re.escape, _ID.split(exchange.path))) + "$"
        key = (exchange.service, exchange.method, pattern)
        seen[key] = seen.get(key, 0) + 1
        calls.append(Call(*key, seen[key]))
    return calls

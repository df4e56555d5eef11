"""A proxy before a real Tiled server in which requests fail by the same rules as in the embedded Onedata."""

import re
import threading
from dataclasses import replace
from typing import Any, Self

import requests

from spacecast.sandbox.onedata import Dribble, DropAfter, Hang, ResetBefore, Status, Truncated, TruncatedJson
from spacecast.sandbox.onedata.faults import FaultRules, Kind
from spacecast.sandbox.onedata.messages import Reply, Request
from spacecast.sandbox.onedata.server import Connection, Cut, Listener
from support.torture_faults import Call

_DROPPED = {"content-length", "transfer-encoding", "connection", "content-encoding", "server", "date"}
_SERVICE = "tiled"
_TRIAL = re.compile(r"trial-\d+")


class TiledProxy:
    """Stands for the server: `url` and `api_key` are what a config names."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.api_key = server.api_key
        self.faults = FaultRules()
        self.log: list[tuple[str, str]] = []
        self._listener = Listener(self._answer)
        self._session = requests.Session()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The proxy's address."""
        return f"http://127.0.0.1:{self._listener.port}"

    def down(self) -> None:
        """Refuse connections."""
        self._listener.down()

    def up(self) -> None:
        """Accept them again."""
        self._listener.up()

    def __enter__(self) -> Self:
        self._listener.up()
        return self

    def __exit__(self, *unused: object) -> None:
        self.faults.release()
        self._listener.close()
        self._session.close()

    def calls(self) -> list[Call]:
        """Give the requests that came, each with its number among its like."""
        seen: dict[tuple[str, str], int] = {}
        found = []
        for method, path in self.log:
            seen[method, path] = seen.get((method, path), 0) + 1
            found.append(Call(_SERVICE, method, "^" + _TRIAL.sub("[^/]+", path) + "$", seen[method, path]))
        return found

    def _answer(self, request: Request, connection: Connection) -> Reply | None:
        with self._lock:
            self.log.append((request.method, request.path))
        kind = self.faults.strike(_SERVICE, request.method, request.path)
        if isinstance(kind, Status):
            return Reply(kind.status, kind.raw_body(), {"Content-Type": kind.sent_content_type(), **kind.headers})
        if isinstance(kind, ResetBefore):
            raise Cut(reset=True)
        if isinstance(kind, Hang):
            self.faults.wait_for_release()
            raise Cut
        return _spoiled(kind, self._forwarded(request), connection)

    def _forwarded(self, request: Request) -> Reply:
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "accept-encoding")}
        answer = self._session.request(
            request.method,
            f"{self.server.url}{request.path}",
            params=request.query,
            data=request.body,
            headers={**headers, "Accept-Encoding": "identity"},
            timeout=20,
        )
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _DROPPED}
        return Reply(answer.status_code, answer.content, kept)


def _spoiled(kind: Kind | None, reply: Reply, connection: Connection) -> Reply | None:
    half = reply.body[: len(reply.body) // 2]
    match kind:
        case DropAfter():
            raise Cut
        case Truncated():
            raise Cut(sent=connection.head(reply) + half)
        case TruncatedJson():
            return replace(reply, body=half)
        case Dribble():
            connection.wfile.write(connection.head(reply))
            for position in range(len(reply.body)):
                connection.wfile.write(reply.body[position : position + 1])
            return None
        case _:
            return reply

"""From a request to its answer: faults, latency, authentication, the operation, the log."""

import logging
import threading
from dataclasses import replace

from spacecast.sandbox.onedata import errors, faults
from spacecast.sandbox.onedata.authentication import Authenticator
from spacecast.sandbox.onedata.call import Call, World
from spacecast.sandbox.onedata.exchanges import Exchange, ExchangeLog
from spacecast.sandbox.onedata.messages import FileSlice, Reply, Request, json_reply
from spacecast.sandbox.onedata.routing import Route, Routes
from spacecast.sandbox.onedata.server import Connection, Cut

_log = logging.getLogger(__name__)
_SERVICES = {"/api/v3/onepanel": "panel", "/api/v3/oneprovider": "provider", "/nagios": "provider"}


class Gateway:
    """Answers the requests of one host: the zone, or a provider with its panel."""

    def __init__(
        self,
        world: World,
        routes: Routes,
        *,
        log: ExchangeLog,
        rules: faults.FaultRules,
        provider: tuple[int, str] | None = None,
    ) -> None:
        self._world = world
        self._routes = routes
        self._exchanges = log
        self._rules = rules
        self._index = provider[0] if provider else None
        self._provider_id = provider[1] if provider else None
        self._authenticator = Authenticator(world)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let waiting requests go on at once."""
        self._stopping.set()
        self._rules.release()

    def answer(self, request: Request, connection: Connection) -> Reply | None:
        """Answer one request; None when the answer is on its way already, Cut when the connection shall end."""
        started = self._world.state.clock()
        service = self._service(request.path)
        reply: Reply | None = None
        kind: faults.Kind | None = None
        try:
            self._stopping.wait(self._world.state.delays.latency_of(service))
            kind = self._rules.strike(service, request.method, request.path)
            if isinstance(kind, faults.Status):
                reply = _told(kind)
                return reply
            if isinstance(kind, faults.Late):
                reply = self._serve_later(request, service)
                return reply
            self._before(kind)
            reply = self._serve(request, service, half_made=isinstance(kind, faults.HalfMade))
            return self._after(kind, reply, connection)
        except Cut:
            reply = None
            raise
        finally:
            self._note(request, service, reply, kind, started)

    def _serve_later(self, request: Request, service: str) -> Reply:
        def serve() -> None:
            self._rules.wait_for_release()
            if not self._stopping.is_set():
                self._serve(request, service, half_made=False)

        threading.Thread(target=serve, name="late request", daemon=True).start()
        return Reply(503)

    def _service(self, path: str) -> str:
        if self._provider_id is None:
            return "zone"
        return next((service for prefix, service in _SERVICES.items() if path.startswith(prefix)), "provider")

    def _before(self, kind: faults.Kind | None) -> None:
        if isinstance(kind, faults.ResetBefore):
            raise Cut(reset=True)
        if isinstance(kind, faults.Hang):
            self._rules.wait_for_release()
            raise Cut

    def _after(self, kind: faults.Kind | None, reply: Reply, connection: Connection) -> Reply | None:
        body = b"" if isinstance(reply.body, FileSlice) else reply.body
        match kind:
            case faults.DropAfter():
                raise Cut
            case faults.HalfMade():
                return Reply(503)
            case faults.Slow(seconds):
                self._stopping.wait(seconds)
            case faults.Truncated():
                raise Cut(sent=connection.head(reply) + body[: len(body) // 2])
            case faults.TruncatedJson():
                return replace(reply, body=body[: len(body) // 2])
            case faults.Dribble(seconds):
                self._dribble(reply, body, seconds, connection)
                return None
            case _:
                pass
        return reply

    def _dribble(self, reply: Reply, body: bytes, seconds: float, connection: Connection) -> None:
        connection.wfile.write(connection.head(reply))
        for position in range(len(body)):
            self._stopping.wait(seconds / len(body))
            connection.wfile.write(body[position : position + 1])

    def _serve(self, request: Request, service: str, *, half_made: bool) -> Reply:
        try:
            with self._world.state.lock:
                return self._operate(request, service, half_made=half_made)
        except errors.ApiError as error:
            return self._refusal(error)
        except errors.EmptyError as error:
            return Reply(error.status)
        except Exception:  # noqa: BLE001 - whatever fails inside is a 500 outside, as with any server
            _log.exception("the sandbox failed at %s %s", request.method, request.path)
            return self._refusal(errors.internal())

    def _operate(self, request: Request, service: str, *, half_made: bool) -> Reply:
        path = request.path.rstrip("/") if service == "zone" else request.path
        route, ids = self._routes.find(request.method, path)
        call = Call(self._world, request, ids, half_made=half_made)
        if self._provider_id is not None:
            call.provider = self._world.state.providers[self._provider_id]
        self._authenticate(call, route, service)
        call.body = route.read_body(request)
        return route.operation(call)

    def _authenticate(self, call: Call, route: Route, service: str) -> None:
        if service == "zone":
            self._authenticator.at_zone(call)
        elif service == "panel":
            self._authenticator.at_panel(call)
        else:
            self._authenticator.at_provider(call, writes=route.writes_data)

    def _refusal(self, error: errors.ApiError) -> Reply:
        body = error.as_json()
        if self._world.state.release.error_context:
            body["ctx"] = None
            if error.error_id == "badValueName":
                body["details"] = {"key": None}
        return json_reply({"error": body}, error.status)

    def _note(
        self, request: Request, service: str, reply: Reply | None, kind: faults.Kind | None, started: float
    ) -> None:
        body = b"" if reply is None or isinstance(reply.body, FileSlice) else reply.body
        self._exchanges.append(
            Exchange(
                service=service,
                provider=self._index,
                method=request.method,
                path=request.path,
                query=request.query,
                headers=request.headers,
                raw_body=request.body,
                status=None if reply is None else int(reply.status),
                response_headers={} if reply is None else dict(reply.headers),
                raw_response=body,
                fault=None if kind is None else type(kind).__name__,
                time=started,
                seconds=self._world.state.clock() - started,
            )
        )


def _told(kind: faults.Status) -> Reply:
    body = kind.raw_body()
    headers = {"Content-Type": kind.sent_content_type()} if body else {}
    return Reply(kind.status, body, {**headers, **kind.headers})

"""Which operation answers which method and path."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.call import Call, parse_json
from spacecast.sandbox.onedata.messages import Reply, Request

Operation = Callable[[Call], Reply]
BodyReader = Callable[[Request], Any]


def raw_body(request: Request) -> bytes:
    """Read a body that is not JSON."""
    return request.body


def any_json_body(request: Request) -> Any:
    """Read a body that may be any JSON document."""
    return parse_json(request, any_json=True)


@dataclass(frozen=True)
class Route:
    """One operation with its address."""

    method: str
    pattern: re.Pattern[str]
    operation: Operation
    read_body: BodyReader
    writes_data: bool


class Routes:
    """The operations of one module; `+` joins those of several."""

    def __init__(self, prefix: str = "", routes: tuple[Route, ...] = ()) -> None:
        self._prefix = prefix
        self._routes = routes

    def on(
        self, method: str, path: str, *, read_body: BodyReader = parse_json, writes_data: bool = False
    ) -> Callable[[Operation], Operation]:
        """Let the decorated operation answer; `{name}` is one segment of the path, `{name...}` one or more."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self._prefix + path))
        pattern = re.sub(r"\\\{(\w+)\\\.\\\.\\\.\\\}", r"(?P<\1>.+)", pattern)

        def register(operation: Operation) -> Operation:
            route = Route(method, re.compile(pattern), operation, read_body, writes_data)
            self._routes = (*self._routes, route)
            return operation

        return register

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Give the route and the decoded variable parts; an empty 404 or 405 for an unknown path or method."""
        known = False
        for route in self._routes:
            match = route.pattern.fullmatch(path)
            if match is None:
                continue
            if route.method == method:
                return route, {name: _decoded(name, part) for name, part in match.groupdict().items()}
            known = True
        raise errors.EmptyError(405 if known else 404)

    def __add__(self, other: "Routes") -> "Routes":
        return Routes("", self._routes + other._routes)


def _decoded(name: str, part: str) -> str:
    # A path in a path is split by its operation before it is decoded: a name may contain an encoded slash.
    return part if name == "path" else unquote(part)

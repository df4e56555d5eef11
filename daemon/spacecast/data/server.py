"""The Tiled server that has the datasets: where it is, and the few questions that are asked of it directly.

Tiled's own client repeats failing requests for half a minute, so whoever waits asks by plain HTTP.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from itertools import islice
from os import environ
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from spacecast.data.extras import needing
from spacecast.data.faults import NoServer, NotAllowed, ServerAway
from spacecast.data.profiles import ADDRESS_VARIABLE, profile
from spacecast.data.trust import trust_for

if TYPE_CHECKING:
    import httpx

KEY_VARIABLES = ("SPACECAST_API_KEY", "TILED_API_KEY")
_API = "/api/v1"
_PAGE_ENTRIES = 300
_TIMEOUT_SECONDS = 10.0
_JSON = {"Accept": "application/json"}

EntryPath = tuple[str, ...]
Body = Mapping[str, Any]


class Server:
    """One server and the container in it that has the datasets; use it in a `with` block.

    Raises ServerAway while it does not answer, NotAllowed where it wants another key.
    """

    def __init__(self, address: str, api_key: str | None, *, http: "httpx.Client | None" = None) -> None:
        with needing("data", "Reading from a Tiled server"):
            import httpx  # noqa: PLC0415 - a tenth of a second, and not needed to make references
        self.api, self.datasets = _taken_apart(address)
        self.api_key = api_key
        self._errors = httpx.TransportError
        self._is_ours = http is None
        self._remembered: dict[tuple[Any, ...], Any] | None = None
        headers = {"Authorization": f"Apikey {api_key}"} if api_key else {}
        self.http = http or httpx.Client(headers=headers, timeout=_TIMEOUT_SECONDS, verify=trust_for(self.api))

    def __repr__(self) -> str:
        return f"Server({self.name})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_ours:
            self.http.close()

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"The Tiled server {urlsplit(self.api).netloc}"

    @property
    def authorization(self) -> Mapping[str, str]:
        """The header that says who asks; empty for a guest."""
        value = self.http.headers.get("Authorization")
        return {"Authorization": value} if value else {}

    def address(self, verb: str, path: EntryPath) -> str:
        """Give the address for doing something with an entry."""
        return f"{self.api}/{verb}/" + "/".join(quote(key, safe="") for key in path)

    def entry(self, path: EntryPath, *, sources: bool = False) -> Body | None:
        """Look an entry up: its `attributes`, with the data sources if wanted; None where there is none."""
        params = {"include_data_sources": "true"} if sources else {}
        if not sources and path[:-1] != self.datasets:
            # There are thousands of these, and each is asked for once.
            return self._entry(path, params)
        found: Body | None = self._recalled(("entry", path, sources), lambda: self._entry(path, params))
        return found

    def has(self, path: EntryPath) -> bool:
        """Whether there is such an entry."""
        keys = None if self._remembered is None else self._remembered.get(("keys", path[:-1]))
        return path[-1] in keys if keys is not None else self._entry(path, {}) is not None

    def children(self, path: EntryPath, *, sources: bool = False) -> Iterator[tuple[str, Body]]:
        """List a container: the key and the `attributes` of each entry; nothing where there is no container."""
        options = {"include_data_sources": "true"} if sources else {}
        if self._remembered is None:
            return self._children(path, **options)
        return iter(self._recalled(("children", path, sources), lambda: list(self._children(path, **options))))

    def _recalled(self, question: tuple[Any, ...], ask: Callable[[], Any]) -> Any:
        if self._remembered is None:
            return ask()
        if question not in self._remembered:
            self._remembered[question] = ask()
        return self._remembered[question]

    def _entry(self, path: EntryPath, params: Mapping[str, Any]) -> Body | None:
        body = self._json(self.address("metadata", path), params)
        return None if body is None else _attributes(body["data"])

    def _children(self, path: EntryPath, **options: str) -> Iterator[tuple[str, Body]]:
        wanted = {"page[limit]": _PAGE_ENTRIES, **options}
        query: Mapping[str, Any] = wanted
        while (body := self._json(self.address("search", path), query)) is not None:
            for item in body["data"]:
                yield str(item["id"]), _attributes(item)
            following = (body.get("links") or {}).get("next")
            if not following:
                return
            # Only the query counts: the key must not follow an address that somebody else made up.
            query = {**wanted, **parse_qs(urlsplit(following).query, keep_blank_values=True)}

    def list_ahead(self, container: EntryPath, most: int) -> None:
        """Let `has` know all of a container, unless it has more than `most` entries; many questions cost far more."""
        if self._remembered is not None:
            keys = [key for key, _child in islice(self._children(container, fields="structure_family"), most + 1)]
            self._remembered["keys", container] = frozenset(keys) if len(keys) <= most else None

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Ask only once for each dataset, for what is in it, and for an entry's files, while the `with` block runs.

        In a block within another nothing is known of what was asked in that, and the other way round.
        """
        before, self._remembered = self._remembered, {}
        try:
            yield
        finally:
            self._remembered = before

    @contextmanager
    def opened(self, address: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> "Iterator[httpx.Response]":
        """Begin to read a file; the body is read by whoever asks for it, as the server sends it."""
        try:
            with self.http.stream("GET", address, params=dict(params), headers=dict(headers)) as response:
                yield response
        except self._errors as error:
            raise self._away(error) from error

    def manifest(self, path: EntryPath, asset_id: int) -> list[str]:
        """List the files of an asset that is a folder, as the server names them."""
        body = self._json(self.address("asset/manifest", path), {"id": asset_id})
        return [str(name) for name in (body or {}).get("manifest", ())]

    def _json(self, address: str, params: Mapping[str, Any]) -> Body | None:
        try:
            answer = self.http.get(address, params=dict(params), headers=_JSON)
        except self._errors as error:
            raise self._away(error) from error
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        self.check(answer.status_code)
        try:
            body = answer.json()
        except ValueError as error:
            raise ServerAway(f"{self.name} sent something that is no JSON; is {self.api} its address?") from error
        return body if isinstance(body, Mapping) else {}

    def check(self, status: int) -> None:
        """Raise what an answer's status means; nothing for one that is all right."""
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise NotAllowed(
                f"{self.name} answered {status}: "
                + _refusal(status, has_key=bool(self.authorization))
                + f" Ask the facility for one, and set {KEY_VARIABLES[0]} to it."
            )
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise NoServer(f"{self.api} answered {status}: it leads elsewhere. Use the address that it leads to.")
        if status >= HTTPStatus.BAD_REQUEST:
            raise ServerAway(f"{self.name} answered {status}; trying again later may help.")

    def _away(self, error: Exception) -> ServerAway:
        reason = str(error) or type(error).__name__
        return ServerAway(f"{self.name} does not answer: {reason}. Check the address, or try again later.")


def _refusal(status: int, *, has_key: bool) -> str:
    if not has_key:
        return "it wants an API key."
    is_unknown = status == HTTPStatus.UNAUTHORIZED
    return "the API key is wrong, or has expired." if is_unknown else "the API key has no right to this."


def server_for(address: str | None = None, server: Any = None, *, api_key: str | None = None) -> Server:
    """Give the server that is meant.

    `server` is an address (of a server, or of a container with datasets in it), the name of a Tiled profile, or a
    Tiled client object for the container with the datasets, whose login is then used. Without it: `address`, then
    `$SPACECAST_URL`, then Tiled's default profile. The key is `api_key`, the profile's own, or `$SPACECAST_API_KEY` or
    `$TILED_API_KEY`, which are sent to the server of `$SPACECAST_URL` only, where that is set. Raises NoServer where
    no server is named.
    """
    if server is not None and not isinstance(server, str):
        target = address or str(server.uri)
        if _host(target) != _host(str(server.uri)):
            return Server(target, None)
        return Server(target, server.context.api_key, http=server.context.http_client)
    named = server or address or environ.get(ADDRESS_VARIABLE)
    if named and "://" in named:
        key = api_key or _key_for(named)
    else:
        found = profile(named)
        named = str(found["uri"])
        key = api_key or found.get("api_key") or _key_for(named)
    target = address or named
    # A reference that somebody sent must not take a key to another server than its own.
    return Server(target, key if _host(target) == _host(named) else None)


def _key_for(address: str) -> str | None:
    """Give the key from the environment, where it is meant for this server."""
    home = environ.get(ADDRESS_VARIABLE)
    if home and "://" in home and _host(home) != _host(address):
        return None
    return next((environ[name] for name in KEY_VARIABLES if environ.get(name)), None)


def _host(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc


def _taken_apart(address: str) -> tuple[str, EntryPath]:
    parts = urlsplit(address)
    before, _, path = parts.path.partition("/metadata")
    base = before.rstrip("/").removesuffix(_API)
    api = parts._replace(path=f"{base}{_API}", query="", fragment="").geturl()
    return api, tuple(unquote(key) for key in path.split("/") if key)


def _attributes(item: Any) -> Body:
    found = item.get("attributes") if isinstance(item, Mapping) else None
    return found if isinstance(found, Mapping) else {}

"""The Tiled server's HTTP interface, as far as registering needs it."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlsplit

from spacecast.catalog.entries import Entry, NewEntry, Source
from spacecast.catalog.faults import Gone, Unavailable, fault_from
from spacecast.transport import Answer, Gate, GatedTransport, NoAnswer, ReplyLost, Transport

EntryPath = tuple[str, ...]
"""An entry's keys from the root of the catalog."""

# SQLite has one writer at a time; others wait up to five seconds and then fail.
_MOST_WRITERS = 2
_PAGE_ENTRIES = 300
# The answer about an entry with a million files.
_LARGEST_ANSWER_BYTES = 512 * 1024 * 1024
_API = "api/v1"
# The root's metadata: refused for a wrong key even where anonymous access is on.
_PROBE_PATH = f"{_API}/metadata/?fields="
_BRIEF = ("metadata", "structure_family", "specs")


@dataclass(frozen=True)
class ServerInfo:
    """What the server says about itself to everybody."""

    version: str
    needs_key_to_read: bool
    mimetypes: frozenset[str]
    """Formats in which it can give data out."""


class CatalogClient:
    """One Tiled server; safe for use by many threads, at most two of which write at a time.

    Every write carries its key and is safe to repeat. Raises only faults of the family in `faults`, besides those of
    the transport that a person has to mend (certificate, address), and with a gate ServiceDown and ServiceClosed.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._writers = threading.BoundedSemaphore(_MOST_WRITERS)

    @classmethod
    def connect(
        cls,
        url: str,
        api_key: Callable[[], str],
        *,
        ca_bundle: Path | None = None,
        gate: Gate | None = None,
        **transport_options: Any,
    ) -> Self:
        """Make a client for the server at `url` (without `/api/v1`); `api_key` is asked anew for each request."""
        address = url.rstrip("/").removesuffix(f"/{_API}")
        options: dict[str, Any] = {
            "headers": lambda: {"Authorization": f"Apikey {api_key()}", "Accept": "application/json"},
            "service": f"Tiled server {urlsplit(address).netloc}",
            "ca_bundle": ca_bundle,
            "max_body_bytes": _LARGEST_ANSWER_BYTES,
            **transport_options,
        }
        if gate is None:
            return cls(Transport(address, **options))
        return cls(GatedTransport(address, gate=gate, probe_path=_PROBE_PATH, **options))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """How messages call the server."""
        return self._transport.service

    def key_ends_at(self) -> float | None:
        """Return when our key ends, in seconds since the epoch; None where it does not, or the server has no users."""
        answer = self._transport.request("GET", f"{_API}/auth/apikey")
        told = answer.json()
        try:
            moment = datetime.fromisoformat(str(told.get("expiration_time") if isinstance(told, dict) else None))
        except ValueError:
            return None
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).timestamp()

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    def server(self) -> ServerInfo:
        """Ask for release and rules; needs no key."""
        answer = self._checked("ask what it is", "GET", f"{_API}/", authenticated=False)
        body = answer.json()
        if not isinstance(body, dict) or "library_version" not in body:
            raise Unavailable(
                f"{self.name} does not answer as a Tiled server does. Check `tiled: url:` in the config.",
                status=answer.status,
            )
        authentication = body.get("authentication") or {}
        formats = body.get("formats") or {}
        return ServerInfo(
            version=str(body["library_version"]),
            needs_key_to_read=bool(authentication.get("required")),
            mimetypes=frozenset(mimetype for family in formats.values() for mimetype in family),
        )

    def check_key(self) -> None:
        """Make sure that the API key is accepted; raises Unauthorized where it is not."""
        # The root's metadata: asked for by everything, and refused for a wrong key even where anonymous access is on.
        self._checked("use the API key", "GET", f"{_API}/metadata/", params={"fields": ""})

    def entry(self, path: EntryPath, *, sources: bool = False) -> Entry | None:
        """Look an entry up, with its data sources and all their assets if wanted; None where there is none."""
        params = {"include_data_sources": "true"} if sources else {}
        # A container's count comes with its structure; an array's structure may be long and is not needed.
        fields = _BRIEF if sources else (*_BRIEF, "count")
        try:
            answer = self._checked(
                f"look up {shown(path)}", "GET", _address("metadata", path), params={**params, "fields": fields}
            )
        except Gone:
            return None
        return Entry.from_json(self._data(answer))

    def children(self, path: EntryPath) -> Iterator[Entry]:
        """List a container's entries without their data sources, page by page.

        Raises Failed where one of them is broken: the server cannot list them any more, see `child_keys`.
        """
        return map(Entry.from_json, self._pages(path, {"fields": _BRIEF}))

    def child_keys(self, path: EntryPath) -> Iterator[str]:
        """List a container's keys; also works where an entry in it is broken."""
        return (item["id"] for item in self._pages(path, {"fields": ""}))

    def create(self, parent: EntryPath, entry: NewEntry) -> Entry:
        """Make an entry; the answer tells the ids of its data source and assets.

        Raises AlreadyThere for a taken key and Gone for a missing parent. After Failed a broken entry may stand
        there, which spoils the listing of its parent: delete that key before anything else.
        """
        path = (*parent, entry.key)
        verb = "metadata" if entry.source is None else "register"
        answer = self._write(f"make {shown(path)}", "POST", _address(verb, parent), json=entry.to_json())
        body = answer.json()
        found = body.get("data_sources") if isinstance(body, dict) else None
        return Entry(
            key=entry.key,
            structure_family="container" if entry.source is None else entry.source.structure_family,
            metadata=entry.metadata,
            specs=entry.specs,
            sources=[Source.from_json(source) for source in found or ()],
        )

    def replace_metadata(
        self,
        path: EntryPath,
        metadata: Mapping[str, Any] | None,
        *,
        access_tags: Sequence[str] = (),
        specs: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Set an entry's metadata as a whole, without keeping the old ones; they, specs and tags only where given."""
        body: dict[str, Any] = {} if metadata is None else {"metadata": metadata}
        if access_tags:
            body["access_tags"] = list(access_tags)
        if specs is not None:
            body["specs"] = list(specs)
        self._write(
            f"describe {shown(path)}", "PUT", _address("metadata", path), json=body, params={"drop_revision": "true"}
        )

    def put_source(self, path: EntryPath, source: Source) -> None:
        """Change a data source by its id: structure and parameters are replaced, assets are added by their URI.

        Sizes of known assets are renewed; their numbers are not, and no asset is removed.
        """
        self._write(
            f"add files to {shown(path)}", "PUT", _address("data_source", path), json={"data_source": source.to_json()}
        )

    def dissociate(self, path: EntryPath, asset_id: int) -> None:
        """Take a file out of an entry; the file itself is not touched. Harmless where it is out already."""
        try:
            self._write(f"take a file out of {shown(path)}", "DELETE", _address("asset", path), params={"id": asset_id})
        except Gone:
            return

    def delete(self, path: EntryPath) -> bool:
        """Remove an entry and all below it, never a file; False where there was none."""
        try:
            self._write(f"remove {shown(path)}", "DELETE", _address("metadata", path), params={"recursive": "true"})
        except Gone:
            return False
        return True

    def _pages(self, path: EntryPath, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        query: dict[str, Any] = {**params, "page[limit]": _PAGE_ENTRIES}
        while True:
            answer = self._checked(f"list {shown(path)}", "GET", _address("search", path), params=query)
            yield from self._data(answer)
            body = answer.json()
            following = ((body.get("links") or {}) if isinstance(body, dict) else {}).get("next")
            if not following:
                return
            # Only the query counts: the server may know itself by another address than we do.
            query = {**params, **parse_qs(urlsplit(following).query, keep_blank_values=True)}

    def _data(self, answer: Answer) -> Any:
        body = answer.json()
        if not isinstance(body, dict) or "data" not in body:
            raise Unavailable(
                f"{self.name} answered without data: cut off, or not by a Tiled server. Where this lasts, check"
                " `tiled: url:` in the config.",
                status=answer.status,
            )
        return body["data"]

    def _write(self, phrase: str, method: str, path: str, **content: Any) -> Answer:
        with self._writers:
            return self._checked(phrase, method, path, repeatable=True, **content)

    def _checked(self, phrase: str, method: str, path: str, **content: Any) -> Answer:
        try:
            answer = self._transport.request(method, path, **content)
        except (NoAnswer, ReplyLost) as silence:
            raise Unavailable(f"Could not {phrase}: {silence}") from silence
        if not answer.ok:
            raise fault_from(answer, service=self.name, phrase=phrase)
        return answer


def shown(path: EntryPath) -> str:
    """Give an entry's path for messages."""
    return "/".join(path) or "the root of the catalog"


def _address(verb: str, path: EntryPath) -> str:
    return f"{_API}/{verb}/" + "/".join(quote(key, safe="") for key in path)

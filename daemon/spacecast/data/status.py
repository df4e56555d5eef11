"""How a dataset or file stands: what the catalog says of it now."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from spacecast.data.refs import Ref, RefLike, ref
from spacecast.data.server import Body, EntryPath, Server, server_for
from spacecast.formats import entry_key, natural, series_key

BLOCK, FILES = "spacecast", "files"

State = Literal["unknown", "pending", "downloadable", "readable", "blocked", "removed"]
# Asking a server for a page of entries takes as long as asking it for some dozens.
_MANY, _LISTED_AT_THE_PRICE_OF_ONE = 10, 20
ORDER: Mapping[str, int] = {"unknown": 0, "pending": 1, "downloadable": 2, "readable": 3}


@dataclass(frozen=True)
class Status:
    """How a dataset or file stands.

    `unknown`: the catalog has not heard of it; `pending`: it is coming; `downloadable`: the file can be fetched, and
    not (or not yet) be read as data; `readable`; `blocked`: the facility has to act; `removed`: taken back.
    """

    ref: Ref
    state: State
    reason: str = ""
    """Why it is not readable, in the daemon's words where it has said something."""
    is_final: bool = False
    """Whether waiting will not change it: a file that is no array or table, or one that is left out."""
    entry: EntryPath = ()
    """The catalog's entry that has its data, from the root."""
    dataset: EntryPath = ()
    """The catalog's entry of the dataset, from the root."""
    frame: int | None = None
    """Which frame of a series of images the file is."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the catalog knows of the dataset's place in Onedata."""

    def __str__(self) -> str:
        return f"{self.ref}: {self.state}" + (f" ({self.reason})" if self.reason else "")


def status(what: RefLike, *, server: Any = None, api_key: str | None = None) -> Status:
    """Ask the catalog how a dataset or file stands; returns at once, whatever the answer is.

    Raises ServerAway, NotAllowed, NoServer or BadReference.

    >>> print(data.status("20211227125_Demo/spectrum_0001.dm4"))  # doctest: +SKIP
    20211227125_Demo/spectrum_0001.dm4: pending (the file is not registered yet)
    """
    wanted = ref(what)
    with server_for(wanted.address, server, api_key=api_key) as connected:
        return look(connected, wanted)


def look(server: Server, wanted: Ref) -> Status:
    """Ask a server how something stands."""
    path = (*server.datasets, wanted.dataset)
    attributes = server.entry(path)
    if attributes is None:
        reason = (
            f"{server.name} has no {'/'.join(path)} yet: its metadata file is not in the folder, or not at rest; "
            "or the datasets are in another container"
        )
        return Status(wanted, "unknown", reason)
    said = block_of(attributes)
    if said and "status" not in said:
        # Somebody has taken the address of an entry in a dataset.
        facts = block_of(server.entry(server.datasets) or {}).get("facts") or {}
        return Status(wanted, "readable", entry=path, dataset=server.datasets, facts=facts)
    facts = said.get("facts") or {}
    state, reason = said.get("status"), str(said.get("reason") or "")
    if state in ("blocked", "removed"):
        return Status(wanted, state, reason, facts=facts)
    if wanted.file is None:
        if said and state != "available":
            return Status(wanted, "pending", "its files are being looked at", facts=facts)
        return Status(wanted, "readable", entry=path, dataset=path, facts=facts)
    return _File(server, wanted, path, said).look()


def list_many(server: Server, wanted: Iterable[Ref]) -> None:
    """Have what is in datasets listed before many of their files are looked up, while the server remembers."""
    counts = Counter(one.dataset for one in wanted if one.file is not None)
    for dataset, count in counts.items():
        if count >= _MANY:
            path = (*server.datasets, dataset)
            # First what the dataset says of itself: where it says that all is there, the list has to have all.
            server.entry(path)
            server.list_ahead(path, _LISTED_AT_THE_PRICE_OF_ONE * count)


class _File:
    """A file that is looked for in the catalog."""

    def __init__(self, server: Server, wanted: Ref, dataset: EntryPath, said: Body) -> None:
        self._server = server
        self._wanted = wanted
        self._file = wanted.file or ""
        self._dataset = dataset
        self._said = said

    def look(self) -> Status:
        entry = (*self._dataset, entry_key(self._file, reserved=frozenset({FILES})))
        if self._server.has(entry):
            return self._status("readable", entry=entry)
        if self._said and self._said.get("status") != "available":
            return self._status("pending", "the dataset's files are being looked at")
        for entry, index in self._in_series():
            return self._status("readable", entry=entry, frame=index)
        remark, is_waiting = self._remark()
        if self._number_in((*self._dataset, FILES)) is not None:
            if not is_waiting:
                reason = remark or str(self._said.get("reason") or "") or "it is no array, table or tree"
                return self._status("downloadable", reason, is_final=self._said.get("digest") is not None)
            return self._status("downloadable", remark)
        reason = remark or str(self._said.get("reason") or "") or "the file is not registered yet"
        is_left_out = bool(remark) and not is_waiting and self._said.get("digest") is not None
        return self._status("pending", reason, is_final=is_left_out)

    def _status(self, state: State, reason: str = "", **more: Any) -> Status:
        facts = self._said.get("facts") or {}
        return Status(self._wanted, state, reason, dataset=self._dataset, facts=facts, **more)

    def _in_series(self) -> Iterator[tuple[EntryPath, int]]:
        key = series_key(self._file)
        if key is None:
            return
        # The further parts of a long series of tables, or of one whose images differ, have other keys.
        likely = (*self._dataset, key)
        number = self._number_in(likely)
        if number is not None:
            yield likely, number
            return
        for other, attributes in self._server.children(self._dataset):
            if other != key and self._may_be_in(block_of(attributes)):
                number = self._number_in((*self._dataset, other))
                if number is not None:
                    yield (*self._dataset, other), number

    def _may_be_in(self, said: Body) -> bool:
        """Whether a series, by what it says of its first and last file, can have this one."""
        first, file, last = (
            PurePosixPath(str(path or ".")) for path in (said.get("first"), self._file, said.get("last"))
        )
        is_alike = (first.parent, first.suffix) == (file.parent, file.suffix)
        return is_alike and natural(first.name) <= natural(file.name) <= natural(last.name)

    def _number_in(self, entry: EntryPath) -> int | None:
        attributes = self._server.entry(entry, sources=True)
        folder = str(self._said.get("folder") or "").rstrip("/")
        for asset in assets_of(attributes or {}):
            if asset["data_uri"] == f"file://localhost{folder}/{self._file}":
                return int(asset.get("num") or 0)
        return None

    def _remark(self) -> tuple[str, bool]:
        # The files that are waited for come first.
        waiting = int(self._said.get("waiting") or 0)
        for number, remark in enumerate(self._said.get("remarks") or ()):
            if remark.get("file") == self._file:
                return str(remark.get("reason")), number < waiting
        return "", False


def block_of(attributes: Body) -> Body:
    """Give what Spacecast says of an entry; empty for an entry that somebody else made."""
    found = (attributes.get("metadata") or {}).get(BLOCK)
    return found if isinstance(found, Mapping) else {}


def assets_of(attributes: Body) -> list[Body]:
    """Give the files that an entry is made of."""
    return [asset for source in attributes.get("data_sources") or () for asset in source.get("assets") or ()]

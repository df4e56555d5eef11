"""What the catalog should hold for a dataset: every file as a download, and every array, table or tree to be read."""

import hashlib
import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath
from typing import Any, Protocol

from spacecast.catalog.entries import FILES_MIMETYPE, Asset, Source
from spacecast.catalog.reading import Obstacle
from spacecast.formats import Readable, stack

FILES = "files"
"""The key of the entry that has files as assets, to be downloaded: all that no long series has."""

LONG_SERIES_FILES = 500
"""The files of longer series are in the entries of the series alone: there they can be downloaded as well."""

_NUMBERED = "data_uris"
# Made once: it is asked several times for each of a million files.
_encode = json.JSONEncoder(sort_keys=True, default=str).encode
_PLAIN_TYPES = frozenset({str, int, bool, type(None)})


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file that is to be in the catalog."""

    path: str
    uri: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Remark:
    """A file that is not all that it could be in the catalog, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class PlannedEntry:
    """One entry that can be read as data: of one file, or of a series of like images."""

    key: str
    first: Readable
    """What was found in the first file."""
    files: Sequence[PlannedFile]
    is_series: bool = False
    is_long: bool = False
    """Whether its files are in this entry alone, and not in `files`."""
    known_digest: str | None = None

    @property
    def structure_family(self) -> str:
        """Tiled's word for what it is."""
        return self.first.structure_family

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the headers say, as plain JSON."""
        found: Mapping[str, Any] = plain(self._readable(len(self.files)).metadata)
        return found

    def source(self, start: int, end: int, *, frames: int | None = None) -> Source:
        """Give the data source with the files from `start` to `end`, its structure being that of the first `frames`.

        `frames` is `end` where nothing else is said; it counts for series only.
        """
        readable = self._readable(end if frames is None else frames)
        is_numbered = readable.asset_parameter == _NUMBERED
        assets = [
            Asset(file.uri, file.size, readable.asset_parameter, number if is_numbered else None)
            for number, file in enumerate(self.files[start:end], start)
        ]
        parameters = dict(readable.parameters)
        return Source(readable.structure_family, readable.mimetype, readable.structure, parameters, assets)

    @property
    def digest(self) -> str:
        """What changes when anything about the entry does."""
        return self.known_digest or self.compute_digest()

    def compute_digest(self) -> str:
        """Compute the digest from everything that it stands for."""
        return entry_digest(self.data_digest, self.files)

    @property
    def data_digest(self) -> str:
        """What changes when the entry is to be read in another way, or its metadata do."""
        return digest_of(self.source(len(self.files), len(self.files)).to_json(), self.metadata)

    def _readable(self, count: int) -> Readable:
        return stack(self.first, count) if self.is_series else self.first


class Entries(Collection[PlannedEntry], Protocol):
    """The entries that can be read as data."""

    def get(self, key: str) -> PlannedEntry | None:
        """Return the entry with this key."""

    def digests(self) -> Iterator[tuple[str, str]]:
        """Yield key and digest of every entry."""

    def superseded(self, key: str) -> str | None:
        """Return the digest of the entry that a frame of a series would be alone: it may have been made before."""

    def waits(self, key: str) -> bool:
        """Whether a file that is still being written has this key."""


@dataclass(frozen=True)
class Digests:
    """What tells whether one plan is like another, by what may differ."""

    files: str
    """Changes when a file of the entry `files` comes, goes, or gets another length."""
    times: str
    """Changes when a file is written again."""
    entries: str
    """Changes with the readable entries."""
    remarks: str
    """Changes with what is said of files that cannot be read."""


@dataclass(frozen=True)
class FilesEntry:
    """The entry `files` as it was left: how assets are added to it, and what it was made by."""

    source_id: int
    next_number: int
    """No asset has this number, or a larger one."""
    files_digest: str


class Sent(Protocol):
    """Which of the files the entry `files` has already, and of which length."""

    def entry(self) -> FilesEntry | None:
        """Return the entry as it was left; None where that is not known, or files have gone from it since."""

    def missing_files(self) -> int:
        """Return how many files the entry lacks, or has with another length."""

    def missing(self, portion: int) -> Iterator[Sequence[PlannedFile]]:
        """Yield these files, so many at a time."""

    def remember(self, entry: FilesEntry) -> None:
        """Take note that the entry has what is planned, and nothing else."""

    def forget(self) -> None:
        """Know nothing of the entry."""


@dataclass(frozen=True)
class Plan:
    """Everything that is to be registered for one dataset, and an account of what cannot be.

    Files, entries and remarks are read from the inventory whenever they are asked for.
    """

    folder: PurePosixPath
    """The dataset's folder as the server sees it."""
    files: Collection[PlannedFile]
    loose: Collection[PlannedFile]
    """Those of the files that are in no long series, and so in the entry `files`."""
    undecided: Collection[PlannedFile]
    """Files that could not be looked into, and may hold a token: none is added, none that is there is taken out."""
    entries: Entries
    unread: Collection[Remark]
    """Files that nobody can read as data, or download, as they are."""
    waiting: Collection[Remark]
    """Files that look as if they were still being written."""
    size_bytes: int
    """The length of all files together."""
    digests: Digests
    sent: Sent
    obstacles: Sequence[Obstacle] = ()
    """Files that could not be read now, by the disk's fault or for want of permission; the first ones of them."""

    def has(self, key: str) -> bool:
        """Whether an entry with this key is ours by the plan, even if it is not to be made now."""
        entries = self.entries
        return entries.get(key) is not None or entries.waits(key) or entries.superseded(key) is not None

    def uris(self) -> Iterator[str]:
        """Yield the addresses of all files that may be in the catalog."""
        for file in chain(self.files, self.undecided):
            yield file.uri


def files_source(files: Iterable[PlannedFile], first_number: int) -> Source:
    """Give a data source for downloading only, its assets numbered from `first_number`."""
    assets = [Asset(file.uri, file.size, _NUMBERED, number) for number, file in enumerate(files, first_number)]
    return Source("bytes", FILES_MIMETYPE, None, {}, assets)


def entry_digest(data_digest: str, files: Iterable[PlannedFile]) -> str:
    """Give the digest of an entry that is read as its `data_digest` says, and made of these files."""
    files_digest = digest_of_rows((file.uri, file.size) for file in files)
    # What `digest_of` gives for the two, without making an encoder for each small file: they need no escapes.
    return _short_hash(f'["{data_digest}", "{files_digest}"]')


def digest_of(*parts: Any) -> str:
    """Give a short hash of JSON-able values."""
    return _short_hash(_encode(parts))


def digest_of_rows(rows: Iterable[tuple[bytes | str | int | None, ...]]) -> str:
    """Give a short hash of any number of rows of a table; made for millions of them."""
    digest = hashlib.sha256()
    for row in rows:
        # Text in a table is Unicode throughout.
        digest.update(repr(row).encode())
    return digest.hexdigest()[:32]


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:32]


def plain(value: Any) -> Any:
    """Give a copy that JSON can carry: text keys, no infinities, anything unknown as text."""
    if type(value) in _PLAIN_TYPES:
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)

"""What the catalog should hold for a dataset: every file as a download, and every array, table or tree to be read."""

import hashlib
import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Protocol

from spacecast.catalog.entries import FILES_MIMETYPE, Asset, Source
from spacecast.catalog.reading import Opener, read_header
from spacecast.catalog.selection import address_problem, download_problem, file_uri, is_left_out, unfinished_reason
from spacecast.formats import Readable, Series, alike, entry_key, group, stack

FILES = "files"
"""The key of the entry that has every file as an asset."""

_RESERVED = frozenset({FILES})
_NUMBERED = "data_uris"


class FoundFile(Protocol):
    """A file as the walk through the folder tells of it; `path` starts in the dataset's folder."""

    @property
    def path(self) -> PurePosixPath:
        """Where it is, below the dataset's folder."""

    @property
    def size(self) -> int:
        """How long it is, in bytes."""

    @property
    def modified_ns(self) -> int:
        """When it was last written."""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file that is to be in the catalog."""

    path: PurePosixPath
    uri: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Remark:
    """A file that is not all that it could be in the catalog, and why."""

    path: PurePosixPath
    reason: str


@dataclass(frozen=True)
class PlannedEntry:
    """One entry that can be read as data: of one file, or of a series of like images."""

    key: str
    first: Readable
    """What was found in the first file."""
    files: tuple[PlannedFile, ...]
    is_series: bool = False

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

    @cached_property
    def digest(self) -> str:
        """What changes when anything about the entry does."""
        files = [(file.uri, file.size) for file in self.files]
        source = self.source(len(self.files), len(self.files))
        return digest_of(source.to_json(), self.metadata, files)

    def _readable(self, count: int) -> Readable:
        return stack(self.first, count) if self.is_series else self.first


@dataclass(frozen=True)
class Plan:
    """Everything that is to be registered for one dataset, and an account of what cannot be."""

    folder: PurePosixPath
    """The dataset's folder as the server sees it."""
    files: tuple[PlannedFile, ...]
    entries: tuple[PlannedEntry, ...]
    unread: tuple[Remark, ...] = ()
    """Files that nobody can read as data, or download, as they are."""
    waiting: tuple[Remark, ...] = ()
    """Files that look as if they were still being written."""
    waiting_keys: frozenset[str] = frozenset()
    superseded: Mapping[str, str] = field(default_factory=dict)
    """The entries that files of a series would have alone, key to digest: they may have been made before."""

    @property
    def size_bytes(self) -> int:
        """The length of all files together."""
        return sum(file.size for file in self.files)

    @cached_property
    def files_digest(self) -> str:
        """What changes when a file comes, goes, or gets another length."""
        return digest_of([(file.uri, file.size) for file in self.files])

    @cached_property
    def times_digest(self) -> str:
        """What changes when a file is written again."""
        return digest_of([file.modified_ns for file in self.files])


def files_source(files: Iterable[PlannedFile], first_number: int) -> Source:
    """Give a data source for downloading only, its assets numbered from `first_number`."""
    assets = [Asset(file.uri, file.size, _NUMBERED, number) for number, file in enumerate(files, first_number)]
    return Source("bytes", FILES_MIMETYPE, None, {}, assets)


def build_plan(
    files: Iterable[FoundFile],
    open_file: Opener,
    *,
    folder: PurePosixPath,
    left_out: Collection[str] = frozenset(),
) -> Plan:
    """Look at every file's header and say what the catalog should hold.

    `files` come in natural order; `folder` is the dataset's folder as the server sees it, symbolic links resolved;
    `left_out` are names directly in the folder that are none of the data. Only passes on faults of `files`: a file
    that cannot be opened is in the plan's account.
    """
    planning = _Planning(open_file, folder, frozenset(left_out) - {""})
    for file in files:
        planning.take(file)
    return planning.plan()


class _Planning:
    """A plan in the making."""

    def __init__(self, open_file: Opener, folder: PurePosixPath, left_out: frozenset[str]) -> None:
        self._open_file = open_file
        self._folder = folder
        self._left_out = left_out
        self._files: list[PlannedFile] = []
        self._singles: dict[str, PlannedEntry] = {}
        self._unread: list[Remark] = []
        self._waiting: list[Remark] = []
        self._waiting_keys: set[str] = set()

    def take(self, found: FoundFile) -> None:
        path = found.path
        if is_left_out(path, self._left_out):
            return
        uri = file_uri(self._folder, path)
        problem = unfinished_reason(path) or address_problem(uri)
        if problem is not None:
            self._unread.append(Remark(path, problem))
            return
        file = PlannedFile(path, uri, found.size, found.modified_ns)
        self._files.append(file)
        if (problem := download_problem(path)) is not None:
            self._unread.append(Remark(path, problem))
        self._read(file)

    def _read(self, file: PlannedFile) -> None:
        key = entry_key(str(file.path), reserved=_RESERVED)
        found = read_header(self._open_file, file.path, file.size)
        if isinstance(found, Readable):
            if key in self._singles:
                self._unread.append(Remark(file.path, f"another file has its key {key} already. Rename it"))
            else:
                self._singles[key] = PlannedEntry(key, found, (file,))
        elif found.try_again:
            self._waiting.append(Remark(file.path, found.reason))
            self._waiting_keys.add(key)
        else:
            self._unread.append(Remark(file.path, found.reason))

    def plan(self) -> Plan:
        by_path = {entry.files[0].path: entry for entry in self._singles.values()}
        series = list(_all_series(by_path, taken=frozenset(self._singles) | self._waiting_keys))
        in_series = {file.path for one in series for file in one.files}
        superseded = {entry.key: entry.digest for path, entry in by_path.items() if path in in_series}
        alone = [entry for path, entry in by_path.items() if path not in in_series]
        return Plan(
            folder=self._folder,
            files=tuple(self._files),
            entries=(*series, *alone),
            unread=tuple(self._unread),
            waiting=tuple(self._waiting),
            waiting_keys=frozenset(self._waiting_keys),
            superseded=superseded,
        )


def _all_series(by_path: Mapping[PurePosixPath, PlannedEntry], taken: frozenset[str]) -> Iterable[PlannedEntry]:
    names: dict[PurePosixPath, list[str]] = {}
    for path, entry in by_path.items():
        if entry.first.series_mimetype is not None:
            names.setdefault(path.parent, []).append(path.name)
    for folder, stackable in names.items():
        for series in group(stackable):
            members = [by_path[folder / name] for name in series.names]
            yield from _like_series(folder, series, members, taken)


def _like_series(
    folder: PurePosixPath, series: Series, members: list[PlannedEntry], taken: frozenset[str]
) -> Iterable[PlannedEntry]:
    """Split a series of unlike images; the part of the first image has the plain name, a single image stays alone."""
    parts: list[list[PlannedEntry]] = []
    for member in members:
        for part in parts:
            if alike(part[0].first, member.first):
                part.append(member)
                break
        else:
            parts.append([member])
    for number, part in enumerate(parts):
        if len(part) > 1:
            name = str(folder / f"{series.stem}series{_likeness(part[0].first) if number else ''}{series.extension}")
            files = tuple(file for member in part for file in member.files)
            yield PlannedEntry(entry_key(name, reserved=_RESERVED | taken), part[0].first, files, is_series=True)


def _likeness(readable: Readable) -> str:
    shape = "x".join(str(length) for length in readable.shape or ())
    dtype = (readable.dtype or "").replace(">", "be-").strip("<|")
    return f"_{shape}_{dtype}"


def digest_of(*parts: Any) -> str:
    """Give a short hash of JSON-able values."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:32]


def plain(value: Any) -> Any:
    """Give a copy that JSON can carry: text keys, no infinities, anything unknown as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)

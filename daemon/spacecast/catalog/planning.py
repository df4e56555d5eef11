"""Make the plan: choose among a folder's files, read their headers, and put like images together."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Protocol

from spacecast.catalog.plan import FILES, Plan, PlannedEntry, PlannedFile, Remark
from spacecast.catalog.reading import Opener, read_header
from spacecast.catalog.selection import address_problem, download_problem, file_uri, is_left_out, unfinished_reason
from spacecast.formats import Readable, Series, alike, entry_key, group

_RESERVED = frozenset({FILES})


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

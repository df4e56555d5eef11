"""Make the plan: choose among a folder's files, read their headers, and put like images together."""

import threading
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Protocol

from spacecast.catalog.plan import FILES, Plan, PlannedEntry, PlannedFile, Remark
from spacecast.catalog.reading import Obstacle, Opener, Withheld, look_into
from spacecast.catalog.selection import (
    MAY_CARRY_TOKEN,
    address_problem,
    download_problem,
    file_uri,
    is_left_out,
    token_name_test,
    unfinished_reason,
)
from spacecast.formats import Description, Readable, Series, entry_key, fewest, frame_kind, group
from spacecast.transport import Stopped

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
    stop: threading.Event,
    left_out: Collection[str] = frozenset(),
    token_names: Collection[str] = (),
) -> Plan:
    """Look at every file's header and say what the catalog should hold.

    `files` come in natural order; `folder` is the dataset's folder as the server sees it, symbolic links resolved;
    `left_out` are names directly in the folder that are none of the data; `token_names`, wildcards allowed, are those
    of files with a token: what is called so at any depth, or begins so, is told of and not registered, and neither is
    a small file that has something like a token in it. A file that cannot be opened is in the plan's account.
    Raises Stopped soon after `stop` is set, and passes on the faults of `files`.
    """
    planning = _Planning(open_file, folder, frozenset(left_out) - {""}, token_names, stop)
    for file in files:
        planning.take(file)
    return planning.plan()


class _Planning:
    """A plan in the making."""

    def __init__(
        self,
        open_file: Opener,
        folder: PurePosixPath,
        left_out: frozenset[str],
        token_names: Collection[str],
        stop: threading.Event,
    ) -> None:
        self._open_file = open_file
        self._folder = folder
        self._left_out = left_out
        self._is_token_name = token_name_test(token_names)
        self._stop = stop
        self._files: list[PlannedFile] = []
        self._singles: dict[str, PlannedEntry] = {}
        self._unread: list[Remark] = []
        self._waiting: list[Remark] = []
        self._waiting_keys: set[str] = set()
        self._obstacles: list[Obstacle] = []

    def take(self, found: FoundFile) -> None:
        """Look into one more file and enter it."""
        self._check_stop()
        path = found.path
        if is_left_out(path, self._left_out):
            return
        uri = file_uri(self._folder, path)
        problem = self._name_problem(path) or address_problem(uri)
        described = Withheld(problem) if problem is not None else self._look_into(path, found.size)
        if isinstance(described, Withheld):
            self._unread.append(Remark(path, described.reason))
            return
        file = PlannedFile(path, uri, found.size, found.modified_ns)
        self._files.append(file)
        if (problem := download_problem(path)) is not None:
            self._unread.append(Remark(path, problem))
        self._enter(file, described)

    def _look_into(self, path: PurePosixPath, size: int) -> Description | Withheld:
        return look_into(self._open_file, path, size, self._obstacles.append)

    def _name_problem(self, path: PurePosixPath) -> str | None:
        return MAY_CARRY_TOKEN if self._is_token_name(path.name) else unfinished_reason(path)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped(f"Stopped while the files in {self._folder} were being looked at.")

    def _enter(self, file: PlannedFile, found: Description) -> None:
        key = entry_key(str(file.path), reserved=_RESERVED)
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
        """Put like images together and give the whole."""
        by_path = {entry.files[0].path: entry for entry in self._singles.values()}
        series = []
        for one in _all_series(by_path, taken={*self._singles, *self._waiting_keys}):
            self._check_stop()
            series.append(one)
        in_series = {file.path for one in series for file in one.files}
        alone = [entry for path, entry in by_path.items() if path not in in_series]
        superseded = {}
        for path, single in by_path.items():
            self._check_stop()
            if path in in_series:
                superseded[single.key] = single.digest
        return Plan(
            folder=self._folder,
            files=tuple(self._files),
            entries=(*series, *alone),
            unread=tuple(self._unread),
            waiting=tuple(self._waiting),
            waiting_keys=frozenset(self._waiting_keys),
            obstacles=tuple(self._obstacles),
            superseded=superseded,
        )


def _all_series(by_path: Mapping[PurePosixPath, PlannedEntry], taken: set[str]) -> Iterator[PlannedEntry]:
    """Find all series; `taken` are the keys of other entries, and gets those of the series."""
    names: dict[PurePosixPath, list[str]] = {}
    for path, entry in by_path.items():
        if entry.first.series_mimetype is not None:
            names.setdefault(path.parent, []).append(path.name)
    for folder, stackable in names.items():
        for series in group(stackable):
            for part in _like_series(folder, series, [by_path[folder / name] for name in series.names], taken):
                # Names made to share a key: those files stay alone.
                if part.key not in taken:
                    taken.add(part.key)
                    yield part


def _like_series(
    folder: PurePosixPath, series: Series, members: Iterable[PlannedEntry], taken: Collection[str]
) -> Iterator[PlannedEntry]:
    """Split a series of unlike images; the part of the first image has the plain name, a single image stays alone."""
    parts: dict[Hashable, list[PlannedEntry]] = {}
    for member in members:
        parts.setdefault(frame_kind(member.first), []).append(member)
    for number, part in enumerate(parts.values()):
        if len(part) >= fewest(part[0].first):
            name = str(folder / f"{series.stem}series{_likeness(part[0].first) if number else ''}{series.extension}")
            files = tuple(file for member in part for file in member.files)
            yield PlannedEntry(_series_key(name, taken), part[0].first, files, is_series=True)


def _series_key(name: str, taken: Collection[str]) -> str:
    return entry_key(name, reserved=_RESERVED | ({name} if name in taken else set()))


def _likeness(readable: Readable) -> str:
    shape = "x".join(str(length) for length in readable.shape or ())
    dtype = (readable.dtype or "").replace(">", "be-").strip("<|")
    return f"_{shape}_{dtype}"

"""Make the plan: choose among a folder's files, read their headers, and put like images together."""

import threading
import time
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from posixpath import basename
from typing import Any, Protocol

from spacecast import __version__
from spacecast.catalog.ahead import Ahead
from spacecast.catalog.arranging import arrange
from spacecast.catalog.columns import place_of
from spacecast.catalog.describing import Descriptions
from spacecast.catalog.inventory import Inventory
from spacecast.catalog.plan import FILES, Plan, PlannedFile
from spacecast.catalog.reading import CANNOT_BE_OPENED, Obstacle, Opener, Unsearched, Withheld, look_into
from spacecast.catalog.runs import Runs
from spacecast.catalog.selection import (
    MAY_CARRY_TOKEN,
    address_problem,
    download_problem,
    file_uri,
    is_left_out,
    token_name_test,
    unfinished_reason,
)
from spacecast.catalog.sent import SentFiles
from spacecast.catalog.stored import StoredEntries, StoredFiles, StoredRemarks
from spacecast.catalog.sums import digests_of, sums_of
from spacecast.catalog.tables import GIVEN_OUT, UNSEARCHED
from spacecast.formats import Description, Readable, Unreadable, entry_key
from spacecast.transport import Stopped

_RESERVED = frozenset({FILES})
_GRAIN_NS = 10_000_000_000
# For people to read; a folder may have a million of them.
_MOST_OBSTACLES = 1000


class FoundFile(Protocol):
    """A file as the walk through the folder tells of it; `path` starts in the dataset's folder."""

    @property
    def path(self) -> str:
        """Where it is, below the dataset's folder."""

    @property
    def size(self) -> int:
        """How long it is, in bytes."""

    @property
    def modified_ns(self) -> int:
        """When it was last written."""

    @property
    def changed_ns(self) -> int:
        """When anything about it last changed."""

    @property
    def inode(self) -> int:
        """Its number on the disk."""

    @property
    def left_out(self) -> str:
        """Why it cannot be published, whatever is in it; empty for other files."""


def build_plan(
    files: Iterable[FoundFile],
    open_file: Opener,
    *,
    folder: PurePosixPath,
    stop: threading.Event,
    inventory: Inventory | None = None,
    left_out: Collection[str] = frozenset(),
    token_names: Collection[str] = (),
    ahead: Ahead | None = None,
) -> Plan:
    """Look at the header of every file that is new or changed, and say what the catalog should hold.

    `folder` is the dataset's folder as the server sees it, symbolic links resolved; `inventory` has what earlier
    passes found, and backs the plan, which can be used as long as it is open; `left_out` are names directly in the
    folder that are none of the data; `token_names`, wildcards allowed, are those of files with a token: what is called
    so at any depth, or begins so, is told of and not registered, and neither is a small file that has something like a
    token in it. A file that cannot be opened is in the plan's account. `ahead` gets full series before all files are
    found, if these come in natural order. Raises Stopped soon after `stop` is set, and passes on the faults of `files`.
    """
    planning = _Planning(open_file, folder, inventory or Inventory(), stop)
    planning.choose(frozenset(left_out) - {""}, token_names, ahead)
    for file in files:
        planning.take(file)
    return planning.plan()


def renew_plan(
    looks: Iterable[tuple[str, Iterable[FoundFile]]],
    open_file: Opener,
    *,
    folder: PurePosixPath,
    stop: threading.Event,
    inventory: Inventory,
    left_out: Collection[str] = frozenset(),
    token_names: Collection[str] = (),
) -> Plan | None:
    """Do the same where only some files can have changed since the last plan: each with what is found at its path now.

    A folder's path stands for the files that have come into it; those that have gone are named themselves. None, and
    nothing done, where the inventory does not hold a whole plan made in the same surroundings.
    """
    planning = _Planning(open_file, folder, inventory, stop)
    if not planning.go_on(frozenset(left_out) - {""}, token_names):
        return None
    for path, found in looks:
        planning.look_again(path, found)
    return planning.plan(is_part=True)


class _Planning:
    """A plan in the making."""

    def __init__(self, open_file: Opener, folder: PurePosixPath, inventory: Inventory, stop: threading.Event) -> None:
        self._open_file = open_file
        self._folder = folder
        self._inventory = inventory
        self._stop = stop
        self._obstacles: list[Obstacle] = []
        self._was_closed = False
        self._descriptions = Descriptions()
        self._runs: Runs | None = None

    def choose(self, left_out: frozenset[str], token_names: Collection[str], ahead: Ahead | None) -> None:
        """Say which names are left out, and begin."""
        self._inventory.begin(self._surroundings(left_out, token_names))
        self._runs = None if ahead is None else ahead.runs(self._inventory, self._folder)

    def go_on(self, left_out: frozenset[str], token_names: Collection[str]) -> bool:
        """Do the same where some files are looked at only, and say whether the others are known."""
        return self._inventory.begin_part(self._surroundings(left_out, token_names))

    def _surroundings(self, left_out: frozenset[str], token_names: Collection[str]) -> str:
        self._left_out = left_out
        self._is_token_name = token_name_test(token_names)
        return f"{__version__}:{self._folder}:{sorted(token_names)}"

    def look_again(self, path: str, found: Iterable[FoundFile]) -> None:
        """Look into what is at a path now, and forget the file that was there if it is gone."""
        is_there = False
        for file in found:
            is_there = is_there or file.path == path
            self.take(file)
        if not is_there:
            self._inventory.forget(path)

    def take(self, found: FoundFile) -> None:
        """Look into one more file, unless it is known as it is, and enter it."""
        self._check_stop()
        path = found.path
        if is_left_out(path, self._left_out):
            return
        stamp = f"{found.size}:{found.modified_ns}:{found.changed_ns}:{found.inode}"
        if not self._inventory.recall(path, stamp):
            columns = self._seen(found)
            self._inventory.enter(path, **columns, stamp=stamp)
            if self._runs is not None:
                self._runs.note(columns)

    def _seen(self, found: FoundFile) -> dict[str, Any]:
        """Give the columns of a file that was looked into."""
        path, uri = found.path, file_uri(self._folder, found.path)
        problem = found.left_out or self._name_problem(basename(path)) or address_problem(uri)
        described = Withheld(problem) if problem is not None else self._look_into(path, found.size)
        common = {"place": place_of(path), "size": found.size, "modified_ns": str(found.modified_ns)}
        if isinstance(described, Withheld):
            outcome = {"outcome": "withheld", "reason": _text(described.reason), "problem": ""}
            return {**common, **outcome, "is_final": described.reason == MAY_CARRY_TOKEN}
        common["problem"] = _text(download_problem(basename(path)) or "")
        key = entry_key(path, reserved=_RESERVED)
        if isinstance(described, Readable):
            file = PlannedFile(path, uri, found.size, found.modified_ns)
            return {**common, **self._descriptions.columns(file, key, described)}
        # What could not be opened may be let open without a trace in the file.
        said = _outcome(described)
        is_final = said == "unread" and not described.reason.startswith(CANNOT_BE_OPENED)
        # What is cut off, and was read to its end, is so until somebody writes it.
        is_final = is_final or (said == "waiting" and not self._was_closed and _is_settled(found, time.time_ns()))
        columns = {"outcome": said, "key": None if said == "unread" else key, "is_final": is_final}
        return {**common, **columns, "reason": _text(described.reason)}

    def _look_into(self, path: str, size: int) -> Description | Withheld | Unsearched:
        self._was_closed = False
        return look_into(self._open_file, path, size, self._note)

    def _note(self, obstacle: Obstacle) -> None:
        self._was_closed = True
        if len(self._obstacles) < _MOST_OBSTACLES:
            self._obstacles.append(obstacle)

    def _name_problem(self, name: str) -> str | None:
        return MAY_CARRY_TOKEN if self._is_token_name(name) else unfinished_reason(name)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped(f"Stopped while the files in {self._folder} were being looked at.")

    def plan(self, *, is_part: bool = False) -> Plan:
        """Put like images together and give the whole; what a part of a pass has not seen is there all the same."""
        if not is_part:
            self._inventory.forget_unseen()
        if not self._inventory.is_arranged:
            arrange(self._inventory, self._folder, self._check_stop)
        self._inventory.end()
        inventory, folder, sums = self._inventory, self._folder, sums_of(self._inventory)
        entries = sums.alone + inventory.one("SELECT count(*) FROM series")
        return Plan(
            folder=folder,
            files=StoredFiles(inventory, folder, sums.given_out, GIVEN_OUT),
            loose=StoredFiles(inventory, folder, sums.loose, "loose = 1"),
            undecided=StoredFiles(inventory, folder, sums.unsearched, UNSEARCHED),
            entries=StoredEntries(inventory, folder, entries),
            unread=StoredRemarks(inventory, sums.remarks, waiting=False),
            waiting=StoredRemarks(inventory, sums.waiting, waiting=True),
            size_bytes=sums.size_bytes,
            digests=digests_of(inventory, folder),
            sent=SentFiles(inventory, folder),
            obstacles=self._obstacles,
        )


def _is_settled(found: FoundFile, now_ns: int) -> bool:
    """Say whether a file's times are so old that a write after the look at it gives it others, whatever their grain."""
    return max(found.modified_ns, found.changed_ns) < now_ns - _GRAIN_NS


def _outcome(described: Unreadable | Unsearched) -> str:
    if isinstance(described, Unsearched):
        return "unsearched"
    return "waiting" if described.try_again else "unread"


def _text(words: str) -> str:
    # A file's name in it may not be Unicode.
    return words.encode("utf-8", "backslashreplace").decode()

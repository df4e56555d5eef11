"""Follows live datasets in depth: tells at once when a file anywhere in one of them was finished, moved in or removed.

Every folder of a live dataset is watched, up to a limit; the regular passes over live datasets find what is left out.
An inotify instance and a thread of its own, so that a flood of data files delays no hint of a metadata file.
"""

import os
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

from spacecast.folders import inotify
from spacecast.folders.inotify import Event, Inotify
from spacecast.folders.limits import InotifyLimits, inotify_limits
from spacecast.folders.listening import Listening
from spacecast.folders.problems import ProblemBoard

Live = tuple[Path, str]
_APPEARED = inotify.CREATE | inotify.MOVED_TO
_FINISHED = inotify.CLOSE_WRITE | inotify.MOVED_TO | inotify.MOVED_FROM | inotify.DELETE
_MASK = _FINISHED | inotify.CREATE | inotify.EXCLUDE_UNLINKED
_FOLDER_LIMIT = 8192
_FOLDER_LIMIT_EACH = 2048
# Between two batches events have their turn.
_FOLDERS_IN_A_ROW = 64


class Follower:
    """Calls `on_activity(root, name)` in its thread, once for a batch of events; it must be quick.

    At most `folder_limit` folders are watched in all and `folder_limit_each` of one dataset. Watches are added in the
    thread: no call here ever blocks.
    """

    def __init__(
        self,
        on_activity: Callable[[Path, str], None],
        problems: ProblemBoard,
        *,
        folder_limit: int = _FOLDER_LIMIT,
        folder_limit_each: int = _FOLDER_LIMIT_EACH,
        open_inotify: Callable[[], Inotify] = Inotify,
        limits: Callable[[], InotifyLimits] = inotify_limits,
    ) -> None:
        self._on_activity = on_activity
        self._folder_limit, self._folder_limit_each = folder_limit, folder_limit_each
        self._places: dict[int, tuple[Live, Path]] = {}
        self._watches: dict[Live, set[int]] = {}
        self._to_add: deque[tuple[Live, Path]] = deque()
        self._active: dict[Live, None] = {}
        self._listening = Listening(
            "spacecast-follower",
            problems,
            take=self._take,
            settle=self._settle,
            open_inotify=open_inotify,
            limits=limits,
        )

    def start(self) -> None:
        """Begin; returns at once."""
        self._listening.start()

    def stop(self) -> None:
        """End all watches and the thread."""
        self._listening.stop()

    def follow(self, root: Path, name: str) -> None:
        """Follow a dataset from now on; again is cheap."""
        self._listening.order(partial(self._follow, (root, name)))

    def unfollow(self, root: Path, name: str) -> None:
        """Follow a dataset no more."""
        self._listening.order(partial(self._unfollow, (root, name)))

    def catch_up(self, timeout_seconds: float) -> bool:
        """Wait until all that was asked for so far is done; return whether it was in time."""
        return self._listening.catch_up(timeout_seconds)

    def _follow(self, live: Live) -> None:
        if live not in self._watches:
            self._watches[live] = set()
            self._to_add.append((live, live[0] / live[1]))
            self._add_some()

    def _unfollow(self, live: Live) -> None:
        for watch in self._watches.pop(live, ()):
            self._places.pop(watch, None)
            self._listening.remove(watch)

    def _add_some(self) -> None:
        for _ in range(min(_FOLDERS_IN_A_ROW, len(self._to_add))):
            live, folder = self._to_add.popleft()
            if live in self._watches and self._has_room(live) and self._add(live, folder):
                self._to_add.extend((live, below) for below in _folders_in(folder, self._folder_limit_each))
        if self._to_add:
            self._listening.order(self._add_some)

    def _has_room(self, live: Live) -> bool:
        return len(self._places) < self._folder_limit and len(self._watches[live]) < self._folder_limit_each

    def _add(self, live: Live, folder: Path) -> bool:
        watch = self._listening.add(folder, _MASK)
        if watch is None:
            return False
        before = self._places.get(watch)
        if before is not None:
            # The kernel gives a folder that was moved its old number again.
            self._watches.get(before[0], set()).discard(watch)
        self._places[watch] = live, folder
        self._watches[live].add(watch)
        # What was finished before the watch was there.
        self._active[live] = None
        return True

    def _take(self, event: Event | None) -> None:
        if event is None:
            self._active.update(dict.fromkeys(self._watches))
        elif (place := self._places.get(event.watch)) is not None:
            live, folder = place
            if event.mask & inotify.IGNORED:
                self._places.pop(event.watch)
                self._watches.get(live, set()).discard(event.watch)
            elif event.mask & inotify.IS_FOLDER and event.mask & _APPEARED:
                self._to_add.append((live, folder / event.name))
                self._add_some()
            elif event.mask & _FINISHED and not event.name.startswith("."):
                self._active[live] = None

    def _settle(self) -> None:
        active, self._active = self._active, {}
        for root, name in active:
            self._on_activity(root, name)


def _folders_in(folder: Path, most: int) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            folders = (entry for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name[0] != ".")
            return [Path(entry.path) for entry in islice(folders, most)]
    except OSError:  # gone again, or closed to us: the pass over the dataset says so
        return []

"""Follows live datasets in depth: tells at once which files anywhere in one of them were finished, moved or removed.

Every folder of a live dataset is watched, up to a limit; the regular passes over live datasets find what is left out.
An inotify instance and a thread of its own, so that a flood of data files delays no hint of a metadata file. Folders
are reached by descriptors below their root, so that who swaps one for a link leads nobody out of it.
"""

import os
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

from spacecast.folders import inotify
from spacecast.folders.descriptors import open_below, opened_root
from spacecast.folders.inotify import Event, Inotify
from spacecast.folders.limits import InotifyLimits, inotify_limits
from spacecast.folders.listener import Listener
from spacecast.folders.listening import Listening
from spacecast.folders.problems import ProblemBoard
from spacecast.folders.sightings import Paths

Live = tuple[Path, str]
Below = tuple[str, ...]
"""The names on the way from a dataset's folder to one in it."""
_APPEARED = inotify.CREATE | inotify.MOVED_TO
_FINISHED = inotify.CLOSE_WRITE | inotify.MOVED_TO | inotify.MOVED_FROM | inotify.DELETE
_MASK = _FINISHED | inotify.CREATE | inotify.EXCLUDE_UNLINKED
_FOLDER_LIMIT = 8192
_FOLDER_LIMIT_EACH = 2048
# Between two batches events have their turn.
_FOLDERS_IN_A_ROW = 64
# Where more has changed, going through everything is not much dearer.
_MOST_PATHS = 1000


class Follower(Listener):
    """Calls `on_activity(root, name, paths)` in its thread, once for a batch of events; it must be quick.

    The paths, below the dataset's folder, are those of files and new folders; None says that anything may have changed.

    At most `folder_limit` folders are watched in all and `folder_limit_each` of one dataset. Watches are added in the
    thread: no call here ever blocks.
    """

    def __init__(
        self,
        on_activity: Callable[[Path, str, Paths], None],
        problems: ProblemBoard,
        *,
        folder_limit: int = _FOLDER_LIMIT,
        folder_limit_each: int = _FOLDER_LIMIT_EACH,
        open_inotify: Callable[[], Inotify] = Inotify,
        limits: Callable[[], InotifyLimits] = inotify_limits,
    ) -> None:
        self._on_activity = on_activity
        self._folder_limit, self._folder_limit_each = folder_limit, folder_limit_each
        self._places: dict[int, tuple[Live, Below]] = {}
        self._watches: dict[Live, set[int]] = {}
        self._to_add: deque[tuple[Live, Below]] = deque()
        self._active: dict[Live, set[str] | None] = {}
        super().__init__(
            Listening(
                "spacecast-follower",
                problems,
                take=self._take,
                settle=self._settle,
                open_inotify=open_inotify,
                limits=limits,
            )
        )

    def follow(self, root: Path, name: str) -> None:
        """Follow a dataset from now on; again is cheap."""
        self._listening.order(partial(self._follow, (root, name)))

    def unfollow(self, root: Path, name: str) -> None:
        """Follow a dataset no more."""
        self._listening.order(partial(self._unfollow, (root, name)))

    def _follow(self, live: Live) -> None:
        if live not in self._watches:
            self._watches[live] = set()
            self._to_add.append((live, ()))
            self._add_some()

    def _unfollow(self, live: Live) -> None:
        for watch in self._watches.pop(live, ()):
            self._places.pop(watch, None)
            self._listening.remove(watch)

    def _add_some(self) -> None:
        for _ in range(min(_FOLDERS_IN_A_ROW, len(self._to_add))):
            live, below = self._to_add.popleft()
            if live in self._watches and self._has_room(live):
                self._to_add.extend((live, (*below, name)) for name in self._add(live, below))
            elif live in self._watches:
                self._note_active(live, below)
        if self._to_add:
            self._listening.order(self._add_some)

    def _has_room(self, live: Live) -> bool:
        return len(self._places) < self._folder_limit and len(self._watches[live]) < self._folder_limit_each

    def _add(self, live: Live, below: Below) -> list[str]:
        """Watch a folder and return the names of those in it; none where it is gone or cannot be watched."""
        root, name = live
        path = root.joinpath(name, *below)
        try:
            with opened_root(root) as root_descriptor:
                descriptor = open_below(root_descriptor, (name, *below))
        except OSError as error:
            self._listening.cannot_watch(path, error)
            return []
        try:
            watch = self._listening.add(path, _MASK, descriptor=descriptor)
            if watch is None:
                return []
            self._note(watch, live, below)
            return _folders_in(descriptor, self._folder_limit_each)
        finally:
            os.close(descriptor)

    def _note(self, watch: int, live: Live, below: Below) -> None:
        before = self._places.get(watch)
        if before is not None:
            # The kernel gives a folder that was moved its old number again.
            self._watches.get(before[0], set()).discard(watch)
        self._places[watch] = live, below
        self._watches[live].add(watch)
        # What was finished before the watch was there.
        self._note_active(live, below)

    def _take(self, event: Event | None) -> None:
        if event is None:
            self._active = dict.fromkeys(self._watches)
        elif (place := self._places.get(event.watch)) is not None:
            live, below = place
            if event.mask & inotify.IGNORED:
                self._places.pop(event.watch)
                self._watches.get(live, set()).discard(event.watch)
            elif event.mask & inotify.IS_FOLDER and event.mask & _APPEARED:
                self._to_add.append((live, (*below, event.name)))
                self._add_some()
            elif event.mask & inotify.IS_FOLDER and event.mask & _FINISHED:
                # Nothing tells which files were in it.
                self._active[live] = None
            elif event.mask & _FINISHED and not event.name.startswith("."):
                self._note_active(live, (*below, event.name))

    def _note_active(self, live: Live, below: Below) -> None:
        paths = self._active.setdefault(live, set())
        if paths is not None and below and len(paths) < _MOST_PATHS:
            paths.add("/".join(below))
        else:
            self._active[live] = None

    def _settle(self) -> None:
        active, self._active = self._active, {}
        for (root, name), paths in active.items():
            self._on_activity(root, name, None if paths is None else frozenset(paths))


def _folders_in(descriptor: int, most: int) -> list[str]:
    try:
        with os.scandir(descriptor) as entries:
            folders = (entry for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name[0] != ".")
            return [entry.name for entry in islice(folders, most)]
    except OSError:  # the disk does not answer: the pass over the dataset says so
        return []

"""Hints from the kernel that something may have changed, so that it is looked at now and not at the next scan.

One inotify instance and one thread serve all roots: a watch on each root for folders that come and go, and a
watch on each folder that is young or live for its metadata and running files. Own inotify calls and not
watchdog's observers: those lose overflow in a log line, miss the watch limit, and cost a thread per folder or a
watch per sub-folder; here all three are plain values. A hint may be missing; the scan finds what it would have told.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from spacecast.folders import inotify
from spacecast.folders.inotify import Event, Inotify
from spacecast.folders.limits import InotifyLimits, inotify_limits
from spacecast.folders.listener import Listener
from spacecast.folders.listening import Listening
from spacecast.folders.problems import ProblemBoard
from spacecast.folders.watches import Watches

_APPEARED = inotify.CREATE | inotify.MOVED_TO
_DISAPPEARED = inotify.DELETE | inotify.MOVED_FROM
_ITSELF_GONE = inotify.DELETE_SELF | inotify.MOVE_SELF | inotify.UNMOUNT
_ROOT_MASK = _APPEARED | _DISAPPEARED | inotify.DELETE_SELF | inotify.MOVE_SELF
# Not IN_MODIFY: an instrument's writes would fill the queue. Not IN_OPEN: our own looks would.
_FOLDER_MASK = _ROOT_MASK | inotify.CLOSE_WRITE | inotify.ATTRIBUTES | inotify.EXCLUDE_UNLINKED
_FOLDER_WATCH_LIMIT = 4096

Hint = Callable[[Path, str | None], None]


class Watcher(Listener):
    """Calls `on_hint(root, name)` when a folder may have changed, `on_hint(root, None)` for a whole root.

    It is called in the watcher's thread and must be quick. Limits that are reached go to `problems`.
    `is_relevant` says which file names in a dataset's folder matter. Above `folder_watch_limit` the folders
    asked for longest ago are dropped. Watches are added in the thread: no call here ever blocks.
    """

    def __init__(
        self,
        on_hint: Hint,
        problems: ProblemBoard,
        *,
        is_relevant: Callable[[str], bool],
        folder_watch_limit: int = _FOLDER_WATCH_LIMIT,
        open_inotify: Callable[[], Inotify] = Inotify,
        limits: Callable[[], InotifyLimits] = inotify_limits,
    ) -> None:
        self._on_hint = on_hint
        self._is_relevant = is_relevant
        self._folder_watch_limit = folder_watch_limit
        self._watches = Watches()
        self._hints: dict[tuple[Path, str | None], None] = {}
        super().__init__(
            Listening(
                "spacecast-watcher",
                problems,
                take=self._take,
                settle=self._give_hints,
                open_inotify=open_inotify,
                limits=limits,
            )
        )

    def watch_root(self, root: Path) -> None:
        """Watch a root for folders that come and go; calling it again is cheap and mends a lost watch."""
        self._listening.order(partial(self._add_root, root))

    def watch_folder(self, root: Path, name: str) -> None:
        """Watch a folder of a watched root for its metadata and running files."""
        self._listening.order(partial(self._add_folder, root, name))

    def unwatch_folder(self, root: Path, name: str) -> None:
        """End the watch on a folder."""
        self._listening.order(partial(self._drop_folder, root, name))

    def _give_hints(self) -> None:
        hints, self._hints = self._hints, {}
        for root, name in hints:
            self._on_hint(root, name)

    def _hint(self, root: Path, name: str | None) -> None:
        self._hints[root, name] = None

    def _take(self, event: Event | None) -> None:
        if event is None:
            for root in self._watches.roots():
                self._hint(root, None)
            return
        place = self._watches.place(event.watch)
        if place is None:
            return
        root, name = place
        if event.mask & inotify.IGNORED:
            self._watches.drop(root, name)
        elif name is None:
            self._take_root_event(root, event)
        elif event.mask & _ITSELF_GONE or self._is_relevant(event.name):
            self._hint(root, name)

    def _take_root_event(self, root: Path, event: Event) -> None:
        if event.mask & _ITSELF_GONE:
            self._lose_root(root)
        elif event.mask & inotify.IS_FOLDER and not event.name.startswith("."):
            if event.mask & _APPEARED:
                # Before the hint: what is written after the look is then reported by the watch.
                self._add_folder(root, event.name)
            else:
                self._drop_folder(root, event.name)
            self._hint(root, event.name)

    def _lose_root(self, root: Path) -> None:
        # A watch follows a root that is moved away; the next scan sets one on what is there then.
        for watch in self._watches.drop_root(root):
            self._listening.remove(watch)
        self._hint(root, None)

    def _add_root(self, root: Path) -> None:
        # Every time, not only the first: another folder may have been mounted or moved there.
        self._add(root, None, root, _ROOT_MASK)

    def _add_folder(self, root: Path, name: str) -> None:
        if not self._watches.has(root, None) or self._watches.touch(root, name):
            return
        if self._add(root, name, root / name, _FOLDER_MASK):
            self._hint(root, name)
        for watch in self._watches.drop_oldest(self._folder_watch_limit):
            self._listening.remove(watch)

    def _drop_folder(self, root: Path, name: str) -> None:
        self._listening.remove(self._watches.drop(root, name))

    def _add(self, root: Path, name: str | None, path: Path, mask: int) -> bool:
        watch = self._listening.add(path, mask)
        if watch is None:
            return False
        self._listening.remove(self._watches.put(root, name, watch))
        return True

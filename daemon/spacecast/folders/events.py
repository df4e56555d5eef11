"""What the kernel tells of the roots that it can tell of: hints for the discovery, and activity in live datasets."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from spacecast.folders.arrivals import Reactions
from spacecast.folders.following import Follower
from spacecast.folders.inotify import Inotify
from spacecast.folders.problems import ProblemBoard
from spacecast.folders.sightings import Paths, Sighting
from spacecast.folders.watching import Hint, Watcher


class Events:
    """A watcher and a follower; to be called by one thread at a time, and no call blocks."""

    def __init__(
        self,
        on_hint: Hint,
        on_activity: Callable[[Path, str, Paths], None],
        problems: ProblemBoard,
        *,
        is_relevant: Callable[[str], bool],
        open_inotify: Callable[[], Inotify],
    ) -> None:
        self.watcher = Watcher(on_hint, problems, is_relevant=is_relevant, open_inotify=open_inotify)
        self.follower = Follower(on_activity, problems, open_inotify=open_inotify)
        self._roots: set[Path] = set()
        self._followed: set[tuple[Path, str]] = set()

    def start(self) -> None:
        """Begin; returns at once."""
        self.watcher.start()
        self.follower.start()

    def order_stop(self) -> None:
        """Let both threads end as soon as they get on; returns at once."""
        self.watcher.order_stop()
        self.follower.order_stop()

    def stop(self, timeout_seconds: float) -> bool:
        """End all watches and both threads, and return whether they ended in time: they may hang in a file system."""
        self.order_stop()
        deadline = time.monotonic() + timeout_seconds
        ended = [each.stop(max(0.0, deadline - time.monotonic())) for each in (self.watcher, self.follower)]
        return all(ended)

    @property
    def failure(self) -> BaseException | None:
        """The error that ended one of the threads, which only a fault of this program can do."""
        return self.watcher.failure or self.follower.failure

    def watch_root(self, root: Path) -> None:
        """Have the events of a root told, from now on; calling it again is cheap and mends a lost watch."""
        self._roots.add(root)
        self.watcher.watch_root(root)

    def watch_folder(self, root: Path, name: str) -> None:
        """Have changes of a dataset's metadata and running files told."""
        self.watcher.watch_folder(root, name)

    def follow(self, root: Path, name: str, *, is_live: bool) -> None:
        """Have everything told that happens in a dataset while it is live; nothing in a root without events."""
        if is_live and root in self._roots:
            self._followed.add((root, name))
            self.follower.follow(root, name)
        elif (root, name) in self._followed:
            self._followed.remove((root, name))
            self.follower.unfollow(root, name)

    def following(self, reactions: Reactions) -> Reactions:
        """Return reactions that also have live datasets followed."""

        def see(sighting: Sighting) -> None:
            self.follow(sighting.root, sighting.name, is_live=sighting.running and not sighting.problem)
            reactions.on_sighting(sighting)

        def lose(sighting: Sighting) -> None:
            self.follow(sighting.root, sighting.name, is_live=False)
            reactions.on_gone(sighting)

        return replace(reactions, on_sighting=see, on_gone=lose)

    def catch_up(self, timeout_seconds: float) -> bool:
        """Wait until all that was asked for so far is done; return whether it was in time."""
        return self.watcher.catch_up(timeout_seconds) and self.follower.catch_up(timeout_seconds)

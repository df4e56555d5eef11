"""From sightings to news: which datasets are new or changed, which have come to rest, which are gone."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from spacecast.folders.memory import Memory
from spacecast.folders.problems import Problem
from spacecast.folders.rest import Rest
from spacecast.folders.sightings import Paths, Sighting, Stamp
from spacecast.folders.timers import Timers

Key = tuple[Path, str]
_RETRY_SECONDS = 1.0


def _ignore(_root: Path, _name: str, _paths: Paths) -> None:
    """Take no note."""


def _as_it_is(sighting: Sighting) -> Sighting:
    """Ask for nothing more."""
    return sighting


@dataclass(frozen=True)
class Reactions:
    """Who is told. All are called in a thread of the discovery and must be quick; all but `look_closer` may not block.

    `on_sighting`: a dataset is new or something about it changed, problem or running file included.
    `on_ready`: after a change, once its metadata file is at rest; the folder may now be opened and read.
    `on_gone`: metadata file or folder (then without `folder_identity`) are no longer there, while their root is.
    `on_problem`: a trouble of a root or of the kernel's limits (the last also from the watcher's thread).
    `on_restless`: a metadata file has been changing for that many seconds without ever coming to rest.
    `on_activity`: something below a live dataset's folder was finished, moved or removed; from a thread of its own.
    `look_closer`: before `on_sighting` and `on_ready`; it may ask the same disk, and waits alone if that hangs. What it
    returns is what they are told.
    """

    on_sighting: Callable[[Sighting], None]
    on_ready: Callable[[Sighting], None]
    on_gone: Callable[[Sighting], None]
    on_problem: Callable[[Problem], None]
    on_restless: Callable[[Sighting, float], None]
    on_activity: Callable[[Path, str, Paths], None] = _ignore
    look_closer: Callable[[Sighting], Sighting] = _as_it_is


class Arrivals:
    """Takes sightings from scans and hints alike, and reports each change once.

    `attend` is called for each dataset that will soon need a look: it is live or not at rest.
    `clock_skew_seconds` says for a root how far its file server's clock may be from ours.
    """

    def __init__(
        self,
        reactions: Reactions,
        rest: Rest,
        *,
        attend: Callable[[Path, str], None],
        clock_skew_seconds: Callable[[Path], float],
        restless_after_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reactions = reactions
        self._rest = rest
        self._attend = attend
        self._clock_skew_seconds = clock_skew_seconds
        self._restless_after_seconds = restless_after_seconds
        self._clock = clock
        self._memories: defaultdict[Path, Memory] = defaultdict(Memory)
        self._waiting: Timers[Key] = Timers()
        self._restless: set[Key] = set()

    def memory(self, root: Path) -> Memory:
        """Return what is remembered of a root."""
        return self._memories[root]

    def expect(self, root: Path, fingerprints: Mapping[str, int]) -> None:
        """Enter datasets known from an earlier run, so that those that changed or are gone by now are reported."""
        self._memories[root].expect(fingerprints)

    def take(self, sighting: Sighting) -> None:
        """Compare a sighting with what was known and report what is new; after a trouble a look is due again."""
        key = (sighting.root, sighting.name)
        if sighting.trouble is not None:
            self._memories[sighting.root].spare(sighting.name)
            self._waiting.set(key, self._clock() + _RETRY_SECONDS)
            return
        if not sighting.is_dataset:
            self._lose(key, sighting)
            return
        is_news = self._memories[sighting.root].note(sighting)
        if is_news:
            sighting = self._reactions.look_closer(sighting)
            self._reactions.on_sighting(sighting)
        if sighting.problem or sighting.stamp is None:
            self._settle(key)
        elif is_news or key in self._waiting:
            self._await_rest(key, sighting, sighting.stamp)

    def acquaintance(self, root: Path) -> Callable[[str, int], bool]:
        """Return what says by name and fingerprint that nothing follows from a sound dataset: it is as it was.

        For scans: such a dataset counts as seen, and `take` need not be called.
        """
        recognise, waiting = self._memories[root].recognise, self._waiting
        return lambda name, fingerprint: recognise(name, fingerprint) and not (waiting and (root, name) in waiting)

    @property
    def awaits_any(self) -> bool:
        """Whether any dataset is to be looked at again."""
        return bool(self._waiting)

    def next_due(self) -> float | None:
        """Return when the next dataset may be at rest, by the clock."""
        return self._waiting.next_due()

    def take_due(self) -> Iterator[Key]:
        """Yield the datasets that must be looked at now; what is seen goes to `take`."""
        for key in self._waiting.take_due(self._clock()):
            # It waits until it is seen at rest: a look that fails must not lose it.
            self._waiting.set(key, self._clock() + _RETRY_SECONDS)
            yield key

    def waiting(self) -> list[Key]:
        """Return the datasets that have changed and are not at rest yet."""
        return list(self._waiting)

    def _await_rest(self, key: Key, sighting: Sighting, stamp: Stamp) -> None:
        skew = self._clock_skew_seconds(sighting.root)
        wait_seconds = self._rest.observe(key, stamp, clock_skew_seconds=skew)
        if wait_seconds > 0.0:
            self._waiting.set(key, self._clock() + wait_seconds)
            self._report_restless(key, sighting)
        else:
            self._settle(key)
            self._reactions.on_ready(self._reactions.look_closer(sighting))
        if wait_seconds > 0.0 or sighting.running:
            self._attend(*key)

    def _report_restless(self, key: Key, sighting: Sighting) -> None:
        seconds = self._rest.restless(key)
        if seconds >= self._restless_after_seconds and key not in self._restless:
            self._restless.add(key)
            self._reactions.on_restless(sighting, seconds)

    def _settle(self, key: Key) -> None:
        self._waiting.drop(key)
        self._rest.forget(key)
        self._restless.discard(key)

    def _lose(self, key: Key, sighting: Sighting) -> None:
        self._settle(key)
        if self._memories[key[0]].forget(key[1]):
            self._reactions.on_gone(sighting)

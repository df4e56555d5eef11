"""The discovery: knows at any time which datasets there are below the watched folders, and tells what changed.

Each entry of the config is expanded into its roots by one thread, and the roots on each file system are scanned by
another: one that hangs, as a network file system does when its server is gone, stops no other.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path

from spacecast.folders.arrivals import Key, Reactions
from spacecast.folders.events import Events
from spacecast.folders.expanding import Expansions
from spacecast.folders.filesystems import filesystem_type
from spacecast.folders.hangs import look_for_hangs
from spacecast.folders.inotify import Inotify
from spacecast.folders.listening import OVERFLOW
from spacecast.folders.looking import Wanted
from spacecast.folders.memory import EXPECTED, fingerprint_of
from spacecast.folders.pacing import Budget, Pace
from spacecast.folders.problems import Problem, ProblemBoard
from spacecast.folders.reaction_turns import ReactionTurns
from spacecast.folders.rest import Rest
from spacecast.folders.roots import Known, Root, Roots, RootState, WatchedFolder
from spacecast.folders.scout import IDLE_SECONDS, Ground, Scout, Terrain
from spacecast.folders.sightings import Identity, Sighting
from spacecast.folders.survey import ScanFigures

_STOP_SECONDS = 3.0
# Even after scouts that hang: what does not hang has ended by then.
_LEAST_STOP_SECONDS = 0.2
_USUAL_PACE = Pace()


class Discovery:
    """Finds datasets below the watched folders and calls the reactions, from `start` until `stop`.

    `known` are the roots of an earlier run with their device and inode (see `root_identities`), which tell a file
    system that is not mounted from an empty root. `turn` and `one_pass` do the same without threads. `give_way` is
    called in scans every few dozen folders: a scan waits in it while something more urgent needs the interpreter.
    """

    def __init__(  # noqa: PLR0913 - a discovery is made of its surroundings
        self,
        watched: Iterable[WatchedFolder],
        wanted: Wanted,
        reactions: Reactions,
        *,
        pace: Pace = _USUAL_PACE,
        known: Known | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        thread_clock: Callable[[], float] = time.thread_time,
        open_inotify: Callable[[], Inotify] = Inotify,
        give_way: Callable[[], object] = lambda: None,
    ) -> None:
        self._wanted = wanted
        self._reactions = reactions
        self._pace = pace
        self._clock, self._wall_clock = clock, wall_clock
        self._open_inotify = open_inotify
        self._roots = Roots(known)
        self._problems = ProblemBoard(reactions.on_problem)
        budget = Budget(pace)
        self._ground = Ground(self._roots, wanted, self._problems, pace, budget, clock, thread_clock, give_way)
        self._turns = ReactionTurns()
        self._expected: dict[Path, dict[str, int]] = {}
        self._expansions = Expansions(watched, self._roots, budget, self._adopt, clock=clock, thread_clock=thread_clock)
        self._adopting = threading.Lock()
        self._scouts: dict[int, Scout] = {}
        self._scout_of: dict[Path, Scout] = {}
        self._is_running = False
        self._is_stopped = False
        self._events: Events | None = None

    def expect(self, root: Path, names: Iterable[str], as_seen: Iterable[Sighting] = ()) -> None:
        """Enter datasets known from an earlier run; call it before `start` or `one_pass`.

        Each of `names` is reported, as seen or as gone; one of `as_seen` only if it lies there otherwise by now.
        """
        self._roots.expect(root)
        expected = self._expected.setdefault(root, {})
        expected.update(dict.fromkeys(names, EXPECTED))
        expected.update((sighting.name, fingerprint_of(sighting)) for sighting in as_seen)

    def start(self) -> None:
        """Begin; returns at once, whatever the size of the trees."""
        self._events = Events(
            self.hint,
            self._reactions.on_activity,
            self._problems,
            is_relevant=self._wanted.is_relevant,
            open_inotify=self._open_inotify,
        )
        self._events.start()
        self._is_running = True
        self._expansions.start()

    def stop(self) -> None:
        """End within the time of one look at one folder, or some seconds where a file system hangs.

        No reaction is called afterwards.
        """
        with self._adopting:
            self._is_stopped = True
            self._turns.end()
            cycles = [*self._expansions.cycles, *(scout.cycle for scout in self._scouts.values())]
        for cycle in cycles:
            cycle.order_stop()
        deadline = time.monotonic() + _STOP_SECONDS
        if self._events is not None:
            self._events.order_stop()
        if self._is_running:
            for cycle in cycles:
                cycle.join(max(0.0, deadline - time.monotonic()))
        if self._events is not None:
            self._events.stop(max(_LEAST_STOP_SECONDS, deadline - time.monotonic()))

    @property
    def failure(self) -> BaseException | None:
        """The error that ended a thread, which only a fault in a reaction or in this program can do."""
        cycles = [*self._expansions.cycles, *(scout.cycle for scout in list(self._scouts.values()))]
        failures = [cycle.failure for cycle in cycles] + [self._events.failure if self._events is not None else None]
        return next((failure for failure in failures if failure is not None), None)

    def scan_now(self, root: Path | None = None) -> None:
        """Have a root, or all, scanned as soon as possible; returns at once."""
        for path in [root] if root else self._roots.paths():
            self.hint(path, None)

    def hint(self, root: Path, name: str | None) -> None:
        """Have a folder, or with None its whole root, looked at as soon as possible; returns at once."""
        scout = self._scout_of.get(root)
        if scout is not None:
            scout.hint(root, name)

    def problems(self) -> list[Problem]:
        """Return the troubles of roots and limits that stand now."""
        return self._problems.current()

    def look_for_hangs(self, others: Iterable[tuple[str, float]] = ()) -> list[str]:
        """Report file systems that do not answer, each once, and return what hangs now, for people.

        `others`: the places that are waited for elsewhere, and for how many seconds.
        """
        scouts = [scout for scout in list(self._scouts.values()) if scout.at is not None]
        silent = [(str(scout.at), scout.cycle.silent_seconds()) for scout in scouts]
        return look_for_hangs([*self._expansions.silent(), *silent, *others], self._problems)

    def device_of(self, root: Path) -> Hashable:
        """Return what a root lies on, as far as that is known without asking the disk."""
        identity = self._roots.identity(root)
        return identity[0] if identity else root

    @property
    def overflows(self) -> int:
        """How often more changes came at once than the kernel queues."""
        return self._problems.times(OVERFLOW)

    def overdue_scans(self) -> dict[Path, float]:
        """Return the roots whose last complete scan is longer ago than it should be, with the seconds since it."""
        return {path: since for scout in list(self._scouts.values()) for path, since in scout.overdue_scans().items()}

    @property
    def is_scanning(self) -> bool:
        """Whether a root is being scanned now."""
        return any(scout.is_scanning for scout in list(self._scouts.values()))

    def figures(self) -> dict[Path, ScanFigures]:
        """Return the figures of the last complete scan of each root."""
        return {path: found for scout in list(self._scouts.values()) for path, found in scout.figures().items()}

    def seconds_since(self, scan: ScanFigures) -> float:
        """Return how long ago a scan ended."""
        return self._clock() - scan.ended_at

    def root_identities(self) -> dict[Path, Identity]:
        """Return device and inode of each root, to be given as `known` to the next run."""
        return self._roots.identities()

    def one_pass(
        self, *, sleep: Callable[[float], object] = time.sleep, give_up_after_seconds: float = 60.0
    ) -> list[Key]:
        """Scan everything once, wait until what was found is at rest, and return what did not come to rest.

        Ends early after `stop`, and when `sleep` says true (as `threading.Event.wait` does when it is set).
        """
        deadline = self._clock() + give_up_after_seconds
        self.turn()
        while (due := self._next_rest()) is not None and self._clock() < deadline:
            if sleep(max(0.0, min(due, deadline) - self._clock())) or self._is_stopped:
                break
            self.turn()
        return [key for scout in self._scouts.values() for key in scout.waiting()]

    def turn(self) -> float:
        """Do all that is due now and return the seconds until something is due again."""
        self._expansions.turn()
        waits = [scout.turn() for scout in list(self._scouts.values())]
        due = self._expansions.next_due()
        return min([*waits, IDLE_SECONDS if due is None else max(0.0, due - self._clock())])

    def _next_rest(self) -> float | None:
        dues = (scout.rest_due() for scout in self._scouts.values())
        return min((due for due in dues if due is not None), default=None)

    def _adopt(self, state: RootState) -> bool:
        """Have a root looked after from now on, and say whether to go on with others."""
        path = state.root.path
        if self._is_stopped:
            return False
        if state.problem is not None:
            # Also for a root that is known already: its scout may be waiting for its next scan.
            self._problems.add(Problem("root", str(path), state.problem))
        elif path not in self._scout_of and state.identity is not None:
            with self._adopting:
                if not self._is_stopped:
                    scout = self._scout_of[path] = self._scout_on(state.identity[0])
                    scout.adopt(state.root, self._expected.pop(path, {}))
        return not self._is_stopped

    def _scout_on(self, device: int) -> Scout:
        if device not in self._scouts:
            reactions = self._reactions if self._events is None else self._events.following(self._reactions)
            scout = self._scouts[device] = Scout(
                f"spacecast-discovery {device}",
                self._ground,
                self._turns.taken_by(lambda: scout.cycle, reactions),
                Rest(self._pace.quiet_seconds, self._clock, self._wall_clock),
                observe=self._observe,
                attend=self._attend,
            )
            if self._is_running:
                scout.cycle.start()
        return self._scouts[device]

    def _observe(self, root: Root) -> Terrain:
        try:
            is_local = filesystem_type(root.path).reports_remote_writes
        except OSError:  # it has just gone: the scan that follows says so
            return Terrain()
        events = root.watched.events
        if self._events is not None and (events == "inotify" or (events == "auto" and is_local)):
            self._events.watch_root(root.path)
        return Terrain(0.0 if is_local else self._pace.server_clock_skew_seconds, is_local)

    def _attend(self, root: Path, name: str) -> None:
        if self._events is not None:
            self._events.watch_folder(root, name)

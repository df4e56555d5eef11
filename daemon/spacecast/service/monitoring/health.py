"""Whether the daemon does its work: asked every few seconds by a thread of its own, so that an answer never waits."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from spacecast.ledger import Ledger, LedgerTrouble, LedgerUnusable
from spacecast.service.engine import Engine
from spacecast.service.watchdog import Watchdog

LOOK_SECONDS = 5.0
# The database waits for a lock no longer than this; a look that takes more is no look.
STALE_SECONDS = 60.0


@dataclass(frozen=True)
class Health:
    """How it was at the last look; without reasons it is well."""

    reasons: tuple[str, ...]
    is_ledger_writable: bool
    age_seconds: float
    """How long ago that was."""

    @property
    def is_healthy(self) -> bool:
        """Whether there is nothing to complain of."""
        return not self.reasons


class Examiner:
    """Looks at lanes, discovery and ledger from `start` to `stop`."""

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        *,
        clock: Callable[[], float] = time.monotonic,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._clock = clock
        self._look_seconds = look_seconds
        self._watchdog = Watchdog(engine.work.lanes, clock)
        self._stopping = threading.Event()
        # Daemon threads: a file system or database that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="spacecast-health", daemon=True)
        self._reasons: tuple[str, ...] = ()
        self._is_ledger_writable = True
        self._looked_at = clock()

    def start(self) -> None:
        """Begin to look; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def health(self) -> Health:
        """Return what was found last, at once whatever hangs."""
        age, reasons = self._clock() - self._looked_at, self._reasons
        if age > STALE_SECONDS:
            reasons = (*reasons, f"the ledger has not answered for {round(age)} s: look at its disk, or its server")
        return Health(reasons, self._is_ledger_writable, age)

    def look(self) -> None:
        """Look at everything once."""
        found = [*self._watchdog.hanging(), *self._discovery()]
        trouble = self._ledger_trouble()
        self._is_ledger_writable = trouble is None
        self._reasons = tuple(found if trouble is None else [*found, trouble])
        self._looked_at = self._clock()

    def _run(self) -> None:
        while True:
            self.look()
            if self._stopping.wait(self._look_seconds):
                return

    def _discovery(self) -> Iterator[str]:
        discovery = self._engine.discovery
        if discovery.failure is not None:
            yield f"the discovery has ended: {type(discovery.failure).__name__}"
        problems = {problem.subject: problem.message for problem in discovery.problems() if problem.kind != "folder"}
        for path, seconds in discovery.overdue_scans().items():
            why = problems.get(str(path), "Look at the log, and at the folder's disk or file server.")
            yield f"{path} was not scanned for {round(seconds / 60)} min. {why}"

    def _ledger_trouble(self) -> str | None:
        try:
            self._ledger.check_in_place()
            self._ledger.prove_writable()
        except (LedgerTrouble, LedgerUnusable) as trouble:
            return str(trouble)
        return None

"""The daemon from start to stop: readiness for systemd, signals, the watchdog, an orderly end."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

import structlog

from spacecast import __version__
from spacecast.config import Config
from spacecast.ledger import Ledger, State
from spacecast.metadata import ignore_lease_signal
from spacecast.publish.services import open_services
from spacecast.service.engine import Engine
from spacecast.service.notify import notify, watchdog_interval_seconds

log = structlog.get_logger()

# systemd and impatient operators wait ten seconds; what is in flight then is taken up at the next start.
STOP_SECONDS = 8.0
# A lane whose workers are all taken and end nothing for so long hangs; a pass over a large folder takes minutes.
STUCK_SECONDS = 1800.0
_STATUS_SECONDS = 5.0
_GLANCE_SECONDS = 0.2
_ENDING = (signal.SIGTERM, signal.SIGINT)


def run_daemon(config: Config, ledger: Ledger) -> None:
    """Run until SIGTERM or SIGINT, then end within ten seconds; the next start goes on where it was.

    Raises what ended the discovery, if anything did: only an error of the program can; and LedgerUnusable where the
    ledger was damaged, removed or replaced meanwhile.
    """
    # Taken by asking in the main thread and not by handlers: those may not touch what other threads wait for.
    signal.pthread_sigmask(signal.SIG_BLOCK, (*_ENDING, signal.SIGHUP))
    ignore_lease_signal()
    with open_services(config, ledger) as services:
        engine = Engine(config, ledger, services, threading.Event())
        log.info("started", version=__version__, watching=[str(watch.folder) for watch in config.watch])
        engine.start()
        notify("READY=1")
        try:
            _watch_over(engine, ledger)
        finally:
            notify("STOPPING=1")
            log.info("stopping")
            if not engine.stop(STOP_SECONDS):
                log.warning("stopped with work in flight; it is taken up at the next start")
    ledger.close()
    log.info("stopped")


def run_once(config: Config, ledger: Ledger, *, timeout_seconds: float) -> Counter[State]:
    """Find everything once and work until nothing is left to do; return how many datasets are in which state.

    A signal ends it early, as the time-out does.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    ignore_lease_signal()
    stop = threading.Event()
    with open_services(config, ledger) as services:
        engine = Engine(config, ledger, services, stop, once=True)
        work = threading.Thread(target=engine.one_pass, args=(timeout_seconds,), name="one pass", daemon=True)
        work.start()
        while work.is_alive():
            if signal.sigtimedwait(_ENDING, _GLANCE_SECONDS) is not None:
                break
        engine.stop(STOP_SECONDS)
    ledger.check_in_place()
    states = Counter(dataset.state for dataset in ledger.datasets())
    ledger.close()
    return states


def _watch_over(engine: Engine, ledger: Ledger) -> None:
    """Feed systemd's watchdog while the engine is alive, until a signal ends it; raises what ended the discovery.

    Raises LedgerUnusable once the ledger is damaged, removed or replaced: nothing that is done then is remembered.

    On SIGHUP everything that is not done is looked at again at once, after a privilege or a file was mended
    say; secrets are read anew by themselves when their files change. A changed config needs a restart.
    """
    interval_seconds = min(watchdog_interval_seconds() or _STATUS_SECONDS, _STATUS_SECONDS)
    pulse = Pulse()
    while True:
        taken = signal.sigtimedwait((*_ENDING, signal.SIGHUP), interval_seconds)
        if taken is not None and taken.si_signo in _ENDING:
            return
        if taken is not None:
            log.info("looking again at everything that is not done")
            engine.look_again()
        if engine.discovery.failure is not None:
            raise engine.discovery.failure
        ledger.check_in_place()
        engine.remember_roots()
        engine.renew_invites()
        status = "; ".join([f"{engine.busy} tasks in hand", *engine.discovery.look_for_hangs()])
        if pulse.beats(engine.progress, is_full=engine.is_full):
            notify(f"WATCHDOG=1\nSTATUS={status}")
        else:
            notify(f"STATUS=no task has ended for {round(STUCK_SECONDS / 60)} min; {status}")


class Pulse:
    """Tells a daemon that works from one that hangs, by the number of tasks that have ended."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._progress = -1
        self._moved_at = clock()

    def beats(self, progress: int, *, is_full: bool) -> bool:
        """Say whether the daemon is alive: workers are free, or a task has ended not too long ago."""
        if progress != self._progress or not is_full:
            self._progress, self._moved_at = progress, self._clock()
        return self._clock() - self._moved_at < STUCK_SECONDS

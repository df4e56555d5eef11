"""The daemon from start to stop: readiness for systemd, signals, the watchdog, an orderly end."""

import signal
import threading
from collections import Counter
from types import FrameType

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
_STATUS_SECONDS = 5.0


def run_daemon(config: Config, ledger: Ledger) -> None:
    """Run until SIGTERM or SIGINT, then end within ten seconds; the next start goes on where it was."""
    stop = threading.Event()
    with open_services(config, ledger) as services:
        engine = Engine(config, ledger, services, stop)
        _catch_signals(stop)
        look_again = threading.Event()
        signal.signal(signal.SIGHUP, lambda _number, _frame: look_again.set())
        log.info("started", version=__version__, watching=[str(watch.folder) for watch in config.watch])
        engine.start()
        notify("READY=1")
        _watch_over(engine, stop, look_again)
        notify("STOPPING=1")
        log.info("stopping")
        if not engine.stop(STOP_SECONDS):
            log.warning("stopped with work in flight; it is taken up at the next start")
    ledger.close()
    log.info("stopped")


def run_once(config: Config, ledger: Ledger, *, timeout_seconds: float) -> Counter[State]:
    """Find everything once and work until nothing is left to do; return how many datasets are in which state."""
    stop = threading.Event()
    _catch_signals(stop)
    with open_services(config, ledger) as services:
        engine = Engine(config, ledger, services, stop)
        engine.one_pass(timeout_seconds)
        engine.stop(STOP_SECONDS)
    states = Counter(dataset.state for dataset in ledger.datasets())
    ledger.close()
    return states


def _catch_signals(stop: threading.Event) -> None:
    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    ignore_lease_signal()


def _watch_over(engine: Engine, stop: threading.Event, look_again: threading.Event) -> None:
    """Feed systemd's watchdog while the engine is alive, until stopped; raises what ended the discovery.

    On SIGHUP everything that is not done is looked at again at once, after a privilege or a file was mended
    say; secrets are read anew by themselves when their files change. A changed config needs a restart.
    """
    interval = watchdog_interval_seconds() or _STATUS_SECONDS
    seen = None
    while not stop.wait(min(interval, _STATUS_SECONDS)):
        if engine.discovery.failure is not None:
            raise engine.discovery.failure
        if look_again.is_set():
            look_again.clear()
            log.info("looking again at everything that is not done")
            engine.look_again()
        engine.remember_roots()
        progress = engine.progress
        if progress != seen or not engine.is_stuck:
            notify(f"WATCHDOG=1\nSTATUS={engine.busy} tasks in hand")
        seen = progress

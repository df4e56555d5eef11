"""The daemon from start to stop: readiness for systemd, signals, the watchdog, reloads, an orderly end."""

import gc
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence

import structlog

from spacecast import __version__
from spacecast.config import Config
from spacecast.faults import Fault
from spacecast.ledger import Ledger, State
from spacecast.metadata import ignore_lease_signal
from spacecast.publish.services import open_services
from spacecast.service import log as said
from spacecast.service.engine import Engine
from spacecast.service.ledger_check import LedgerCheck
from spacecast.service.live_config import LiveConfig, Read
from spacecast.service.monitoring import monitored
from spacecast.service.notify import notify, watchdog_interval_seconds
from spacecast.service.status_line import status_line
from spacecast.service.watchdog import Watchdog

log = structlog.get_logger()

# systemd and impatient operators wait ten seconds; what is in flight then is taken up at the next start.
STOP_SECONDS = 8.0
# No dataset may be worked on by the old and the new config at once; a request takes half a minute at most.
HAND_OVER_SECONDS = 60.0
_STATUS_SECONDS = 5.0
_GLANCE_SECONDS = 0.2
# Who writes into the ledger comes and goes at the interpreter some times a write, and all others wait for it: Python's
# own 5 ms at each doubled the time in which a hundred datasets have their links.
_SWITCH_SECONDS = 0.0005
_ENDING = (signal.SIGTERM, signal.SIGINT)
_ASKING = (signal.SIGHUP, signal.SIGUSR1)


def run_daemon(config: Config, ledger: Ledger, read_config: Read) -> None:
    """Run until SIGTERM or SIGINT, then end within ten seconds; the next start goes on where it was.

    On SIGHUP the config is read again by `read_config` and taken over if it is good, and everything that is not done is
    looked at again at once. SIGUSR1 switches between the log level of the config and `debug`.

    Raises what ended the discovery, if anything did: only an error of the program can; LedgerUnusable where the
    ledger was damaged, removed or replaced meanwhile; and Fault where work did not end for a new config.
    """
    _prepare_process(*_ENDING, *_ASKING)
    live = LiveConfig(config, read_config, try_out=lambda found: _try_out(found, ledger))
    log.info("started", version=__version__, watching=[str(watch.folder) for watch in config.watch])
    with LedgerCheck(ledger) as check:
        while _serve(live, ledger, check):
            # What is left behind hangs in circles and holds lists of authorities, megabytes outside Python's own count.
            gc.collect()
    ledger.close()
    said.tell_repeats(at_once=True)
    log.info("stopped")


def _prepare_process(*awaited: signal.Signals) -> None:
    sys.setswitchinterval(_SWITCH_SECONDS)
    # Taken by asking in the main thread and not by handlers: those may not touch what other threads wait for.
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    ignore_lease_signal()


def _try_out(config: Config, ledger: Ledger) -> None:
    with open_services(config, ledger):
        pass


def _serve(live: LiveConfig, ledger: Ledger, check: LedgerCheck) -> bool:
    """Work by the config in use until it has changed or a signal comes, and say whether to go on by the new one."""
    config, goes_on = live.config, False
    with open_services(config, ledger) as services:
        engine = Engine(config, ledger, services, threading.Event())
        engine.start()
        notify("READY=1")
        check.start(lambda: engine.is_busy)
        try:
            with monitored(config, ledger, services, engine):
                goes_on = _watch_over(engine, ledger, live)
        finally:
            goes_on = _hand_over(engine) if goes_on else _end(engine)
    return goes_on


def _end(engine: Engine) -> bool:
    notify("STOPPING=1")
    log.info("stopping")
    if not engine.stop(STOP_SECONDS):
        log.warning("stopped with work in flight", reason="it is taken up at the next start")
    return False


def _hand_over(engine: Engine) -> bool:
    """Stop the engine for another one and say whether to go on; not where a signal says to end meanwhile.

    Raises Fault where work does not end: systemd then starts the daemon anew, by the new config.
    """
    deadline = time.monotonic() + HAND_OVER_SECONDS
    ended = engine.stop(_STATUS_SECONDS)
    while not ended:
        if signal.sigpending() & set(_ENDING):
            return _end(engine)
        if time.monotonic() > deadline:
            raise Fault(
                f"The config has changed, and what was in hand has not ended within {HAND_OVER_SECONDS:.0f} s. "
                "A new start goes on by the new config: systemctl restart spacecast, if systemd does not do it"
            )
        notify(f"WATCHDOG=1\nSTATUS=the config has changed; {engine.work.length} tasks in hand end first")
        ended = engine.await_end(_STATUS_SECONDS)
    return True


def run_once(config: Config, ledger: Ledger, *, timeout_seconds: float) -> Counter[State]:
    """Find everything once and work until nothing is left to do; return how many datasets are in which state.

    A signal ends it early, as the time-out does.
    """
    _prepare_process(*_ENDING)
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


def _watch_over(engine: Engine, ledger: Ledger, live: LiveConfig) -> bool:
    """Feed systemd's watchdog while the engine is alive; say whether the config has changed, or a signal says to end.

    Raises what ended the discovery, and LedgerUnusable once the ledger is damaged, removed or replaced: nothing that
    is done then is remembered.
    """
    interval_seconds = min(watchdog_interval_seconds() or _STATUS_SECONDS, _STATUS_SECONDS)
    watchdog = Watchdog(engine.work.lanes)
    while True:
        taken = signal.sigtimedwait((*_ENDING, *_ASKING), interval_seconds)
        if taken is not None and taken.si_signo in _ENDING:
            return False
        if taken is not None and taken.si_signo == signal.SIGUSR1:
            log.info("log level changed", now=said.toggle_debug())
        if taken is not None and taken.si_signo == signal.SIGHUP and _reload(engine, live):
            return True
        if engine.discovery.failure is not None:
            raise engine.discovery.failure
        ledger.check_in_place()
        engine.remember_roots()
        engine.renew_invites()
        said.tell_repeats()
        _report(engine, ledger, live, watchdog.hanging())


def _reload(engine: Engine, live: LiveConfig) -> bool:
    """Read the config again, and say whether the engine has to make room for one that works by a new config.

    Otherwise everything that is not done is looked at again, after a privilege or a file was mended say.
    """
    notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
    changed = live.read_again()
    if changed:
        said.set_up(live.config)
        log.info("config taken over", changed=sorted(changed))
    if any(not key.startswith("log.") for key in changed):
        return True
    log.info("looking again at everything that is not done")
    engine.look_again()
    notify("READY=1")
    return False


def _report(engine: Engine, ledger: Ledger, live: LiveConfig, hanging: Sequence[str]) -> None:
    refused = [f"config refused, the old one is in use: {live.refusal}"] if live.refusal else []
    status = status_line(engine, ledger, live.config, [*hanging, *refused, *engine.look_for_hangs()])
    notify(f"STATUS={status}" if hanging else f"WATCHDOG=1\nSTATUS={status}")

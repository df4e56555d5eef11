"""The thread that tells people and programs outside: it notices what lasts, and delivers what the ledger holds."""

import threading
import time

import structlog

from spacecast.config import Config
from spacecast.ledger import Ledger, LedgerTrouble, LedgerUnusable
from spacecast.notices import Post
from spacecast.publish.services import Services
from spacecast.publish.telling import invite_of
from spacecast.service.troubles import Troubles

log = structlog.get_logger()

# How soon after it was written down a notice goes out; the question costs the ledger a fraction of a millisecond.
POLL_SECONDS = 1.0
# Troubles are told after minutes.
_TROUBLES_SECONDS = 5.0
_AFTER_ERROR_SECONDS = 60.0


class Announcer:
    """Works beside the lanes, so that a mail server or a receiver that hangs delays no dataset."""

    def __init__(self, config: Config, ledger: Ledger, services: Services, stop: threading.Event) -> None:
        self._stop = stop
        self._looked_at = float("-inf")
        self._troubles = Troubles(config, ledger, services.gates)
        self._post = Post(config, ledger, invite_of=lambda number: invite_of(services, ledger, number), stop=stop)
        # A daemon thread: a mail server that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name="announcer", daemon=True)

    def start(self) -> None:
        """Begin to tell; nothing is done where the config names nobody."""
        self._settle_channels()
        if self._post.has_channels:
            self._thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """Wait for what is being delivered, once the stop event is set, but not for long."""
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def once(self) -> None:
        """Tell what is to be told now, and return."""
        self._settle_channels()
        if self._post.has_channels:
            self._round()

    def _settle_channels(self) -> None:
        try:
            self._post.begin()
        except (LedgerTrouble, LedgerUnusable) as trouble:
            log.warning("ledger unusable", reason=str(trouble))

    def _work(self) -> None:
        pause = POLL_SECONDS
        while not self._stop.wait(pause):
            pause = self._round()

    def _round(self) -> float:
        """Tell what is to be told now, and return when to look again."""
        try:
            if time.monotonic() - self._looked_at >= _TROUBLES_SECONDS:
                self._troubles.look()
                self._looked_at = time.monotonic()
            self._post.round()
        except (LedgerTrouble, LedgerUnusable) as trouble:
            log.warning("ledger unusable", reason=str(trouble))
        except Exception:
            # An error of the program here must not take the datasets with it.
            log.exception("unexpected error")
            return _AFTER_ERROR_SECONDS
        return POLL_SECONDS

"""Takes up what commands have left in the ledger for the daemon: within a second, and without any channel to it."""

import threading
from collections.abc import Callable

import structlog

from spacecast.ledger import Ledger, LedgerTrouble, LedgerUnusable

log = structlog.get_logger()

LOOK_SECONDS = 1.0


class Orders:
    """Looks into the ledger every second and hands the datasets over that somebody wants to be looked at."""

    def __init__(self, ledger: Ledger, heed: Callable[[list[int]], None], stop: threading.Event) -> None:
        self._ledger = ledger
        self._heed = heed
        self._stop = stop
        self._thread = threading.Thread(target=self._watch, name="orders", daemon=True)
        self._is_troubled = False

    def start(self) -> None:
        """Begin to look; ends by itself once `stop` is set."""
        self._thread.start()

    def join(self, timeout_seconds: float) -> None:
        """Wait until looking has ended, after `stop` was set."""
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def look(self) -> None:
        """Take up what is there now; a ledger that cannot be used is told once, and looked into again later."""
        try:
            asked = self._ledger.take_attention()
            if asked:
                log.info("orders taken up", datasets=len(asked))
                self._heed(asked)
            self._is_troubled = False
        except (LedgerTrouble, LedgerUnusable) as trouble:
            if not self._is_troubled:
                log.warning("ledger unusable", reason=str(trouble))
            self._is_troubled = True

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception:
                # It must go on: nobody else hears what commands ask for.
                log.exception("unexpected error")

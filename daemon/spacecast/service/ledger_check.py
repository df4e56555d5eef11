"""Checks the whole ledger once the daemon serves: history is most of it, and no dataset waits for that."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog

from spacecast.ledger import Ledger, LedgerTrouble, LedgerUnusable

log = structlog.get_logger()

_STOP_SECONDS = 5.0
# A check takes a core for seconds. A start has enough to do without it: whoever drops a folder then waits for both.
_LOOKS_AT_REST = 4
_GLANCE_SECONDS = 0.25
_LATEST_SECONDS = 20.0


class LedgerCheck:
    """Begins with `start` and ends with the `with` block, or when all is checked.

    A ledger that shows to be damaged says so in `Ledger.check_in_place`, which whoever works with it asks again and
    again.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)

    def start(self, is_busy: Callable[[], bool] | None = None) -> None:
        """Begin, unless it was begun; returns at once.

        With `is_busy` the check comes when that has said no for a second, and after twenty whatever it says.
        """
        if self._thread is None:
            # A daemon thread: a disk that hangs must not keep the process from ending.
            self._thread = threading.Thread(target=self._check, args=(is_busy,), name="ledger check", daemon=True)
            self._thread.start()

    def _await_rest(self, is_busy: Callable[[], bool]) -> None:
        looks, deadline = 0, time.monotonic() + _LATEST_SECONDS
        while looks < _LOOKS_AT_REST and time.monotonic() < deadline and not self._stop.wait(_GLANCE_SECONDS):
            looks = 0 if is_busy() else looks + 1

    def _check(self, is_busy: Callable[[], bool] | None) -> None:
        if is_busy is not None:
            self._await_rest(is_busy)
        began = time.monotonic()
        try:
            self._ledger.check_whole(self._stop)
        except LedgerUnusable:
            # Told by whoever asks the ledger next whether it is in its place: the daemon ends by that.
            return
        except LedgerTrouble as trouble:
            log.warning("ledger unusable", reason=str(trouble))
        else:
            log.debug("ledger checked", seconds=round(time.monotonic() - began, 3))

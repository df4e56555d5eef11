"""The storage import of a provider: which space is scanned when, at most ten at a time."""

import heapq
import itertools
import logging
import math
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.entities import StorageImport, Support
from spacecast.sandbox.onedata.imported_files import SpaceFiles
from spacecast.sandbox.onedata.scanning import Scan, ScanOptions
from spacecast.sandbox.onedata.state import State

_log = logging.getLogger(__name__)

PARALLEL_SCANS = 10

DEFAULT_CONFIG = {
    "maxDepth": 65535,
    "syncAcl": False,
    "continuousScan": False,
    "scanInterval": 60,
    "detectModifications": True,
    "detectDeletions": True,
}


class Importer:
    """Starts the scans of one provider when they are due and keeps their state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._changed = threading.Condition(state.lock)
        self._due: list[tuple[float, int, Support]] = []
        self._numbers = itertools.count()
        self._scans: dict[tuple[str, str], Scan] = {}
        self._stopping = threading.Event()
        self._workers = ThreadPoolExecutor(PARALLEL_SCANS, thread_name_prefix="sandbox-scan")
        self._thread = threading.Thread(target=self._run, name="sandbox-import", daemon=True)

    def start(self) -> None:
        """Begin to watch what is due."""
        self._thread.start()

    def stop(self) -> None:
        """Stop scans and wait for them."""
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
        self._thread.join()
        self._workers.shutdown(wait=True, cancel_futures=True)

    def schedule(self, support: Support, delay_seconds: float) -> None:
        """Let a scan start after a delay."""
        storage_import = _import_of(support)
        storage_import.due = self._state.clock() + delay_seconds
        with self._changed:
            heapq.heappush(self._due, (storage_import.due, next(self._numbers), support))
            self._changed.notify_all()

    def force_start(self, support: Support) -> None:
        """Start a scan now; 409 when one is enqueued or running."""
        storage_import = _import_of(support)
        if storage_import.busy:
            raise errors.already_exists()
        self._enqueue(support)

    def force_stop(self, support: Support) -> None:
        """Stop the scan; 404 when there is none."""
        storage_import = _import_of(support)
        if storage_import.status not in ("enqueued", "running"):
            raise errors.not_found()
        storage_import.status = "aborting"

    def reconfigure(self, support: Support) -> None:
        """Let a changed scan interval matter for the next scan."""
        storage_import = _import_of(support)
        if storage_import.busy or storage_import.status is None:
            return
        self._plan_next(support)

    def info(self, support: Support) -> dict[str, Any]:
        """Give the state of the import as the panel shows it."""
        storage_import = _import_of(support)
        scan = self._scans.get((support.provider_id, support.space_id))
        if scan is not None:
            _take_counters(storage_import, scan)
        shown: dict[str, Any] = {"status": storage_import.status}
        if storage_import.start is not None:
            shown["start"] = storage_import.start
        if storage_import.stop is not None and not storage_import.busy:
            shown["stop"] = storage_import.stop
        shown |= {name: getattr(storage_import, attribute) for name, attribute in _SHOWN.items()}
        if storage_import.next_scan is not None and not storage_import.busy:
            shown["nextScan"] = storage_import.next_scan
        return shown

    def _run(self) -> None:
        with self._changed:
            while not self._stopping.is_set():
                now = self._state.clock()
                while self._due and self._due[0][0] <= now:
                    due, _, support = heapq.heappop(self._due)
                    if support.storage_import is not None and support.storage_import.due == due:
                        self._begin(support)
                self._changed.wait(self._due[0][0] - now if self._due else None)

    def _begin(self, support: Support) -> None:
        if support.until == math.inf and not _import_of(support).busy:
            self._enqueue(support)

    def _enqueue(self, support: Support) -> None:
        storage_import = _import_of(support)
        storage_import.status = "enqueued"
        storage_import.due = math.inf
        self._workers.submit(self._scan, support).add_done_callback(_tell_crash)

    def _scan(self, support: Support) -> None:
        storage_import = _import_of(support)
        key = (support.provider_id, support.space_id)
        with self._state.lock:
            if support.until < math.inf:
                storage_import.status = "aborted"
                return
            if storage_import.status == "enqueued":
                storage_import.status = "running"
            storage_import.start = self._state.now()
            scan = self._new_scan(support)
            self._scans[key] = scan
            folder = self._state.on_this_machine(self._state.storages[support.storage_id].mount_point)
        self._stopping.wait(self._state.delays.scan_seconds)
        scan.run(folder)
        with self._state.lock:
            self._finish(support, scan)
            self._scans.pop(key, None)

    def _new_scan(self, support: Support) -> Scan:
        storage_import = _import_of(support)
        config = storage_import.config
        options = ScanOptions(config["maxDepth"], config["detectModifications"], config["detectDeletions"])
        files = self._state.files.setdefault(support.space_id, SpaceFiles(support.space_id, self._state.now()))

        def stopped() -> bool:
            gone = self._stopping.is_set() or support.until < math.inf
            return gone or storage_import.status == "aborting"

        return Scan(files, options, lock=self._state.lock, now=self._state.now(), stopped=stopped)

    def _finish(self, support: Support, scan: Scan) -> None:
        storage_import = _import_of(support)
        _take_counters(storage_import, scan)
        storage_import.stop = self._state.now()
        storage_import.total_scans += 1
        if storage_import.status == "aborting":
            storage_import.status = "aborted"
        else:
            storage_import.status = "failed" if scan.counters.failed else "completed"
        self._plan_next(support)

    def _plan_next(self, support: Support) -> None:
        storage_import = _import_of(support)
        if not storage_import.config["continuousScan"] or support.until < math.inf:
            storage_import.due, storage_import.next_scan = math.inf, None
            return
        interval = storage_import.config["scanInterval"]
        storage_import.next_scan = (storage_import.stop or self._state.now()) + interval
        self.schedule(support, max(0.0, storage_import.next_scan - self._state.wall_clock()))


_SHOWN = {
    "createdFiles": "created",
    "modifiedFiles": "modified",
    "deletedFiles": "deleted",
    "unmodifiedFiles": "unmodified",
    "failedFiles": "failed",
    "totalScans": "total_scans",
}


def _tell_crash(scan: Future[None]) -> None:
    if not scan.cancelled() and scan.exception() is not None:
        _log.error("a scan of the sandbox crashed", exc_info=scan.exception())


def _import_of(support: Support) -> StorageImport:
    if support.storage_import is None:
        raise errors.not_found()
    return support.storage_import


def _take_counters(storage_import: StorageImport, scan: Scan) -> None:
    counters = scan.counters
    storage_import.created = counters.created
    storage_import.modified = counters.modified
    storage_import.deleted = counters.deleted
    storage_import.unmodified = counters.unmodified
    storage_import.failed = counters.failed

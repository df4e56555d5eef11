"""Gives changed access tags to what is in the catalog already: all entries of all datasets, on disk or not.

One request at a time, beside the lanes: who may see what must not wait for folders that are gone, or for years of
datasets to change.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import structlog

from spacecast.catalog import CatalogFault, Unauthorized, Unavailable, give_access_tags
from spacecast.config import Config
from spacecast.faults import Fault
from spacecast.ledger import Dataset, Ledger, Selection, UnknownDataset
from spacecast.publish.services import Services
from spacecast.transport import Stopped, back_off_seconds

log = structlog.get_logger()

RECORD = "access-tags.json"
"""What was reached, in the state folder; if it is lost, all entries get their tags once more."""

_PAGE_DATASETS = 100
# Where so many cannot be given their tags, the fault is not theirs.
_MOST_LEFT = 100
_FIRST_PAUSE_SECONDS = 5.0
_GLANCE_SECONDS = 0.2
# Not of one dataset, but of the server, or of our key.
_OF_ALL = (Unavailable, Unauthorized)


@dataclass(frozen=True)
class _Reached:
    """Which tags are given, in which catalog, and how far that has come: from the newest dataset to the oldest."""

    server: str
    path: list[str]
    tags: list[str]
    before: int | None = None
    left: list[int] = field(default_factory=list)
    """Datasets that were passed over, because the server failed at them."""

    def is_for(self, other: "_Reached") -> bool:
        """Whether the same tags are given in the same catalog."""
        return (self.server, self.path, self.tags) == (other.server, other.path, other.tags)

    @property
    def is_done(self) -> bool:
        """Whether all have them."""
        return self.before == 0 and not self.left


class Tagging:
    """Works from `start` on until every entry has the tags of the config, and then ends."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        services: Services,
        stop: threading.Event,
        *,
        pause_seconds: Callable[[int, Fault], float] = lambda attempt, fault: back_off_seconds(
            attempt, fault, first_seconds=_FIRST_PAUSE_SECONDS
        ),
    ) -> None:
        self._ledger, self._services, self._stop = ledger, services, stop
        self._pause_seconds = pause_seconds
        self._tiled = config.tiled
        self._record = Path(config.state_folder) / RECORD
        self._entries = 0
        # A daemon thread: a request that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name="access tags", daemon=True)

    def start(self) -> None:
        """Begin, where anything is to be done; returns at once."""
        if self._tiled is None:
            return
        self._reached = self._recorded()
        if not self._reached.tags:
            # Without any, entries keep those that they have: only an administrator may take all of them away.
            self._keep(replace(self._reached, before=0))
        elif not self._reached.is_done:
            self._thread.start()

    def stop(self, timeout_seconds: float) -> bool:
        """Wait for the request in hand, once the stop event is set, and say whether it has ended."""
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def await_end(self, deadline: float) -> bool:
        """Wait until all have their tags, and say whether that was reached in time."""
        while self._thread.is_alive() and not self._stop.is_set() and time.monotonic() < deadline:
            self._thread.join(_GLANCE_SECONDS)
        return not self._thread.is_alive()

    def _work(self) -> None:
        log.info("access tags being given", tags=self._reached.tags)
        attempt = 0
        while not self._stop.is_set() and not self._reached.is_done:
            try:
                self._go_on()
            except Stopped:
                return
            except Fault as fault:
                attempt += 1
                reason = self._services.without_secrets(str(fault))
                log.warning("access tags not everywhere yet", reason=reason, left=len(self._reached.left))
                self._stop.wait(self._pause_seconds(attempt, fault))
            except Exception as error:
                # An error of the program here must not end it: somebody may see what is not for them.
                log.exception("unexpected error")
                attempt += 1
                self._stop.wait(self._pause_seconds(attempt, Fault(str(error))))
        if self._reached.is_done:
            log.info("access tags given", tags=self._reached.tags, entries=self._entries)

    def _go_on(self) -> None:
        """Give those their tags that were passed over, and then all others. Raises the fault of one that is left."""
        fault: Fault | None = None
        for dataset_id in list(self._reached.left):
            fault = self._retry(dataset_id) or fault
        while self._reached.before != 0 and len(self._reached.left) < _MOST_LEFT:
            page = self._ledger.page(Selection(), before=self._reached.before, most=_PAGE_DATASETS)
            for dataset in page:
                fault = self._take(dataset) or fault
            self._keep(self._reached if page else replace(self._reached, before=0))
        if fault is not None:
            raise fault

    def _retry(self, dataset_id: int) -> Fault | None:
        try:
            fault = self._give(self._ledger.dataset(dataset_id))
        except UnknownDataset:
            fault = None
        if fault is None:
            self._keep(replace(self._reached, left=[one for one in self._reached.left if one != dataset_id]))
        return fault

    def _take(self, dataset: Dataset) -> Fault | None:
        fault = self._give(dataset)
        left = [*self._reached.left, *([dataset.id] if fault is not None else [])]
        self._reached = replace(self._reached, before=dataset.id, left=left)
        return fault

    def _give(self, dataset: Dataset) -> Fault | None:
        """Give one dataset its tags; return what of its own is in the way, and raise what is in the way of all."""
        catalog, tiled = self._services.catalog, self._tiled
        if catalog is None or tiled is None:
            return None
        try:
            self._entries += give_access_tags(catalog, tiled.path, dataset.key, tiled.access_tags, stop=self._stop)
        except _OF_ALL:
            raise
        except CatalogFault as fault:
            return fault
        return None

    def _recorded(self) -> _Reached:
        """Return how far the tags of the config have come."""
        tiled = self._tiled
        wanted = _Reached("", [], []) if tiled is None else _Reached(tiled.url, [*tiled.path], [*tiled.access_tags])
        try:
            found = _Reached(**json.loads(self._record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return wanted
        return found if found.is_for(wanted) else wanted

    def _keep(self, reached: _Reached) -> None:
        self._reached = reached
        text = json.dumps(asdict(reached))
        partial = self._record.with_suffix(".partial")
        try:
            if not self._record.exists() or self._record.read_text(encoding="utf-8") != text:
                partial.touch(mode=0o600)
                partial.write_text(text, encoding="utf-8")
                partial.replace(self._record)
        except OSError as error:
            log.warning("access tags are given again at the next start", reason=f"{self._record}: {error.strerror}")

"""What the status page shows, as JSON of bounded size: an overview, a page of datasets, one of them in full."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from spacecast import __version__
from spacecast.config import Config
from spacecast.ledger import Condition, Dataset, Event, Ledger, RemoteObject, Selection, Stage, State
from spacecast.publish.admission import CATALOG, FOLDER_STAGE, IMPORT, LINK
from spacecast.publish.files_pass import CATALOG_ENTRY
from spacecast.publish.link_share import SHARE
from spacecast.publish.services import Services
from spacecast.service.engine import Engine
from spacecast.service.log import printable
from spacecast.service.monitoring.health import Examiner
from spacecast.service.monitoring.standing import LedgerCounts

MOST_DATASETS = 100
_DATASETS = 50
_EVENTS = 40
_MOST_REASONS = 5
_MOST_PROBLEMS = 20
_LONGEST_TEXT = 2000
# The order in which a dataset goes through them.
_STAGES = (FOLDER_STAGE, LINK, IMPORT, CATALOG)
_SERVICE_NAMES = {"zone": "Onezone", "provider": "Oneprovider", "panel": "Onepanel", "catalog": "Tiled"}


class Documents:
    """Makes the documents; safe to use from any thread. No secret is known to what they are made of."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        services: Services,
        engine: Engine,
        examiner: Examiner,
        counts: LedgerCounts,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._services = services
        self._engine = engine
        self._examiner = examiner
        self._counts = counts
        self._clock = clock

    def health(self) -> dict[str, Any]:
        """Return what `/healthz` says."""
        health = self._examiner.health()
        return {
            "healthy": health.is_healthy,
            "reasons": [self._clean(reason) for reason in health.reasons],
            "ledger_writable": health.is_ledger_writable,
            "looked_seconds_ago": round(health.age_seconds, 1),
            "lanes": {
                lane.name: {"workers": lane.workers, "progress": lane.progress} for lane in self._engine.work.lanes
            },
            "scans": self._scans(),
        }

    def _scans(self) -> dict[str, Any]:
        figures = self._engine.discovery.figures()
        ages = [self._engine.discovery.seconds_since(found) for found in figures.values()]
        return {"folders": len(figures), "oldest_seconds": round(max(ages), 1) if ages else None}

    def overview(self) -> dict[str, Any]:
        """Return how everything is as a whole; raises LedgerTrouble or LedgerUnusable."""
        counts, sums = self._counts.counts(), self._counts.sums()
        problems = self._engine.discovery.problems()
        return {
            "facility": self._clean(self._config.facility),
            "version": __version__,
            "now": _moment(self._clock()),
            "health": self.health(),
            "datasets": {state.value: number for state, number in counts.states.items()},
            "live": counts.live,
            "paused_since": _moment(self._ledger.all_paused_since()),
            "files": sums.files,
            "bytes": sums.size_bytes,
            "services": [self._service(name) for name in self._services.gates],
            "lanes": [{"name": lane.name, **vars(lane.agenda.lengths())} for lane in self._engine.work.lanes],
            "problems": [self._clean(problem.message) for problem in problems[:_MOST_PROBLEMS]],
            "common_reasons": [
                {"reason": self._clean(reason), "datasets": number}
                for reason, number in self._ledger.common_reasons(_MOST_REASONS)
            ],
        }

    def _service(self, name: str) -> dict[str, Any]:
        closure = self._services.gates[name].closure
        return {
            "name": _SERVICE_NAMES.get(name, name),
            "available": closure is None,
            "since": _moment(closure.since) if closure is not None else None,
            "reason": self._clean(closure.sentence) if closure is not None else "",
        }

    def datasets(self, selection: Selection, *, before: int | None, most: int | None) -> dict[str, Any]:
        """Return a page of datasets, those found last first; raises LedgerTrouble or LedgerUnusable.

        `next` is the `before` of the page that follows, None at the end.
        """
        most = max(1, min(most or _DATASETS, MOST_DATASETS))
        found = self._ledger.page(selection, before=before, most=most + 1)
        shown = found[:most]
        numbers = [dataset.id for dataset in shown]
        stages, objects = self._ledger.stages_of(numbers), self._ledger.objects_of(numbers, (SHARE, CATALOG_ENTRY))
        return {
            "datasets": [self._dataset(one, stages[one.id], objects[one.id]) for one in shown],
            "next": shown[-1].id if len(found) > most else None,
            "total": self._ledger.count(selection),
        }

    def dataset(self, dataset_id: int) -> dict[str, Any]:
        """Return one dataset with its history; raises KeyError, LedgerTrouble or LedgerUnusable."""
        dataset = self._ledger.dataset(dataset_id)
        stages = self._ledger.stages_of([dataset_id])[dataset_id]
        objects = self._ledger.objects_of([dataset_id], (SHARE, CATALOG_ENTRY))[dataset_id]
        events = self._ledger.events(dataset_id, _EVENTS)
        return {
            **self._dataset(dataset, stages, objects),
            "key": self._clean(dataset.key),
            "metadata_file": self._clean(dataset.metadata_name or ""),
            "found": _moment(dataset.created_at),
            "events": [self._event(event) for event in reversed(events)],
        }

    def _dataset(self, dataset: Dataset, stages: list[Stage], objects: Mapping[str, RemoteObject]) -> dict[str, Any]:
        share, entry = objects.get(SHARE), objects.get(CATALOG_ENTRY)
        return {
            "id": dataset.id,
            "name": self._clean(dataset.name),
            "folder": self._clean(str(dataset.root)),
            "state": dataset.state.value,
            "live": dataset.live,
            "since": _moment(dataset.changed_at),
            "paused": dataset.paused,
            "reason": self._clean("; ".join(filter(None, ("paused" if dataset.paused else "", dataset.reason)))),
            "link": _web_address(share.details.get("public_url")) if share is not None else None,
            "reference": self._clean(entry.remote_id or "") if entry is not None else None,
            "files": entry.details.get("files") if entry is not None else None,
            "bytes": entry.details.get("bytes") if entry is not None else None,
            "stages": [self._stage(dataset, stage) for stage in sorted(stages, key=_place)],
        }

    def _stage(self, dataset: Dataset, stage: Stage) -> dict[str, Any]:
        progress = self._services.progress.of(dataset.id, stage.name)
        return {
            "name": stage.name,
            "condition": stage.condition.value,
            "needs_person": stage.needs_person and stage.condition is Condition.FAILED,
            "attempts": stage.attempts,
            "since": _moment(stage.since),
            "next_try": _moment(stage.next_try_at),
            "reason": self._clean(stage.reason),
            "progress": vars(progress) if progress is not None else None,
        }

    def _event(self, event: Event) -> dict[str, Any]:
        return {
            "at": _moment(event.at),
            "stage": self._clean(event.stage),
            "step": self._clean(event.step),
            "outcome": self._clean(event.outcome),
            "seconds": event.seconds,
            "message": self._clean(event.message),
        }

    def _clean(self, text: str) -> str:
        return printable(self._services.without_secrets(text[:_LONGEST_TEXT]))


def _place(stage: Stage) -> int:
    return _STAGES.index(stage.name) if stage.name in _STAGES else len(_STAGES)


def selection_from(query: Mapping[str, str]) -> Selection:
    """Return which datasets a request means; raises ValueError for a state that there is none of."""
    state = query.get("state", "")
    if state == "live":
        return Selection(words=query.get("search", ""), is_live=True)
    return Selection(State(state) if state else None, query.get("search", ""))


def _web_address(value: object) -> str | None:
    """Return an address that a browser may be sent to; a service could answer with anything."""
    if not isinstance(value, str) or not value.isprintable():
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.hostname else None


def _moment(seconds: float | None) -> str | None:
    return None if not seconds else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

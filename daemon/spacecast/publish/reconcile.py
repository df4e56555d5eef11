"""Brings one stage of one dataset a step further, from whatever is true now; may be called any number of times."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from spacecast import metadata
from spacecast.config import Config
from spacecast.faults import Fault, NeedsPerson
from spacecast.ledger import Condition, Dataset, Event, Ledger, Stage, State
from spacecast.publish.admission import CATALOG, FOLDER_STAGE, IMPORT, LINK, Admission, stage_names
from spacecast.publish.cataloging import catalog_files
from spacecast.publish.importing import import_files
from spacecast.publish.link import publish_link
from spacecast.publish.publication import NotYet, Publication
from spacecast.publish.services import Services
from spacecast.transport import Stopped, back_off_seconds

log = structlog.get_logger()

# How often the files of a live dataset are looked through for new ones.
LIVE_CATALOG_SECONDS = 10.0

StageWork = Callable[[Publication], None]
STAGES: Mapping[str, StageWork] = {LINK: publish_link, IMPORT: import_files, CATALOG: catalog_files}


class Reconciler:
    """Runs stages and writes down how they ended; safe to call from any thread for different stages."""

    def __init__(
        self,
        config: Config,
        services: Services,
        ledger: Ledger,
        stop: threading.Event,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._services = services
        self._ledger = ledger
        self._stop = stop
        self._clock = clock
        self._admission = Admission(ledger, config)

    def reconcile(self, dataset_id: int, stage_name: str) -> float | None:
        """Work on a stage and return after how many seconds it should be looked at again, None for never.

        Every fault is written down with the stage and shown in the dataset's state; none is raised.
        """
        dataset = self._ledger.dataset(dataset_id)
        stages = self._ledger.stages(dataset_id)
        before = stages.get(stage_name) or Stage(stage_name, Condition.PENDING)
        if not self._is_wanted(dataset, stages, before):
            return None
        started = self._clock()
        after, again_seconds, outcome = self._judge(dataset, before)
        if outcome is not None:
            self._ledger.set_stages(dataset_id, [after])
            self._say(dataset, after, outcome, self._clock() - started, again_seconds)
            self._admission.show_state(dataset_id)
        return again_seconds

    def _is_wanted(self, dataset: Dataset, stages: Mapping[str, Stage], stage: Stage) -> bool:
        if dataset.state in (State.WITHDRAWN, State.MISSING):
            return False
        if stage.condition is Condition.DONE and not _goes_on(dataset, stage):
            return False
        folder = stages.get(FOLDER_STAGE)
        if folder is not None and folder.condition is Condition.FAILED:
            return False
        link = stages.get(LINK)
        is_linked = link is not None and link.condition is Condition.DONE
        return stage.name in stage_names(self._config) and (stage.name != IMPORT or is_linked)

    def _judge(self, dataset: Dataset, before: Stage) -> tuple[Stage, float | None, str | None]:
        """Return the stage as it stands afterwards, when to look again, and the outcome; None for nothing to say."""
        publication = Publication(dataset, self._config, self._services, self._ledger, self._stop)
        try:
            STAGES[before.name](publication)
        except Stopped:
            return before, None, None
        except metadata.NotYet as waiting:
            return replace(before, condition=Condition.PENDING, reason=str(waiting)), None, "waiting"
        except NotYet as waiting:
            return before, waiting.retry_after_seconds, None
        except NeedsPerson as fault:
            return self._failed(before, fault, None, needs_person=True), None, "blocked"
        except Fault as fault:
            again = back_off_seconds(before.attempts + 1, fault)
            return self._failed(before, fault, again, needs_person=False), again, "retrying"
        except Exception as error:
            # A fault of the program must not take the other datasets with it; it is told with all there is to know.
            log.exception("unexpected error", dataset=dataset.name, stage=before.name)
            again = back_off_seconds(before.attempts + 1)
            fault = Fault(f"Unexpected error, please report it with the log: {type(error).__name__}")
            return self._failed(before, fault, again, needs_person=False), again, "retrying"
        done = Stage(before.name, Condition.DONE, publication.note, since=self._clock())
        again = LIVE_CATALOG_SECONDS if _goes_on(dataset, done) else None
        return done, again, None if before.condition is Condition.DONE else "done"

    def _failed(self, before: Stage, fault: Exception, again: float | None, *, needs_person: bool) -> Stage:
        since = before.since if before.condition is Condition.FAILED else self._clock()
        return replace(
            before,
            condition=Condition.FAILED,
            reason=str(fault),
            needs_person=needs_person,
            attempts=before.attempts + 1,
            since=since,
            next_try_at=None if again is None else self._clock() + again,
        )

    def _say(self, dataset: Dataset, stage: Stage, outcome: str, seconds: float, again: float | None) -> None:
        facts = {"dataset": dataset.name, "stage": stage.name, "seconds": round(seconds, 3)}
        event = Event(self._clock(), stage.name, "", outcome, stage.reason, round(seconds, 3))
        self._ledger.record(dataset.id, event)
        if outcome == "done":
            log.info("stage done", **facts, **({"note": stage.reason} if stage.reason else {}))
        elif outcome == "waiting":
            log.info("stage waiting", **facts, reason=stage.reason)
        elif outcome == "blocked":
            log.error("stage blocked", **facts, reason=stage.reason)
        else:
            log.warning("stage failed for now", **facts, reason=stage.reason, next_try_seconds=round(again or 0.0, 1))


def _goes_on(dataset: Dataset, stage: Stage) -> bool:
    """Say whether a stage that is done is looked at again: files of a live dataset come all the time."""
    return stage.name == CATALOG and dataset.live

"""Brings one stage of one dataset a step further, from whatever is true now; may be called any number of times."""

import threading
import time
from collections.abc import Callable, Mapping

import structlog

from spacecast import metadata
from spacecast.config import Config
from spacecast.faults import Fault
from spacecast.ledger import WITHDRAW, Condition, Dataset, Event, Ledger, Stage, State, UnknownDataset
from spacecast.publish.admission import CATALOG, FOLDER_STAGE, IMPORT, LINK, stage_names
from spacecast.publish.cataloging import catalog_files
from spacecast.publish.claim import OTHER_INSTANCE
from spacecast.publish.identity import Moved
from spacecast.publish.importing import import_files
from spacecast.publish.link import publish_link
from spacecast.publish.observing import Nobody, Observer, PassEnded
from spacecast.publish.publication import NotYet, Publication
from spacecast.publish.services import Services
from spacecast.publish.turns import OutOfTurn, Shared, Turn
from spacecast.publish.verdicts import Again, Verdict, Verdicts
from spacecast.publish.withdrawal import withdraw
from spacecast.transport import Stopped

log = structlog.get_logger()

# How often the files of a live dataset are looked through for new ones.
LIVE_CATALOG_SECONDS = 10.0

StageWork = Callable[[Publication], None]
STAGES: Mapping[str, StageWork] = {
    LINK: publish_link,
    IMPORT: import_files,
    CATALOG: catalog_files,
    WITHDRAW: withdraw,
}


class Reconciler:
    """Runs stages and writes down how they ended; safe to call from any thread for different stages.

    With `follow_live` the files of a live dataset are looked through again and again. `on_moved` is called with the
    number of a published dataset and the record under which its folder was found anew. `shared_by` gives for a stage
    what it shares with others.
    """

    def __init__(
        self,
        config: Config,
        services: Services,
        ledger: Ledger,
        stop: threading.Event,
        *,
        follow_live: bool = True,
        on_moved: Callable[[int, Dataset], None],
        shared_by: Callable[[str], Shared] = lambda _stage: Shared(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._services = services
        self._ledger = ledger
        self._stop = stop
        self._clock = clock
        self._follow_live = follow_live
        self._on_moved = on_moved
        self._shared_by = shared_by
        self._verdicts = Verdicts(services.without_secrets, config.onedata.waits.visibility, clock)
        self.observer: Observer = Nobody()

    def reconcile(self, dataset_id: int, stage_name: str) -> Again:
        """Work on a stage and return when it should be looked at again: after seconds, after an outage, or never.

        Every fault is written down with the stage and shown in the dataset's state; none is raised.
        """
        try:
            dataset = self._ledger.dataset(dataset_id)
        except UnknownDataset:
            # It was forgotten, or went on as another one, whose folder it had.
            return None
        stages = self._ledger.stages(dataset_id)
        before = stages.get(stage_name) or Stage(stage_name, Condition.PENDING)
        if not self._is_wanted(dataset, stages, before):
            self._services.progress.clear(dataset_id, stage_name)
            return None
        if stage_name == CATALOG and OTHER_INSTANCE in self._ledger.objects(dataset_id):
            return None
        started = self._clock()
        verdict = self._judge(dataset, before)
        if not verdict.is_under_way:
            self._services.progress.clear(dataset_id, stage_name)
        if not verdict.outcome:
            return verdict.again
        reopen = _overtaken(verdict.stage)
        if not self._ledger.end_stage(dataset_id, verdict.stage, reopen=reopen, notice=verdict.notice):
            # Something changed while it was worked on: what was found does not count.
            return 0.0
        self._say(dataset, verdict, self._clock() - started)
        return verdict.again

    def _is_wanted(self, dataset: Dataset, stages: Mapping[str, Stage], stage: Stage) -> bool:
        if stage.name == WITHDRAW:
            return dataset.state is State.WITHDRAWN and stage.condition is not Condition.DONE
        if dataset.state in (State.WITHDRAWN, State.MISSING) or self._ledger.is_paused(dataset.id):
            return False
        if stage.condition is Condition.DONE and not _goes_on(dataset, stage):
            return False
        folder = stages.get(FOLDER_STAGE)
        if folder is not None and folder.condition is Condition.FAILED:
            return False
        link = stages.get(LINK)
        is_linked = link is not None and link.condition is Condition.DONE
        return stage.name in stage_names(self._config) and (stage.name != IMPORT or is_linked)

    def _judge(self, dataset: Dataset, before: Stage) -> Verdict:
        shared = self._shared_by(before.name)
        publication = Publication(
            dataset,
            self._config,
            self._services,
            self._ledger,
            self._stop,
            disks=shared.disks,
            opened=before.opened,
            turn=Turn(shared.is_awaited),
        )
        try:
            self._work(before.name, publication)
        except (Stopped, UnknownDataset):
            return Verdict(before, "", None)
        except metadata.NotYet as waiting:
            return self._verdicts.waits(before, str(waiting))
        except (NotYet, OutOfTurn) as waiting:
            return Verdict(before, "", waiting.retry_after_seconds)
        except Fault as fault:
            return self._verdicts.failed(before, fault, publication.look_again_seconds)
        except Exception as error:
            # A fault of the program must not take the other datasets with it; it is told with all there is to know.
            log.exception("unexpected error", dataset=dataset.name, root=str(dataset.root), stage=before.name)
            reason = f"Unexpected error, please report it with the log: {type(error).__name__}"
            return self._verdicts.failed(before, Fault(reason))
        return self._verdicts.done(publication, before, self._next_live_pass_seconds(dataset, before))

    def _work(self, stage: str, publication: Publication) -> None:
        try:
            STAGES[stage](publication)
        except Moved as end:
            self._on_moved(end.dataset_id, publication.dataset)
            raise Stopped(str(end)) from end

    def _next_live_pass_seconds(self, dataset: Dataset, stage: Stage) -> float | None:
        live = self._services.live
        if self._follow_live and _goes_on(dataset, stage):
            return live.next_pass_seconds(dataset.root, dataset.name, least_seconds=LIVE_CATALOG_SECONDS)
        if stage.name == CATALOG:
            live.forget(dataset.root, dataset.name)
        return None

    def _say(self, dataset: Dataset, verdict: Verdict, seconds: float) -> None:
        stage, outcome = verdict.stage, verdict.outcome
        event = Event(self._clock(), stage.name, verdict.step, outcome, stage.reason, round(seconds, 3))
        self._ledger.record(dataset.id, event)
        first = self._clock() - dataset.created_at if verdict.is_first_link else None
        self.observer.pass_ended(PassEnded(stage.name, outcome, seconds, first))
        say = log.bind(
            dataset=dataset.name,
            root=str(dataset.root),
            stage=stage.name,
            step=verdict.step,
            outcome=outcome,
            seconds=round(seconds, 3),
            next_try=stage.next_try_at,
            reason=stage.reason,
        )
        if verdict.is_told:
            say.debug("stage waits for a service")
        elif outcome == "blocked":
            say.error("stage blocked")
        elif outcome == "retrying":
            say.warning("stage retrying")
        elif outcome == "waiting":
            say.info("stage waiting")
        else:
            say.info("stage done")


def _goes_on(dataset: Dataset, stage: Stage) -> bool:
    """Say whether a stage that is done is looked at again: files of a live dataset come all the time."""
    return stage.name == CATALOG and dataset.live


def _overtaken(stage: Stage) -> tuple[str, ...]:
    """Return what must be gone through again after this stage: an entry made without the link lacks its address."""
    return (CATALOG,) if stage.name == LINK and stage.condition is Condition.DONE else ()

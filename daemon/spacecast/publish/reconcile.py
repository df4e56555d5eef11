"""Brings one stage of one dataset a step further, from whatever is true now; may be called any number of times."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from spacecast import metadata
from spacecast.config import Config
from spacecast.faults import Fault, NeedsPerson
from spacecast.folders import DiskHangs, Silence
from spacecast.ledger import WITHDRAW, Condition, Dataset, Event, Ledger, NewNotice, Stage, State, UnknownDataset
from spacecast.publish.admission import CATALOG, FOLDER_STAGE, IMPORT, LINK, stage_names
from spacecast.publish.adoption import BLOCK
from spacecast.publish.cataloging import catalog_files
from spacecast.publish.claim import OTHER_INSTANCE
from spacecast.publish.identity import Moved
from spacecast.publish.importing import import_files
from spacecast.publish.lasting import lasts_too_long, told_as_lasting
from spacecast.publish.link import publish_link
from spacecast.publish.observing import Nobody, Observer, PassEnded
from spacecast.publish.publication import NotYet, Publication
from spacecast.publish.services import Services
from spacecast.publish.telling import ready_notice
from spacecast.publish.turns import Lane, OutOfTurn, Turn
from spacecast.publish.withdrawal import withdraw
from spacecast.transport import Closure, ServiceClosed, ServiceDown, Stopped, back_off_seconds

log = structlog.get_logger()

# How often the files of a live dataset are looked through for new ones.
LIVE_CATALOG_SECONDS = 10.0
# How often a blocked stage is looked at again, although nothing is known to have changed.
BLOCKED_SECONDS = 600.0

Again = float | Closure | Silence | None
StageWork = Callable[[Publication], None]
STAGES: Mapping[str, StageWork] = {
    LINK: publish_link,
    IMPORT: import_files,
    CATALOG: catalog_files,
    WITHDRAW: withdraw,
}


@dataclass(frozen=True)
class _Verdict:
    """How a pass over a stage ended: the stage afterwards, what to say (empty: nothing), when to look again."""

    stage: Stage
    outcome: str
    again: Again
    """After so many seconds, when a gate opens or a file system answers, or never."""
    is_told: bool = False
    """Whether the log has it already, once for everybody who waits at a gate."""
    step: str = ""
    """The step in which it failed, where it was one."""
    is_first_link: bool = False
    notice: NewNotice | None = None
    """What is to be told to people and programs outside, at the same instant."""


class Reconciler:
    """Runs stages and writes down how they ended; safe to call from any thread for different stages.

    With `follow_live` the files of a live dataset are looked through again and again. `on_moved` is called with the
    number of a published dataset and the record under which its folder was found anew. `lane_of` gives for a stage
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
        lane_of: Callable[[str], Lane] = lambda _stage: Lane(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._services = services
        self._ledger = ledger
        self._stop = stop
        self._clock = clock
        self._follow_live = follow_live
        self._on_moved = on_moved
        self._lane_of = lane_of
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
        if not _is_under_way(verdict):
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

    def _judge(self, dataset: Dataset, before: Stage) -> _Verdict:
        lane = self._lane_of(before.name)
        publication = Publication(
            dataset,
            self._config,
            self._services,
            self._ledger,
            self._stop,
            disks=lane.disks,
            opened=before.opened,
            turn=Turn(lane.is_awaited),
        )
        try:
            self._work(before.name, publication)
        except (Stopped, UnknownDataset):
            return _Verdict(before, "", None)
        except metadata.NotYet as waiting:
            return _Verdict(
                replace(before, condition=Condition.PENDING, reason=self._services.without_secrets(str(waiting))),
                "waiting",
                None,
            )
        except (NotYet, OutOfTurn) as waiting:
            return _Verdict(before, "", waiting.retry_after_seconds)
        except Fault as fault:
            return self._failed(before, fault, publication.look_again_seconds)
        except Exception as error:
            # A fault of the program must not take the other datasets with it; it is told with all there is to know.
            log.exception("unexpected error", dataset=dataset.name, root=str(dataset.root), stage=before.name)
            reason = f"Unexpected error, please report it with the log: {type(error).__name__}"
            return self._failed(before, Fault(reason))
        return self._ended_well(publication, before)

    def _work(self, stage: str, publication: Publication) -> None:
        try:
            STAGES[stage](publication)
        except Moved as end:
            self._on_moved(end.dataset_id, publication.dataset)
            raise Stopped(str(end)) from end

    def _ended_well(self, publication: Publication, before: Stage) -> _Verdict:
        dataset = publication.dataset
        note = self._services.without_secrets(publication.note)
        done = Stage(before.name, Condition.DONE, note, since=self._clock(), opened=before.opened)
        again = LIVE_CATALOG_SECONDS if self._follow_live and _goes_on(dataset, done) else None
        is_first_link = before.name == LINK and BLOCK not in publication.tried
        notice = ready_notice(publication) if before.name == LINK else None
        outcome = "" if before.condition is Condition.DONE else "done"
        return _Verdict(done, outcome, again, is_first_link=is_first_link, notice=notice)

    def _failed(self, before: Stage, fault: Fault, look_again_seconds: float | None = None) -> _Verdict:
        if isinstance(fault, (ServiceDown, ServiceClosed)):
            return self._shut_out(before, fault.closure)
        if isinstance(fault, DiskHangs):
            return self._held_up(before, fault)
        now, limit_seconds = self._clock(), self._config.onedata.waits.visibility
        is_lasting = lasts_too_long(fault, before, now=now, limit_seconds=limit_seconds)
        needs_person = is_lasting or isinstance(fault, NeedsPerson)
        # What a person has to mend may be mended without a trace on this host: a privilege, a certificate.
        blocked_seconds = min(BLOCKED_SECONDS, look_again_seconds or BLOCKED_SECONDS)
        pause = blocked_seconds if needs_person else back_off_seconds(before.attempts + 1, fault)
        told = told_as_lasting(fault, limit_seconds) if is_lasting else str(fault)
        reason = self._services.without_secrets(told)
        if look_again_seconds is not None and (before.needs_person, before.reason) == (needs_person, reason):
            # It was told, and stays as it is while something else is still under way.
            return _Verdict(before, "", pause)
        after = replace(
            before,
            condition=Condition.FAILED,
            reason=reason,
            needs_person=needs_person,
            attempts=before.attempts + 1,
            since=before.since if before.condition is Condition.FAILED else now,
            next_try_at=now + pause,
        )
        return _Verdict(after, "blocked" if needs_person else "retrying", pause, step=fault.step)

    def _shut_out(self, before: Stage, closure: Closure) -> _Verdict:
        """Wait at the gate of a service; no attempt was made, so none is counted."""
        is_new = before.condition is not Condition.FAILED
        after = replace(
            before,
            condition=Condition.FAILED,
            reason=self._services.without_secrets(closure.sentence),
            needs_person=closure.needs_person,
            since=self._clock() if is_new else before.since,
            next_try_at=None,
        )
        if after == before:
            return _Verdict(before, "", closure)
        return _Verdict(after, "blocked" if closure.needs_person else "waiting", closure, is_told=True)

    def _held_up(self, before: Stage, hang: DiskHangs) -> _Verdict:
        """Wait for a file system; nothing was attempted. The log has it once for all that is on it."""
        is_new = before.condition is not Condition.FAILED
        after = replace(
            before,
            condition=Condition.FAILED,
            reason=str(hang),
            needs_person=False,
            since=self._clock() if is_new else before.since,
            next_try_at=None,
        )
        if after == before:
            return _Verdict(before, "", hang.silence)
        return _Verdict(after, "waiting", hang.silence, is_told=True)

    def _say(self, dataset: Dataset, verdict: _Verdict, seconds: float) -> None:
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


def _is_under_way(verdict: _Verdict) -> bool:
    """Say whether the pass is one of several that look how far something has got."""
    return not verdict.outcome and verdict.stage.condition is not Condition.DONE and verdict.again is not None


def _goes_on(dataset: Dataset, stage: Stage) -> bool:
    """Say whether a stage that is done is looked at again: files of a live dataset come all the time."""
    return stage.name == CATALOG and dataset.live


def _overtaken(stage: Stage) -> tuple[str, ...]:
    """Return what must be gone through again after this stage: an entry made without the link lacks its address."""
    return (CATALOG,) if stage.name == LINK and stage.condition is Condition.DONE else ()

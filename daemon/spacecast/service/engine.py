"""The engine: what the discovery reports becomes tasks, the lanes work on them, the ledger remembers."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import structlog

from spacecast.config import Config, Watch
from spacecast.folders import Discovery, Disks, Pace, Problem, Reactions, Sighting, Wanted, WatchedFolder
from spacecast.ledger import WITHDRAW, Condition, Dataset, Ledger, LedgerTrouble, LedgerUnusable
from spacecast.publish import turns
from spacecast.publish.admission import CATALOG, FOLDER_STAGE, IMPORT, LINK, Admission, shown_name, stage_names
from spacecast.publish.known import expect_known
from spacecast.publish.observing import Observer
from spacecast.publish.reconcile import Reconciler
from spacecast.publish.services import Services
from spacecast.service.agenda import Again, Task
from spacecast.service.announcing import Announcer
from spacecast.service.lanes import Lane
from spacecast.service.live import LivePace
from spacecast.service.orders import Orders
from spacecast.service.outages import follow, passes
from spacecast.service.renewals import Renewals
from spacecast.service.tagging import Tagging
from spacecast.transport import Closure

log = structlog.get_logger()

T = TypeVar("T")

# How often a ledger that cannot be written is tried again.
LEDGER_SECONDS = 5.0

# One pass waits for what is tried again within this time, not for what is blocked.
_SOON_SECONDS = 300.0
_GLANCE_SECONDS = 0.2
_SHORTLY_SECONDS = 0.3

# A metadata file that was last changed so long ago is not one that somebody has just dropped.
_OLD_SECONDS = 900.0


class Engine:
    """Finds datasets and brings each to ready, from `start` to `stop`; or once, by `one_pass`."""

    def __init__(
        self, config: Config, ledger: Ledger, services: Services, stop: threading.Event, *, once: bool = False
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._stop = stop
        self._admission = Admission(ledger, config)
        self._reconciler = Reconciler(
            config,
            services,
            ledger,
            stop,
            follow_live=not once,
            on_moved=self._on_moved,
            lane_of=self._shared_by,
        )
        self._renewals = Renewals(config, ledger)
        self._live = LivePace()
        self._announcer = Announcer(config, ledger, services, stop)
        self._tagging = Tagging(config, ledger, services, stop)
        self._orders = Orders(ledger, self._heed, stop)
        self._gates = services.gates.values()
        self._links = Lane("link lane", config.limits.link_workers, self._perform)
        # A pass over a million files ends after hours: it lists, opens and compares files, and asks Tiled.
        catalog_gates = [gate for name, gate in services.gates.items() if name == "catalog"]
        self._bulk = Lane(
            "bulk lane",
            config.limits.bulk_workers,
            self._perform,
            signs=lambda: (
                sum(gate.answers for gate in catalog_gates) + self._bulk_disks.answers + services.progress.steps
            ),
        )
        follow(self._gates, (self._links.agenda, self._bulk.agenda))
        self.discovery = Discovery(
            [_watched(watch) for watch in config.watch],
            Wanted(config.metadata.files, config.metadata.running_file),
            Reactions(
                self._on_sighting,
                self._on_ready,
                self._on_gone,
                self._on_problem,
                self._on_restless,
                self._on_activity,
            ),
            pace=Pace(quiet_seconds=config.metadata.quiet),
            known=dict(ledger.roots()),
        )
        self._link_disks, self._bulk_disks = map(self._disks_of, (self._links, self._bulk))
        expect_known(self.discovery, ledger, config)

    def _disks_of(self, lane: Lane) -> Disks:
        most_waiting = max(1, lane.workers // 2)
        return Disks(most_waiting, device_of=self.discovery.device_of, on_answer=lane.agenda.wake)

    def _lane_of(self, stage: str) -> Lane:
        return self._links if stage in (LINK, WITHDRAW) else self._bulk

    def _shared_by(self, stage: str) -> turns.Lane:
        lane = self._lane_of(stage)
        disks = self._link_disks if lane is self._links else self._bulk_disks
        return turns.Lane(disks, lane.agenda.is_awaited)

    def look_for_hangs(self) -> list[str]:
        """Report file systems that do not answer, each once, and return what hangs now, for people."""
        return self.discovery.look_for_hangs([*self._link_disks.silent(), *self._bulk_disks.silent()])

    def look_again(self) -> None:
        """Look at everything that is not done at once, what is blocked included, and scan all folders."""
        for gate in self._gates:
            gate.look_again()
        for dataset_id, stage in self._patiently(lambda: list(self._ledger.unfinished_stages())) or ():
            if stage.name in (*stage_names(self._config), WITHDRAW):
                self._put(dataset_id, stage.name)
        self.discovery.scan_now()

    def _heed(self, dataset_ids: list[int]) -> None:
        """Look at once at datasets about which a command was given."""
        for gate in self._gates:
            gate.look_again()
        for dataset_id in dataset_ids:
            for stage in self._admission.left_undone(dataset_id):
                self._put(dataset_id, stage)
        self.discovery.scan_now()

    def _resume_withdrawals(self) -> None:
        for dataset_id, stage in self._patiently(lambda: list(self._ledger.unfinished_stages(WITHDRAW))) or ():
            self._put(dataset_id, stage.name)

    def remember_roots(self) -> None:
        """Write down which folders the roots are, so that one that is not mounted at the next start is noticed."""
        seen = self.discovery.root_identities()
        try:
            known = self._ledger.roots()
            self._ledger.remember_roots({path: found for path, found in seen.items() if known.get(path) != found})
        except (LedgerTrouble, LedgerUnusable) as trouble:
            log.warning("ledger unusable", reason=str(trouble))

    def renew_invites(self) -> None:
        """Have those datasets gone through again whose invite token expires soon; to be called every few seconds."""
        try:
            for dataset_id in self._renewals.due():
                # The file changes, so the provider has to scan it again: all stages, as after an edit.
                self._put(dataset_id, self._admission.reopen(dataset_id)[0], behind=True)
        except LedgerTrouble as trouble:
            log.warning("ledger unusable", reason=str(trouble))

    def start(self) -> None:
        """Begin to find and to work; returns at once."""
        self.renew_invites()
        self._resume_withdrawals()
        self._links.start()
        self._bulk.start()
        self._announcer.start()
        self._tagging.start()
        self.discovery.start()
        self._orders.start()

    def stop(self, timeout_seconds: float) -> bool:
        """End everything and say whether all work ended in time; what did not is taken up at the next start."""
        self._stop.set()
        self._orders.join(timeout_seconds)
        self.discovery.stop()
        self.remember_roots()
        return self.await_end(timeout_seconds)

    def await_end(self, timeout_seconds: float) -> bool:
        """Say whether all work has ended, once `stop` was called; waits for it as long as is given."""
        link_ended = self._links.stop(timeout_seconds / 2)
        bulk_ended = self._bulk.stop(timeout_seconds / 2)
        # A mail server that hangs holds up neither an end nor a new config: the ledger knows what is on its way.
        self._announcer.stop(timeout_seconds / 4)
        tagging_ended = self._tagging.stop(timeout_seconds / 4)
        return link_ended and bulk_ended and tagging_ended

    def one_pass(self, give_up_after_seconds: float) -> bool:
        """Find everything once, work until nothing is left to do now, and say whether that was reached in time."""
        deadline = time.monotonic() + give_up_after_seconds
        self.renew_invites()
        self._resume_withdrawals()
        self._links.start()
        self._bulk.start()
        self._tagging.start()
        restless = self.discovery.one_pass(sleep=self._stop.wait, give_up_after_seconds=give_up_after_seconds)
        # Links first: what they end with is then on the other lane's agenda.
        in_time = all(self._await_idle(lane, deadline) for lane in (self._links, self._bulk))
        in_time = self._tagging.await_end(deadline) and in_time
        self._announcer.once()
        return in_time and not restless

    def _await_idle(self, lane: Lane, deadline: float) -> bool:
        while not self._stop.is_set() and time.monotonic() < deadline:
            if lane.agenda.wait_idle(_GLANCE_SECONDS, _SOON_SECONDS) and not passes(lane.agenda.obstacles()):
                return True
        return False

    @property
    def lanes(self) -> tuple[Lane, Lane]:
        """The lanes, to see that they are alive."""
        return self._links, self._bulk

    def tell(self, observer: Observer) -> None:
        """Have an observer told of every pass over a stage that ends from now on."""
        self._reconciler.observer = observer

    @property
    def closures(self) -> list[Closure]:
        """Why nothing is asked of some services just now; empty where all are well."""
        return [gate.closure for gate in self._gates if gate.closure is not None]

    @property
    def busy(self) -> int:
        """How many tasks are due or being worked on."""
        return self._links.agenda.length + self._bulk.agenda.length

    # ------------------------------------------------------------------ what the discovery reports

    def _patiently(self, note: Callable[[], T]) -> T | None:
        """Repeat until the ledger can be used, None when stopped before: what is reported is reported only once.

        Any other error is told, and costs this report only: one folder must not end the discovery of all.
        """
        while True:
            try:
                return note()
            except Exception as error:
                if not isinstance(error, LedgerTrouble | LedgerUnusable):
                    log.exception("unexpected error")
                    return None
                trouble = error
            log.warning("ledger unusable", reason=str(trouble))
            if self._stop.wait(LEDGER_SECONDS):
                return None

    def _on_sighting(self, sighting: Sighting) -> None:
        self._patiently(lambda: self._see(sighting))

    def _see(self, sighting: Sighting) -> None:
        known = self._ledger.dataset_at(sighting.root, shown_name(sighting.name))
        dataset = self._admission.see(sighting)
        if sighting.problem is not None:
            self._tell(dataset, "blocked").error("dataset blocked", reason=sighting.problem)
        elif known is None:
            self._tell(dataset, "found").info("dataset found", metadata=sighting.metadata_name)

    def _on_ready(self, sighting: Sighting) -> None:
        settled = self._patiently(lambda: self._admission.settle(sighting))
        if settled is None:
            return
        dataset, stages = settled
        # Years of datasets that are found at once stand behind what somebody at the microscope waits for.
        is_old = sighting.stamp is not None and time.time() - sighting.stamp.changed_ns / 1e9 > _OLD_SECONDS
        for stage in stages:
            self._put(dataset.id, stage, behind=is_old)

    def _on_gone(self, sighting: Sighting) -> None:
        self._patiently(lambda: self._lose(sighting))

    def _lose(self, sighting: Sighting) -> None:
        with self._admission.places:
            dataset = self._admission.lose(sighting)
            if dataset is None:
                return
            self._links.agenda.drop(dataset.id)
            self._bulk.agenda.drop(dataset.id)
        self._tell(dataset, "missing").warning("dataset missing", reason=dataset.reason)

    def _on_moved(self, dataset_id: int, found: Dataset) -> None:
        before = self._ledger.dataset(dataset_id)
        # Not under the lock, for which the discovery waits: a disk may hang.
        with self._link_disks.user(before.root).asking():
            is_taken = before.path.is_dir()
        with self._admission.places:
            for number in self._admission.follow(before, found, is_taken=is_taken):
                self._put(number, LINK)
        self._tell(found, "moved").info("dataset moved", before=str(before.path))

    @staticmethod
    def _tell(dataset: Dataset, outcome: str) -> Any:
        return log.bind(dataset=dataset.name, root=str(dataset.root), stage=FOLDER_STAGE, outcome=outcome)

    def _on_problem(self, problem: Problem) -> None:
        log.warning("trouble with folders", kind=problem.kind, subject=problem.subject, reason=problem.message)

    def _on_restless(self, sighting: Sighting, seconds: float) -> None:
        self._patiently(lambda: self._admission.tell_restless(sighting, seconds))
        say = log.bind(dataset=shown_name(sighting.name), root=str(sighting.root), stage=FOLDER_STAGE)
        say.warning("metadata file never at rest", outcome="waiting", seconds=round(seconds))

    def _on_activity(self, root: Path, name: str) -> None:
        if CATALOG in stage_names(self._config) and self._live.is_news(root, name):
            try:
                dataset = self._ledger.dataset_at(root, shown_name(name))
            except LedgerTrouble:
                return  # the next regular pass over the dataset finds what was finished
            if dataset is not None and dataset.live:
                self._put(dataset.id, CATALOG, self._live.pause_seconds(dataset.id))

    # ------------------------------------------------------------------------------- what is worked

    def _put(self, dataset_id: int, stage: str, delay_seconds: float = 0.0, *, behind: bool = False) -> None:
        self._lane_of(stage).agenda.put(Task(dataset_id, stage), delay_seconds, behind=behind)

    def _perform(self, task: Task) -> Again:
        started = time.monotonic()
        if task.stage == WITHDRAW and self._is_worked_on_otherwise(task):
            return _SHORTLY_SECONDS
        try:
            again = self._reconciler.reconcile(task.dataset_id, task.stage)
            if task.stage == LINK:
                self._after_link(task.dataset_id)
        except (LedgerTrouble, LedgerUnusable) as trouble:
            # What was reached is found again by its marker; how it ended could not be written down.
            log.warning("ledger unusable", number=task.dataset_id, stage=task.stage, reason=str(trouble))
            return LEDGER_SECONDS
        return self._paced(task, again, time.monotonic() - started)

    def _is_worked_on_otherwise(self, task: Task) -> bool:
        # A pass that began before the order may still be making things.
        in_hand = (*self._links.agenda.working, *self._bulk.agenda.working)
        return any(other.dataset_id == task.dataset_id and other != task for other in in_hand)

    def _paced(self, task: Task, again: Again, cost_seconds: float) -> Again:
        if task.stage != CATALOG or again == 0.0 or not (again is None or isinstance(again, (int, float))):
            return again  # at once: something has changed, or it goes on after others
        if again is None:
            self._live.forget(task.dataset_id)
            return None
        self._live.note_cost(task.dataset_id, cost_seconds)
        return self._live.pause_seconds(task.dataset_id, again)

    def _after_link(self, dataset_id: int) -> None:
        stages = self._ledger.stages(dataset_id)
        if LINK not in stages:
            return
        for name in stage_names(self._config):
            # Tiled needs no link: where Onedata is down, the catalog goes on.
            is_due = name == CATALOG or (name == IMPORT and stages[LINK].condition is Condition.DONE)
            if is_due and (name not in stages or stages[name].condition is not Condition.DONE):
                self._put(dataset_id, name)


def _watched(watch: Watch) -> WatchedFolder:
    return WatchedFolder(str(watch.folder), watch.events, watch.rescan_interval)

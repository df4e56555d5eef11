"""The work: each dataset's stages as tasks on two lanes, so that nobody's link waits for somebody's files."""

import threading
import time
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path

import structlog

from spacecast.config import Config
from spacecast.folders import Disks, Paths
from spacecast.ledger import WITHDRAW, Condition, Dataset, Ledger, LedgerTrouble, LedgerUnusable
from spacecast.publish.admission import CATALOG, IMPORT, LINK, stage_names
from spacecast.publish.observing import Observer
from spacecast.publish.reconcile import Reconciler
from spacecast.publish.services import Services
from spacecast.publish.turns import Shared
from spacecast.service.agenda import Again, Task
from spacecast.service.lanes import Lane
from spacecast.service.outages import follow, passes
from spacecast.transport import Closure

log = structlog.get_logger()

# How often a ledger that cannot be written is tried again.
LEDGER_SECONDS = 5.0

# One pass waits for what is tried again within this time, not for what is blocked.
_SOON_SECONDS = 300.0
_GLANCE_SECONDS = 0.2
_SHORTLY_SECONDS = 0.3


class Work:
    """Two lanes and what they share; `put` a stage of a dataset, and it is brought to its end.

    `device_of` names the device that a path is on; workers that wait for one device are few. `on_moved` is called
    with the number of a published dataset and the record under which its folder was found anew.
    """

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        services: Services,
        stop: threading.Event,
        *,
        follow_live: bool,
        device_of: Callable[[Path], Hashable],
        on_moved: Callable[[int, Dataset], None],
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._stop = stop
        self._reconciler = Reconciler(
            config, services, ledger, stop, follow_live=follow_live, on_moved=on_moved, shared_by=self._shared_by
        )
        self._live = services.live
        self._gates = services.gates.values()
        self.links = Lane("link lane", config.limits.link_workers, self._perform)
        # A pass over a million files ends after hours: it lists, opens and compares files, and asks Tiled.
        catalog_gates = [gate for name, gate in services.gates.items() if name == "catalog"]
        self.bulk = Lane(
            "bulk lane",
            config.limits.bulk_workers,
            self._perform,
            signs=lambda: (
                sum(gate.answers for gate in catalog_gates) + self.bulk_disks.answers + services.progress.steps
            ),
        )
        follow(self._gates, (self.links.agenda, self.bulk.agenda))
        self.link_disks, self.bulk_disks = (_disks_of(lane, device_of) for lane in self.lanes)

    @property
    def lanes(self) -> tuple[Lane, Lane]:
        """The lane of links and the lane of bulk."""
        return self.links, self.bulk

    @property
    def length(self) -> int:
        """How many tasks are due or being worked on."""
        return self.links.agenda.length + self.bulk.agenda.length

    @property
    def closures(self) -> list[Closure]:
        """Why nothing is asked of some services just now; empty where all are well."""
        return [gate.closure for gate in self._gates if gate.closure is not None]

    def tell(self, observer: Observer) -> None:
        """Have an observer told of every pass over a stage that ends from now on."""
        self._reconciler.observer = observer

    def silent_disks(self) -> list[tuple[str, float]]:
        """Return the roots for whose answers workers wait, and for how many seconds."""
        return [*self.link_disks.silent(), *self.bulk_disks.silent()]

    def start(self) -> None:
        """Set all workers to work; returns at once."""
        for lane in self.lanes:
            lane.start()

    def stop(self, timeout_seconds: float) -> bool:
        """Take up nothing more, and say whether all that was being worked on ended in time."""
        link_ended = self.links.stop(timeout_seconds / 2)
        bulk_ended = self.bulk.stop(timeout_seconds / 2)
        return link_ended and bulk_ended

    def await_idle(self, deadline: float) -> bool:
        """Wait until nothing is left to do now, and say whether that was reached before a monotonic time."""
        # Links first: what they end with is then on the other lane's agenda.
        return all(self._await_idle(lane, deadline) for lane in self.lanes)

    def _await_idle(self, lane: Lane, deadline: float) -> bool:
        while not self._stop.is_set() and time.monotonic() < deadline:
            if lane.agenda.wait_idle(_GLANCE_SECONDS, _SOON_SECONDS) and not passes(lane.agenda.obstacles()):
                return True
        return False

    def look_again(self) -> None:
        """Ask services that are shut out at once."""
        for gate in self._gates:
            gate.look_again()

    def put(self, dataset_id: int, stage: str, delay_seconds: float = 0.0, *, behind: bool = False) -> None:
        """Have a stage worked on; `behind` everything that is not."""
        self._lane_of(stage).agenda.put(Task(dataset_id, stage), delay_seconds, behind=behind)

    def put_all(self, dataset_id: int, stages: Iterable[str], *, behind: bool = False) -> None:
        """Have several stages of a dataset worked on."""
        for stage in stages:
            self.put(dataset_id, stage, behind=behind)

    def put_live(self, dataset: Dataset) -> None:
        """Have what has changed in a live dataset gone through, as soon as its pace allows."""
        self.put(dataset.id, CATALOG, self._live.pause_seconds(dataset.root, dataset.name))

    def hears(self, root: Path, name: str, paths: Paths) -> bool:
        """Take note of what has changed in a dataset, and say whether that is to be followed, or was a moment ago."""
        return CATALOG in stage_names(self._config) and self._live.hear(root, name, paths)

    def drop(self, dataset_id: int) -> None:
        """Take everything about a dataset off the agendas."""
        for lane in self.lanes:
            lane.agenda.drop(dataset_id)

    def _lane_of(self, stage: str) -> Lane:
        return self.links if stage in (LINK, WITHDRAW) else self.bulk

    def _shared_by(self, stage: str) -> Shared:
        lane = self._lane_of(stage)
        disks = self.link_disks if lane is self.links else self.bulk_disks
        return Shared(disks, lane.agenda.is_awaited)

    def _perform(self, task: Task) -> Again:
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
        return again

    def _is_worked_on_otherwise(self, task: Task) -> bool:
        # A pass that began before the order may still be making things.
        in_hand = (*self.links.agenda.working, *self.bulk.agenda.working)
        return any(other.dataset_id == task.dataset_id and other != task for other in in_hand)

    def _after_link(self, dataset_id: int) -> None:
        stages = self._ledger.stages(dataset_id)
        if LINK not in stages:
            return
        for name in stage_names(self._config):
            # Tiled needs no link: where Onedata is down, the catalog goes on.
            is_due = name == CATALOG or (name == IMPORT and stages[LINK].condition is Condition.DONE)
            if is_due and (name not in stages or stages[name].condition is not Condition.DONE):
                self.put(dataset_id, name)


def _disks_of(lane: Lane, device_of: Callable[[Path], Hashable]) -> Disks:
    most_waiting = max(1, lane.workers // 2)
    return Disks(most_waiting, device_of=device_of, on_answer=lane.agenda.wake)

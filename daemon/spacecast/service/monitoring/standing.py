"""What is asked when somebody scrapes: how many datasets stand where, queues, services, scans, expiries."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from spacecast.ledger import Ledger, LedgerTrouble, LedgerUnusable, State
from spacecast.publish.files_pass import CATALOG_ENTRY
from spacecast.publish.link_invite import INVITE
from spacecast.publish.services import Services
from spacecast.service.engine import Engine
from spacecast.service.monitoring.expiries import Expiries
from spacecast.service.monitoring.health import Examiner

# A hundred thousand datasets are counted in 20 ms, and added up in a third of a second; whoever asks more often gets
# what was found last.
_COUNTS_SECONDS = 5.0
_SUMS_SECONDS = 60.0


@dataclass(frozen=True)
class Counts:
    """How many datasets stand where."""

    states: dict[State, int]
    live: int
    paused: int


@dataclass(frozen=True)
class Sums:
    """What takes longer to add up: where stages stand, what is in the catalog, and which invite token ends first."""

    stages: dict[tuple[str, str], int]
    files: int
    size_bytes: int
    first_invite_end: float | None


class LedgerCounts:
    """Counts from the ledger, taken at most once in some seconds; safe to use from any thread."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: tuple[float, Counts] | None = None
        self._sums: tuple[float, Sums] | None = None

    def counts(self) -> Counts:
        """Return counts that are some seconds old at most; raises LedgerTrouble or LedgerUnusable."""
        with self._lock:
            if self._counts is None or self._clock() - self._counts[0] >= _COUNTS_SECONDS:
                ledger = self._ledger
                found = Counts(_all_states(ledger.numbers()), ledger.count_live(), ledger.count_paused())
                self._counts = self._clock(), found
            return self._counts[1]

    def sums(self) -> Sums:
        """Return sums that are a minute old at most; raises LedgerTrouble or LedgerUnusable."""
        with self._lock:
            if self._sums is None or self._clock() - self._sums[0] >= _SUMS_SECONDS:
                cataloged = self._ledger.sum_details(CATALOG_ENTRY, "files", "bytes")
                stages, first_end = self._ledger.count_stages(), self._ledger.earliest_end(INVITE)
                self._sums = self._clock(), Sums(stages, cataloged["files"], cataloged["bytes"], first_end)
            return self._sums[1]

    def is_paused(self) -> bool:
        """Say whether all work is paused; raises LedgerTrouble or LedgerUnusable."""
        return self._ledger.all_paused_since() is not None

    def undelivered(self) -> int:
        """Return how many notices are on their way; raises LedgerTrouble or LedgerUnusable."""
        return self._ledger.undelivered()


class Standing(Collector):
    """The gauges of a running daemon, in Prometheus' form."""

    def __init__(
        self, engine: Engine, services: Services, counts: LedgerCounts, examiner: Examiner, expiries: Expiries
    ) -> None:
        self._engine = engine
        self._services = services
        self._counts = counts
        self._examiner = examiner
        self._expiries = expiries

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; those from the ledger are left out while it cannot be read."""
        yield from self._health()
        yield from self._lanes()
        yield from self._of_services()
        yield from self._discovery()
        try:
            yield from self._of_ledger()
        except (LedgerTrouble, LedgerUnusable):
            # spacecast_healthy says so; what was counted before is not true any more.
            return

    def _health(self) -> Iterator[Metric]:
        health = self._examiner.health()
        yield _gauge("spacecast_healthy", "Whether /healthz answers 200.", health.is_healthy)
        yield _gauge("spacecast_ledger_writable", "Whether the ledger could be written.", health.is_ledger_writable)

    def _lanes(self) -> Iterator[Metric]:
        tasks = GaugeMetricFamily(
            "spacecast_lane_tasks",
            "Stages of datasets on a lane: due, later, working, waiting (for a service that is down).",
            labels=["lane", "situation"],
        )
        workers = GaugeMetricFamily("spacecast_lane_workers", "Workers of a lane.", labels=["lane"])
        progress = CounterMetricFamily("spacecast_lane_progress", "Grows while it is alive.", labels=["lane"])
        for lane in self._engine.work.lanes:
            name = lane.name.partition(" ")[0]
            for situation, number in vars(lane.agenda.lengths()).items():
                tasks.add_metric([name, situation], number)
            workers.add_metric([name], lane.workers)
            progress.add_metric([name], lane.progress)
        yield from (tasks, workers, progress)

    def _of_services(self) -> Iterator[Metric]:
        available = GaugeMetricFamily(
            "spacecast_service_available", "Whether a service answers, and takes our token.", labels=["service"]
        )
        for name, gate in self._services.gates.items():
            available.add_metric([name], float(gate.closure is None))
        yield available
        certificates = GaugeMetricFamily(
            "spacecast_certificate_expiry_timestamp_seconds", "When a service's certificate ends.", labels=["service"]
        )
        tokens = GaugeMetricFamily(
            "spacecast_token_expiry_timestamp_seconds",
            "When our token or key for a service ends; none for one without an end.",
            labels=["service"],
        )
        for family, found in ((certificates, self._expiries.certificates), (tokens, self._expiries.tokens)):
            for name, ends_at in found.items():
                family.add_metric([name], ends_at)
            yield family

    def _discovery(self) -> Iterator[Metric]:
        discovery = self._engine.discovery
        scans = [found.seconds for found in discovery.figures().values()]
        overdue, problems = discovery.overdue_scans(), discovery.problems()
        yield _gauge("spacecast_roots", "Watched folders that were scanned.", len(scans))
        yield _gauge("spacecast_scan_seconds", "The longest of their last scans.", max(scans, default=0.0))
        yield _gauge("spacecast_overdue_scans", "Watched folders not scanned for too long.", len(overdue))
        yield _gauge("spacecast_folder_problems", "Troubles of folders, and limits of the kernel.", len(problems))
        overflows = "How often more changes came at once than the kernel queues."
        yield CounterMetricFamily("spacecast_event_overflows", overflows, value=discovery.overflows)

    def _of_ledger(self) -> Iterator[Metric]:
        counts, sums = self._counts.counts(), self._counts.sums()
        states = GaugeMetricFamily("spacecast_datasets", "Datasets by state.", labels=["state"])
        for state, number in counts.states.items():
            states.add_metric([state.value], number)
        stages = GaugeMetricFamily(
            "spacecast_stages", "Stages of datasets on disk, by where they stand.", labels=["stage", "condition"]
        )
        for (name, condition), number in sums.stages.items():
            stages.add_metric([name, condition], number)
        yield from (states, stages)
        yield _gauge("spacecast_live_datasets", "Datasets whose acquisition goes on.", counts.live)
        yield _gauge("spacecast_paused", "Whether all work is paused.", self._counts.is_paused())
        yield _gauge("spacecast_paused_datasets", "Datasets that are paused by themselves.", counts.paused)
        yield _first_invite_end(sums)
        undelivered = "Mails and posts to webhooks that are on their way."
        yield _gauge("spacecast_notices_undelivered", undelivered, self._counts.undelivered())
        yield _gauge("spacecast_cataloged_files", "Files in the catalog.", sums.files)
        yield _gauge("spacecast_cataloged_bytes", "Bytes in the catalog.", sums.size_bytes)


def _all_states(numbers: Mapping[State, int]) -> dict[State, int]:
    return {state: numbers.get(state, 0) for state in State}


def _first_invite_end(sums: Sums) -> Metric:
    family = GaugeMetricFamily(
        "spacecast_invite_expiry_timestamp_seconds", "When the invite token ends that ends first; none without one."
    )
    if sums.first_invite_end is not None:
        family.add_metric([], sums.first_invite_end)
    return family


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=float(value))

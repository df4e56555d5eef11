"""The engine: what the discovery reports becomes tasks, the lanes work on them, the ledger remembers."""

import threading
import time
from collections.abc import Hashable
from pathlib import Path

import structlog

from spacecast.config import Config, Watch
from spacecast.folders import Discovery, Pace, Wanted, WatchedFolder
from spacecast.ledger import WITHDRAW, Dataset, Ledger, LedgerTrouble, LedgerUnusable
from spacecast.publish.admission import Admission, stage_names
from spacecast.publish.known import expect_known
from spacecast.publish.services import Services
from spacecast.service.announcing import Announcer
from spacecast.service.findings import Findings
from spacecast.service.orders import Orders
from spacecast.service.renewals import Renewals
from spacecast.service.tagging import Tagging
from spacecast.service.work import Work

log = structlog.get_logger()

# Of a scan that goes on while a link is being made: four times what it does between two pauses. It hardly ever waits
# for anything, so that every thread that works on the link would wait for it at each step.
_PAUSE_SECONDS = 0.002


class Engine:
    """Finds datasets and brings each to ready, from `start` to `stop`; or once, by `one_pass`."""

    def __init__(
        self, config: Config, ledger: Ledger, services: Services, stop: threading.Event, *, once: bool = False
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._stop = stop
        self._admission = Admission(ledger, config)
        self.work = Work(
            config,
            ledger,
            services,
            stop,
            follow_live=not once,
            device_of=self._device_of,
            on_moved=self._on_moved,
        )
        self._findings: Findings = Findings(ledger, self._admission, self.work, stop)
        self._renewals = Renewals(config, ledger)
        self._announcer = Announcer(config, ledger, services, stop)
        self._tagging = Tagging(config, ledger, services, stop)
        self._orders = Orders(ledger, self._heed, stop)
        self.discovery: Discovery = Discovery(
            [_watched(watch) for watch in config.watch],
            Wanted(config.metadata.files, config.metadata.running_file),
            self._findings.reactions,
            pace=Pace(quiet_seconds=config.metadata.quiet),
            known=dict(ledger.roots()),
            give_way=self._give_way,
        )
        expect_known(self.discovery, ledger, config)

    def look_for_hangs(self) -> list[str]:
        """Report file systems that do not answer, each once, and return what hangs now, for people."""
        return self.discovery.look_for_hangs(self.work.silent_disks())

    @property
    def is_busy(self) -> bool:
        """Whether anything is worked on, or a whole root is being looked at, at this moment."""
        return self.discovery.is_scanning or any(lane.agenda.working for lane in self.work.lanes)

    def look_again(self) -> None:
        """Look at everything that is not done at once, what is blocked included, and scan all folders."""
        self.work.look_again()
        for dataset_id, stage in self._findings.patiently(lambda: list(self._ledger.unfinished_stages())) or ():
            if stage.name in (*stage_names(self._config), WITHDRAW):
                self.work.put(dataset_id, stage.name)
        self.discovery.scan_now()

    def _heed(self, dataset_ids: list[int]) -> None:
        """Look at once at datasets about which a command was given."""
        self.work.look_again()
        for dataset_id in dataset_ids:
            self.work.put_all(dataset_id, self._admission.left_undone(dataset_id))
        self.discovery.scan_now()

    def _resume_withdrawals(self) -> None:
        for dataset_id, stage in self._findings.patiently(lambda: list(self._ledger.unfinished_stages(WITHDRAW))) or ():
            self.work.put(dataset_id, stage.name)

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
                self.work.put(dataset_id, self._admission.reopen(dataset_id)[0], behind=True)
        except LedgerTrouble as trouble:
            log.warning("ledger unusable", reason=str(trouble))

    def start(self) -> None:
        """Begin to find and to work; returns at once."""
        self.renew_invites()
        self._resume_withdrawals()
        self.work.start()
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
        is_ended = self.work.stop(timeout_seconds)
        # A mail server that hangs holds up neither an end nor a new config: the ledger knows what is on its way.
        self._announcer.stop(timeout_seconds / 4)
        tagging_ended = self._tagging.stop(timeout_seconds / 4)
        return is_ended and tagging_ended

    def one_pass(self, give_up_after_seconds: float) -> bool:
        """Find everything once, work until nothing is left to do now, and say whether that was reached in time."""
        deadline = time.monotonic() + give_up_after_seconds
        self.renew_invites()
        self._resume_withdrawals()
        self.work.start()
        self._tagging.start()
        restless = self.discovery.one_pass(sleep=self._stop.wait, give_up_after_seconds=give_up_after_seconds)
        in_time = self.work.await_idle(deadline)
        in_time = self._tagging.await_end(deadline) and in_time
        self._announcer.once()
        return in_time and not restless

    # The work needs the discovery and the findings, which are made after it.

    def _give_way(self) -> None:
        if self.work.links.agenda.is_working:
            self._stop.wait(_PAUSE_SECONDS)

    def _device_of(self, root: Path) -> Hashable:
        return self.discovery.device_of(root)

    def _on_moved(self, dataset_id: int, found: Dataset) -> None:
        self._findings.on_moved(dataset_id, found)


def _watched(watch: Watch) -> WatchedFolder:
    return WatchedFolder(str(watch.folder), watch.events, watch.rescan_interval)

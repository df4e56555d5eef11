"""The findings: what the discovery reports is written down, told, and put to work."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import structlog

from spacecast.folders import Paths, Problem, Reactions, Sighting
from spacecast.ledger import Dataset, Ledger, LedgerTrouble, LedgerUnusable
from spacecast.publish.admission import FOLDER_STAGE, LINK, Admission, shown_name
from spacecast.service.work import LEDGER_SECONDS, Work

log = structlog.get_logger()

T = TypeVar("T")

# A metadata file that was last changed so long ago is not one that somebody has just dropped.
_OLD_SECONDS = 900.0


class Findings:
    """Reacts to all that a discovery reports; safe to call from any thread."""

    def __init__(self, ledger: Ledger, admission: Admission, work: Work, stop: threading.Event) -> None:
        self._ledger = ledger
        self._admission = admission
        self._work = work
        self._stop = stop

    @property
    def reactions(self) -> Reactions:
        """What a discovery is to call."""
        return Reactions(
            self._on_sighting,
            self._on_ready,
            self._on_gone,
            self._on_problem,
            self._on_restless,
            self._on_activity,
            self._look_closer,
        )

    def patiently(self, note: Callable[[], T]) -> T | None:
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

    def _look_closer(self, sighting: Sighting) -> Sighting:
        return self.patiently(lambda: self._admission.look_closer(sighting)) or sighting

    def _on_sighting(self, sighting: Sighting) -> None:
        self.patiently(lambda: self._see(sighting))

    def _see(self, sighting: Sighting) -> None:
        known = self._ledger.dataset_at(sighting.root, shown_name(sighting.name))
        dataset = self._admission.see(sighting)
        if sighting.problem is not None:
            self._tell(dataset, "blocked").error("dataset blocked", reason=sighting.problem)
        elif known is None:
            self._tell(dataset, "found").info("dataset found", metadata=sighting.metadata_name)

    def _on_ready(self, sighting: Sighting) -> None:
        settled = self.patiently(lambda: self._admission.settle(sighting))
        if settled is None:
            return
        dataset, stages = settled
        # Years of datasets that are found at once stand behind what somebody at the microscope waits for.
        is_old = sighting.stamp is not None and time.time() - sighting.stamp.changed_ns / 1e9 > _OLD_SECONDS
        self._work.put_all(dataset.id, stages, behind=is_old)

    def _on_gone(self, sighting: Sighting) -> None:
        self.patiently(lambda: self._lose(sighting))

    def _lose(self, sighting: Sighting) -> None:
        with self._admission.places:
            dataset = self._admission.lose(sighting)
            if dataset is None:
                return
            self._work.drop(dataset.id)
        self._tell(dataset, "missing").warning("dataset missing", reason=dataset.reason)

    def on_moved(self, dataset_id: int, found: Dataset) -> None:
        """Follow a published dataset to the record under which its folder was found anew."""
        before = self._ledger.dataset(dataset_id)
        # Not under the lock, for which the discovery waits: a disk may hang.
        with self._work.link_disks.user(before.root).asking():
            is_taken = before.path.is_dir()
        with self._admission.places:
            for number in self._admission.follow(before, found, is_taken=is_taken):
                self._work.put(number, LINK)
        self._tell(found, "moved").info("dataset moved", before=str(before.path))

    @staticmethod
    def _tell(dataset: Dataset, outcome: str) -> Any:
        return log.bind(dataset=dataset.name, root=str(dataset.root), stage=FOLDER_STAGE, outcome=outcome)

    def _on_problem(self, problem: Problem) -> None:
        log.warning("trouble with folders", kind=problem.kind, subject=problem.subject, reason=problem.message)

    def _on_restless(self, sighting: Sighting, seconds: float) -> None:
        self.patiently(lambda: self._admission.tell_restless(sighting, seconds))
        say = log.bind(dataset=shown_name(sighting.name), root=str(sighting.root), stage=FOLDER_STAGE)
        say.warning("metadata file never at rest", outcome="waiting", seconds=round(seconds))

    def _on_activity(self, root: Path, name: str, paths: Paths) -> None:
        known_as = shown_name(name)
        if not self._work.hears(root, known_as, paths):
            return
        try:
            dataset = self._ledger.dataset_at(root, known_as)
        except LedgerTrouble:
            return  # the next regular pass over the dataset finds what was finished
        if dataset is not None and dataset.live:
            self._work.put_live(dataset)

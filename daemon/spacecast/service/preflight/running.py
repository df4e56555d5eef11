"""Runs the checks of all areas side by side and puts their findings into the order in which people read them."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from spacecast.config import Config, ConfigError
from spacecast.faults import Fault, NeedsPerson
from spacecast.ledger import Ledger
from spacecast.secrecy import without_secrets
from spacecast.service.preflight.config_file import check_ca_bundle, check_config
from spacecast.service.preflight.model import Finding, Notes
from spacecast.service.preflight.notify import check_notify
from spacecast.service.preflight.panel import check_panel
from spacecast.service.preflight.provider import check_provider
from spacecast.service.preflight.roots import check_roots
from spacecast.service.preflight.services import OnedataFacts
from spacecast.service.preflight.state_folder import check_state
from spacecast.service.preflight.tiled import check_tiled
from spacecast.service.preflight.zone import check_zone

Check = Callable[[], Iterable[Finding]]


@dataclass(frozen=True)
class Preflight:
    """All checks of one config.

    `wrong` is what of the config does not fit this machine, if anything; `open_ledger` opens the ledger without
    changing it. Nothing is changed anywhere.
    """

    path: Path
    config: Config
    open_ledger: Callable[[], Ledger]
    wrong: ConfigError | None = None
    wall_clock: Callable[[], float] = time.time

    def findings(self) -> list[Finding]:
        """Return what was found, by area; takes as long as the slowest service."""
        untrusted = list(check_ca_bundle(self.config))
        with ExitStack() as stack:
            # Without the authorities no Onedata service can be asked, which is one problem and not three.
            onedata = {} if untrusted else self._onedata_checks(stack)
            checks = {**self._local_checks(untrusted), **onedata, "tiled": self._tiled, "notify": self._notify}
            with ThreadPoolExecutor(len(checks), thread_name_prefix="spacecast-check") as pool:
                running = [pool.submit(_all_of, Notes(area), check) for area, check in checks.items()]
                return [self._disguised(finding) for area in running for finding in area.result()]

    def _disguised(self, finding: Finding) -> Finding:
        """Take out what a service has echoed of our requests."""
        secrets = self.config.given_secrets()
        return replace(
            finding,
            message=without_secrets(finding.message, secrets),
            remedy=without_secrets(finding.remedy, secrets),
        )

    def _local_checks(self, untrusted: list[Finding]) -> dict[str, Check]:
        return {
            "config": lambda: [*check_config(self.path, self.config, self.wrong), *untrusted],
            "state": lambda: check_state(self.config, self.open_ledger),
            "folders": lambda: check_roots(self.config, skip=self._reported_roots()),
        }

    def _reported_roots(self) -> frozenset[int]:
        """Return which items of `watch` are reported with the config already."""
        paths = [problem.path for problem in self.wrong.problems] if self.wrong else []
        return frozenset(path[1] for path in paths if path[:1] == ("watch",) and isinstance(path[1], int))

    def _onedata_checks(self, stack: ExitStack) -> dict[str, Check]:
        facts = stack.enter_context(OnedataFacts(self.config, self._said()))
        return {
            "zone": lambda: check_zone(facts, self.wall_clock),
            "provider": lambda: check_provider(facts, self.wall_clock),
            "panel": lambda: check_panel(facts),
        }

    def _tiled(self) -> Iterator[Finding]:
        return check_tiled(self.config, self.wall_clock, reported=self._said())

    def _notify(self) -> Iterator[Finding]:
        return check_notify(self.config)

    def _said(self) -> frozenset[str]:
        """Return what is said of the config already, a secret's file among it."""
        return frozenset(problem.text for problem in self.wrong.problems) if self.wrong else frozenset()


def _all_of(notes: Notes, check: Check) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(check())
    except Fault as fault:
        # The service went away, or its secret did, in the middle of its checks.
        remedy = "" if isinstance(fault, NeedsPerson) else "Run `spacecast check` again when that is mended."
        found.append(notes.problem("connection", str(fault), remedy))
    return found

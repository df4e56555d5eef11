"""Runs the checks of all areas side by side and puts their findings into the order in which people read them."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from spacecast.config import Config, ConfigError
from spacecast.faults import Fault
from spacecast.ledger import Ledger
from spacecast.service.preflight.config_file import check_ca_bundle, check_config
from spacecast.service.preflight.model import Finding, Notes
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
        with ExitStack() as stack:
            checks = {**self._local_checks(), **self._onedata_checks(stack), "tiled": self._tiled}
            with ThreadPoolExecutor(len(checks), thread_name_prefix="spacecast-check") as pool:
                running = [pool.submit(_all_of, Notes(area), check) for area, check in checks.items()]
                return [finding for area in running for finding in area.result()]

    def _local_checks(self) -> dict[str, Check]:
        return {
            "config": self._config,
            "state": lambda: check_state(self.config, self.open_ledger),
            "folders": lambda: check_roots(self.config),
        }

    def _config(self) -> Iterator[Finding]:
        yield from check_config(self.path, self.config, self.wrong)
        yield from check_ca_bundle(self.config)

    def _onedata_checks(self, stack: ExitStack) -> dict[str, Check]:
        if any(check_ca_bundle(self.config)):
            return {}
        facts = stack.enter_context(OnedataFacts(self.config))
        return {
            "zone": lambda: check_zone(facts, self.wall_clock),
            "provider": lambda: check_provider(facts, self.wall_clock),
            "panel": lambda: check_panel(facts),
        }

    def _tiled(self) -> Iterator[Finding]:
        return check_tiled(self.config, self.wall_clock)


def _all_of(notes: Notes, check: Check) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(check())
    except Fault as fault:
        # The service went away, or its secret did, in the middle of its checks.
        found.append(notes.problem("connection", str(fault), "Run `spacecast check` again when that is mended."))
    return found

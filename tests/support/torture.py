"""One trial after another: a dataset is published while something goes wrong, then every invariant is checked."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog

from spacecast.config import Config
from spacecast.ledger import State, open_ledger
from spacecast.onedata import files, panel, panel_storages
from spacecast.publish import ensure, propagation, reconcile, scanning, twins, visibility
from spacecast.publish.services import open_services
from spacecast.sandbox.onedata import Delays, OnedataSandbox
from spacecast.service import findings, log, work
from spacecast.service.engine import Engine
from spacecast.transport import await_condition, back_off_seconds
from support.invariants import breaches
from support.torture_faults import Call, calls_of
from support.world import SETTLED, World, wait_for

NAME = "run1"
AUTHOR = b"# dataset of a test\nProject: demo   # kept as it is\nNumber: 000417\n"
READ_TIMEOUT_SECONDS = 0.4
_SECONDS = 25.0
_LONG_AGO = 1_600_000_000
_SHOWS = SETTLED | {State.RETRYING}


def shrink_waits(patch: pytest.MonkeyPatch) -> None:
    """Make every pause of the daemon as short as a test can bear; the one place where that is done."""
    patch.setattr(ensure, "LOOKS_AFTER_UNCLEAR_SECONDS", (0.02, 0.05))
    patch.setattr(twins, "WATCH_SECONDS", 0.5)
    patch.setattr(visibility, "FIRST_SUPPORT_SECONDS", 0.02)
    patch.setattr(propagation, "INTERVALS_SECONDS", (0.02, 0.05, 0.1))
    patch.setattr(propagation, "_SHORTEST_PAUSE_SECONDS", 0.02)
    for module in (panel, panel_storages):
        patch.setattr(module, "SLOW_OPERATION_SECONDS", READ_TIMEOUT_SECONDS)
    patch.setattr(files, "_TIMEOUTS_SECONDS", (1.0, READ_TIMEOUT_SECONDS))
    patch.setattr(scanning, "SHORTEST_PAUSE_SECONDS", 0.03)
    for module in (findings, work):
        patch.setattr(module, "LEDGER_SECONDS", 0.05)
    patch.setattr(reconcile, "LIVE_CATALOG_SECONDS", 0.2)
    patch.setitem(back_off_seconds.__kwdefaults__, "first_seconds", 0.02)
    patch.setitem(back_off_seconds.__kwdefaults__, "longest_seconds", 0.2)
    patch.setitem(await_condition.__kwdefaults__, "intervals_seconds", (0.02, 0.05, 0.1))


def delays() -> Delays:
    """A distributed system that is quick, but never at once."""
    return Delays(
        propagation_seconds=0.01,
        first_scan_seconds=0.05,
        verdict_cache_seconds=0.1,
        panel_cache_seconds=0.0,
        replication_seconds=0.01,
    )


class TrialWorld(World):
    """A world for one trial, with limits below those that a config file may have."""

    def __init__(self, folder: Path, onedata: OnedataSandbox, tiled: Any = None) -> None:
        super().__init__(folder, onedata, tiled)
        self.values["metadata"]["quiet"] = "100ms"
        self.values["watch"][0]["rescan_interval"] = "1s"
        # What a provider does not show is waited for so long before it counts as a fault.
        self.values["onedata"]["waits"] = {"visibility": "10s"}
        self.order: dict[str, Any] = {}
        """What else daemons in processes of their own are told; see `daemon_with_failpoints`."""
        self._config: Config | None = None

    @property
    def config(self) -> Config:
        """The config, read once."""
        if self._config is None:
            read = super().config
            limits = read.limits.model_copy(update={"read_timeout": READ_TIMEOUT_SECONDS})
            self._config = read.model_copy(update={"limits": limits})
        return self._config

    def drop(self, name: str, metadata: bytes = b"Project: demo\n", files: int = 2) -> Path:
        """Drop a dataset; with an array in it where there is a catalog."""
        folder = self.root / name
        folder.mkdir()
        for number in range(files):
            (folder / f"frame_{number:03}.dat").write_bytes(b"\0" * (100 + number))
        if self.tiled is not None:
            np.save(folder / "spectrum.npy", np.arange(6.0).reshape(2, 3))
            # Nobody can take it for one that is still being written.
            os.utime(folder / "spectrum.npy", (_LONG_AGO, _LONG_AGO))
        self._write_metadata(folder, metadata)
        return folder

    @contextmanager
    def running(self) -> Iterator["Running"]:
        """Run the engine, with a way to look at it that costs next to nothing."""
        config = self.config
        Path(config.state_folder).mkdir(mode=0o700, exist_ok=True)
        ledger = open_ledger(config.ledger_url)
        stop = threading.Event()
        with self.log_file.open("a") as stream, open_services(config, ledger) as services:
            log.configure(style="json", level="info", stream=stream)
            engine = Engine(config, ledger, services, stop)
            engine.start()
            try:
                yield Running(self, engine, ledger)
            finally:
                self.onedata.faults.release()
                ended = engine.stop(20.0)
                ledger.close()
                # The stream is closed in a moment; nobody may go on writing into it.
                structlog.reset_defaults()
        assert ended, "work was still in flight"
        assert engine.discovery.failure is None


class Running:
    """A world whose engine runs."""

    def __init__(self, world: TrialWorld, engine: Engine, ledger: Any) -> None:
        self.world, self.engine, self.ledger = world, engine, ledger

    def state(self) -> State | None:
        """Give the dataset's state, None before it is known."""
        return next((dataset.state for dataset in self.ledger.find(NAME)), None)

    def await_state(self, *states: State, unless: Callable[[], bool] = lambda: False) -> State:
        """Wait until the dataset is in one of these states, or blocked and `unless` comes true; give its state."""

        def reached() -> State | None:
            state = self.state()
            return state if state in states or (state is State.BLOCKED and unless()) else None

        state: State = wait_for(f"{NAME} to be {[*states]}", reached, _SECONDS, self.world._situation)
        return state

    def await_shown(self) -> State | None:
        """Wait until a fault shows, in the dataset's state or as a trouble of its root; give the state."""

        def shown() -> bool:
            return self.state() in _SHOWS or bool(self.engine.discovery.problems())

        wait_for("the fault to show", shown, _SECONDS, self.world._situation)
        return self.state()


@contextmanager
def trial(folder: Path, tiled: Any = None, *, tiled_path: str = "tests") -> Iterator[TrialWorld]:
    """Give a fresh world; a catalog is shared, so each has its own place there."""
    place = folder / "onedata"
    place.mkdir(parents=True)
    with OnedataSandbox(place, delays=delays(), http=False) as onedata:
        world = TrialWorld(folder, onedata, tiled)
        if tiled is not None:
            world.values["tiled"]["path"] = [tiled_path]
        yield world


def publish_through(world: TrialWorld, clear: Callable[[], None], *, person: bool, shown: bool) -> list[str]:
    """Publish a dataset while faults are in force, clear them, and give every breach of an invariant.

    `shown`: the fault stays until it is cleared, so it must show before, in the dataset's state or as a trouble of
    its root. `person`: it may block the dataset, and when it is cleared somebody says so.
    """
    with world.running() as running:
        world.drop(NAME, AUTHOR)
        try:
            state = running.await_shown() if shown else running.await_state(*SETTLED)
        except AssertionError as error:
            return [f"the fault does not show: {error}"]
        finally:
            clear()
        found = [] if person or state is not State.BLOCKED else ["blocked by a fault that passes"]
        found += made_ready(running, person=person)
        found += list(breaches(world, NAME, authors={NAME: AUTHOR}))
    return found


def made_ready(running: Running, *, person: bool = False) -> list[str]:
    """Wait until the dataset is ready and say what is in the way; with `person`, somebody asks for it again."""
    try:
        state = running.await_state(*SETTLED)
        while state is State.BLOCKED and person:
            time.sleep(0.05)  # what was refused may be remembered for a moment
            running.engine.look_again()
            state = running.await_state(State.READY, unless=lambda: running.engine.work.length == 0)
    except AssertionError as error:
        return [f"never ready: {error}"]
    return [] if state is State.READY else [f"{state}: {next(iter(running.ledger.find(NAME))).reason}"]


def calls_of_one_publication(folder: Path) -> list[Call]:
    """Publish undisturbed and give every request that it took."""
    with trial(folder) as world:
        with world.running() as running:
            world.drop(NAME, AUTHOR)
            running.await_state(State.READY)
        return calls_of(world.onedata.log)

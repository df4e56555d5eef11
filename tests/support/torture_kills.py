"""Kill the real daemon, look at the files, start it again, kill it again; at last everything is right."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from spacecast.ledger import State
from support.invariants import breaches, without_blocks
from support.torture import AUTHOR, NAME, TrialWorld
from support.torture_saves import Operator, saving
from support.world import wait_for

Trial = AbstractContextManager[TrialWorld]
Beginning = Callable[["Daemons", TrialWorld], None]
_SCRIPT = Path(__file__).with_name("daemon_with_failpoints.py")
_SECONDS = 30.0
_LONGEST_RANDOM_SECONDS = 0.9


@dataclass(frozen=True)
class Kill:
    """When a daemon ends: at the `number`-th passing of a point, or after some seconds."""

    point: str | None = None
    number: int = 1
    after_seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.point} #{self.number}" if self.point else f"after {self.after_seconds:.3f} s"


class Daemons:
    """Starts daemons from one process that has everything loaded already."""

    def __init__(self) -> None:
        paths = [str(_SCRIPT.parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )

    def close(self) -> None:
        """End the process that starts the others."""
        self._process.communicate(timeout=20)

    @contextmanager
    def daemon(self, world: TrialWorld, **order: Any) -> Iterator["Running"]:
        """Run a daemon on a world; it is stopped at the end if it runs still."""
        self._say({"config": str(world.config_path), "log": str(world.log_file), **world.order, **order})
        running = Running(self._hear(), self._process.stdout)
        try:
            yield running
        finally:
            running.stop()

    def _say(self, order: dict[str, Any]) -> None:
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> int:
        return int(self._process.stdout.readline())


class Running:
    """One daemon; a thread waits for its end."""

    def __init__(self, number: int, answers: Any) -> None:
        self._number = number
        self.status: int | None = None
        self._waiter = threading.Thread(target=self._wait, args=(answers,))
        self._waiter.start()

    def _wait(self, answers: Any) -> None:
        self.status = int(answers.readline())

    def kill(self) -> None:
        """End it as a power cut would."""
        self._signal(signal.SIGKILL)
        self._waiter.join(20)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._signal(signal.SIGTERM)
        self._waiter.join(20)
        if self._waiter.is_alive():
            self.kill()

    def is_over_within(self, seconds: float) -> bool:
        """Wait for its end at most so long."""
        self._waiter.join(seconds)
        return not self._waiter.is_alive()

    def _signal(self, number: int) -> None:
        if self._waiter.is_alive():
            os.kill(self._number, number)


@dataclass
class Outcome:
    """What a trial showed."""

    kills: int
    saves: int
    found: list[str]


def drop(_daemons: Daemons, world: TrialWorld) -> None:
    """Begin a trial with a fresh dataset."""
    world.drop(NAME, AUTHOR)


def points_of_one_publication(daemons: Daemons, record: Path, make: Trial, begin: Beginning = drop) -> list[Kill]:
    """Publish undisturbed and give every point that was passed, each with its number."""
    with make as world:
        begin(daemons, world)
        with daemons.daemon(world, record=str(record)):
            wait_for(NAME, lambda: is_ready(world), _SECONDS, world._situation)
    return points_in(record)


def points_in(record: Path) -> list[Kill]:
    """Give the points that a daemon has recorded, each with its number."""
    seen: dict[str, int] = {}
    kills = []
    for point in record.read_text().splitlines():
        seen[point] = seen.get(point, 0) + 1
        kills.append(Kill(point, seen[point]))
    return kills


def killed(
    daemons: Daemons,
    make: Trial,
    kills: Sequence[Kill],
    *,
    seed: int,
    saves: int = 0,
    begin: Beginning = drop,
    is_always_whole: bool = True,
) -> Outcome:
    """Publish a dataset through these kills, one daemon after the other, and through saves in between.

    A file that is written in place is whole only once the next daemon has looked at it: not `is_always_whole`.
    """
    random = Random(seed)
    with make as world:
        begin(daemons, world)
        operator, died, found = Operator(world, NAME, AUTHOR, random), 0, list[str]()
        for number, kill in enumerate(kills):
            saver = _save_soon(operator, random) if number < saves else None
            died += run_until(daemons, world, kill, lambda: is_ready(world))
            if saver is not None:
                saver.join(10)
            found += [f"after {kill}: {one}" for one in (_torn(world, operator) if is_always_whole else ())]
        with daemons.daemon(world):
            found += _not_ready(world, operator)
        found += list(breaches(world, NAME, authors={NAME: operator.saved}))
    return Outcome(died, operator.saves, found)


def saved_through_kills(daemons: Daemons, make: Trial, *, saves: int, seed: int) -> Outcome:
    """Publish a dataset while its author saves all the time and one daemon after the other is killed."""
    random, died, found = Random(seed), 0, list[str]()
    with make as world:
        world.drop(NAME, AUTHOR)
        operator = Operator(world, NAME, AUTHOR, random)
        saver = saving(operator, saves)
        while saver.is_alive():
            kill = Kill(after_seconds=random.uniform(0.1, 1.5))
            died += run_until(daemons, world, kill, lambda: is_ready(world))
        with daemons.daemon(world):
            found += [*operator.lost, *_not_ready(world, operator)]
        found += list(breaches(world, NAME, authors={NAME: operator.saved}))
    return Outcome(died, operator.saves, found)


def _torn(world: TrialWorld, operator: Operator) -> list[str]:
    """The file is one of the versions that its author saved, whole; the newest need not be in its place yet."""
    content = without_blocks((world.root / NAME / "SPA.yml").read_bytes())
    return [] if content in operator.versions else [f"the file is torn: {content!r}"]


def _save_soon(operator: Operator, random: Random) -> threading.Thread:
    saver = threading.Timer(random.uniform(0.0, _LONGEST_RANDOM_SECONDS), operator.save)
    saver.start()
    return saver


def run_until(daemons: Daemons, world: TrialWorld, kill: Kill, is_done: Callable[[], bool]) -> bool:
    """Run a daemon until it is killed, or has done everything without coming by; say whether it was killed."""
    with daemons.daemon(world, point=kill.point, number=kill.number) as running:
        if kill.point is None:
            running.is_over_within(kill.after_seconds)
            running.kill()
        else:
            end = time.monotonic() + _SECONDS
            while not running.is_over_within(0.05) and time.monotonic() < end and not is_done():
                pass
    return running.status == -signal.SIGKILL


def is_ready(world: TrialWorld) -> bool:
    """Say whether the dataset of a trial is ready."""
    dataset = world.dataset(NAME)
    return dataset is not None and dataset.state is State.READY


def _not_ready(world: TrialWorld, operator: Operator) -> list[str]:
    """Wait until the dataset is ready with what its author saved last; give what is wrong otherwise."""

    def is_right() -> bool:
        content = (world.root / NAME / "SPA.yml").read_bytes()
        return is_ready(world) and b"PublicURL" in content and without_blocks(content) == operator.saved

    try:
        wait_for(f"{NAME} to be ready", is_right, _SECONDS, world._situation)
    except AssertionError as error:
        dataset = world.dataset(NAME)
        content = (world.root / NAME / "SPA.yml").read_bytes()
        return [f"never ready: {dataset and (dataset.state, dataset.reason)} {content!r} {error}"]
    return []

"""What the tests of the folders room share: clocks that stand still, folders that are datasets, reactions on record."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from spacecast.folders import Problem, Reactions, Sighting, Wanted

WANTED = Wanted(("SPA.yml",))


class Clocks:
    """A monotonic clock, a wall clock and a thread's processor time that move only when told to."""

    def __init__(self) -> None:
        self.monotonic_seconds = 1000.0
        self.wall_seconds = time.time()
        self.thread_seconds = 0.0

    def monotonic(self) -> float:
        return self.monotonic_seconds

    def wall(self) -> float:
        return self.wall_seconds

    def thread(self) -> float:
        return self.thread_seconds

    def work(self, processor_seconds: float) -> None:
        self.thread_seconds += processor_seconds

    def advance(self, seconds: float) -> None:
        self.monotonic_seconds += seconds
        self.wall_seconds += seconds

    def step_wall(self, seconds: float) -> None:
        self.wall_seconds += seconds


class Record:
    """Reactions that write down what they are told, and let a test wait for it."""

    def __init__(self) -> None:
        self.sightings: list[Sighting] = []
        self.ready: list[Sighting] = []
        self.gone: list[tuple[Path, str]] = []
        self.problems: list[Problem] = []
        self.restless: list[tuple[str, float]] = []
        self._news = threading.Condition()

    @property
    def reactions(self) -> Reactions:
        return Reactions(
            on_sighting=lambda sighting: self._add(self.sightings, sighting),
            on_ready=lambda sighting: self._add(self.ready, sighting),
            on_gone=lambda sighting: self._add(self.gone, (sighting.root, sighting.name)),
            on_problem=lambda problem: self._add(self.problems, problem),
            on_restless=lambda sighting, seconds: self._add(self.restless, (sighting.name, seconds)),
        )

    @property
    def ready_names(self) -> list[str]:
        return [sighting.name for sighting in self.ready]

    @property
    def gone_names(self) -> list[str]:
        return [name for _, name in self.gone]

    @property
    def problem_kinds(self) -> list[str]:
        return [problem.kind for problem in self.problems]

    def wait_for(self, condition: Callable[[], bool], *, timeout_seconds: float = 5.0) -> None:
        with self._news:
            assert self._news.wait_for(condition, timeout_seconds), f"it did not happen: {vars(self)}"

    def _add(self, items: list, item: object) -> None:
        with self._news:
            items.append(item)
            self._news.notify_all()


def make_dataset(root: Path, name: str, text: str = "a: 1\n", *, metadata_name: str = "SPA.yml") -> Path:
    """Make a folder with a metadata file in it and return the path of the file."""
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / metadata_name
    path.write_text(text, encoding="utf-8")
    return path


def open_descriptors() -> int:
    """Return how many descriptors this process holds."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())

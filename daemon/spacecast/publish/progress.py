"""How far the work in hand has got, for whoever watches; in memory only, since it ends with the work."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_FILES_PER_NOTE = 100


@dataclass(frozen=True)
class Progress:
    """So many of `total` are done, as far as a total is known; `doing` says what with: `files compared`."""

    doing: str
    done: int
    total: int | None = None


class ProgressBoard:
    """What is going on in each stage of each dataset that is being worked on; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notes: dict[tuple[int, str], Progress] = {}
        self.steps = 0
        """How many notes were put up: it grows while work gets on."""

    def note(self, dataset_id: int, stage: str, progress: Progress) -> None:
        """Put up how far a stage has got; what stood there is replaced."""
        with self._lock:
            self._notes[dataset_id, stage] = progress
            self.steps += 1

    def clear(self, dataset_id: int, stage: str) -> None:
        """Take down what stands of a stage: it has ended, or waits for something else."""
        with self._lock:
            self._notes.pop((dataset_id, stage), None)

    def of(self, dataset_id: int, stage: str) -> Progress | None:
        """Return how far a stage has got, None where nothing is going on."""
        with self._lock:
            return self._notes.get((dataset_id, stage))

    def counting(self, dataset_id: int, stage: str, doing: str, items: Iterable[T]) -> Iterator[T]:
        """Pass items on, and put up how many there were so far."""
        number = 0
        for number, item in enumerate(items, 1):
            if number % _FILES_PER_NOTE == 1:
                self.note(dataset_id, stage, Progress(doing, number))
            yield item
        self.note(dataset_id, stage, Progress(doing, number, number))

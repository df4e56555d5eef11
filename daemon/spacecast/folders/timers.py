"""Things to do later, each under a key: a heap, so that a hundred thousand of them cost nothing to wait for."""

import heapq
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Timers(Generic[Key]):
    """One due time per key; setting it again moves it."""

    def __init__(self) -> None:
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._count = 0

    def set(self, key: Key, due_seconds: float) -> None:
        """Make a key due at a moment of the caller's clock."""
        if self._due.get(key) == due_seconds:
            return
        self._due[key] = due_seconds
        self._count += 1  # keys need not be comparable
        heapq.heappush(self._heap, (due_seconds, self._count, key))

    def drop(self, key: Key) -> None:
        """Let a key be due no more."""
        self._due.pop(key, None)

    def next_due(self) -> float | None:
        """Return the earliest due time."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: float) -> Iterator[Key]:
        """Yield the keys that are due, earliest first, and take each out."""
        while (due := self.next_due()) is not None and due <= now:
            key = heapq.heappop(self._heap)[2]
            del self._due[key]
            yield key

    def __contains__(self, key: object) -> bool:
        return key in self._due

    def __bool__(self) -> bool:
        return bool(self._due)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._due)

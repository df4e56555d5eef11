"""A fault that repeats is said once, and then counted: one line an hour says how often it came again."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from structlog.typing import EventDict

PERIOD_SECONDS = 3600.0
# What a line is about: a fault of one dataset is not that of another.
SUBJECTS = ("dataset", "root", "number", "stage", "service", "subject", "lane", "where", "channel", "kind")
# What makes two lines about the same the same line; how long it took and when it is tried again do not.
_SAYING = ("event", "level", "step", "outcome", "reason", "problems", "exception")
_FAULTS = frozenset({"warning", "error", "critical"})
_MOST_REMEMBERED = 10_000
# Marks a line of our own, which is not counted again.
_SUM = "_is_sum"

Subject = tuple[str, ...]


@dataclass
class _Said:
    """The last fault that was said of a subject, and how often it came again since."""

    what: tuple[str, ...]
    line: Mapping[str, Any]
    at: float
    again: int = 0


@dataclass
class Repeats:
    """The processor; safe to call from any thread. It stands behind the one that takes secrets out."""

    clock: Callable[[], float] = time.monotonic
    _said: "OrderedDict[Subject, _Said]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        """Return the event, with the count where there is one; raises DropEvent for what is only counted."""
        if event.pop(_SUM, False) or event["level"] == "debug":
            return event
        subject = tuple(str(event.get(key, "")) for key in SUBJECTS)
        with self._lock:
            if event["level"] not in _FAULTS:
                return self._well(subject, event)
            return self._fault(subject, event)

    def _well(self, subject: Subject, event: EventDict) -> EventDict:
        before = self._said.pop(subject, None)
        return {**event, **self._count(before)} if before is not None and before.again else event

    def _fault(self, subject: Subject, event: EventDict) -> EventDict:
        what = tuple(_last_line(event.get(key)) for key in _SAYING)
        before = self._said.get(subject)
        if before is None or before.what != what:
            self._remember(subject, _Said(what, dict(event), self.clock()))
            return event
        before.again += 1
        if self.clock() - before.at < PERIOD_SECONDS:
            raise structlog.DropEvent
        counted = {**event, **self._count(before)}
        before.at, before.again = self.clock(), 0
        return counted

    def tell(self, *, at_once: bool = False) -> None:
        """Say how often each fault came again for which an hour has passed, or all of them; call it now and then."""
        for line in self._due(at_once=at_once):
            level = str(line["level"])
            said = {key: value for key, value in line.items() if key not in ("level", "timestamp", "event")}
            getattr(structlog.get_logger(), level)(line["event"], **said, **{_SUM: True})

    def _due(self, *, at_once: bool) -> list[dict[str, Any]]:
        now, lines = self.clock(), []
        with self._lock:
            for said in self._said.values():
                if said.again and (at_once or now - said.at >= PERIOD_SECONDS):
                    lines.append({**said.line, **self._count(said)})
                    said.at, said.again = now, 0
        return lines

    def _count(self, said: _Said) -> dict[str, str]:
        times = "once" if said.again == 1 else f"{said.again} times"
        return {"again": f"{times} in {_in_words(self.clock() - said.at)}"}

    def _remember(self, subject: Subject, said: _Said) -> None:
        self._said[subject] = said
        self._said.move_to_end(subject)
        while len(self._said) > _MOST_REMEMBERED:
            self._said.popitem(last=False)


def _last_line(value: Any) -> str:
    # Of an error of the program, what it was and not where: that differs from thread to thread.
    return str(value).strip().rpartition("\n")[2]


def _in_words(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"

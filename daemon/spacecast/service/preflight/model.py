"""What a check says, and facts that several checks share although they are asked for once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from spacecast.faults import Fault

Fact = TypeVar("Fact")


class Outcome(StrEnum):
    """Whether it is as it should be."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: where it belongs, what it is, how it is, and what to type or change next.

    Nothing of it holds a secret. `remedy` is empty where all is well, and where the message says it already.
    """

    area: str
    subject: str
    outcome: Outcome
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Notes:
    """Makes the findings of one area."""

    area: str

    def ok(self, subject: str, message: str) -> Finding:
        """Say that all is well."""
        return Finding(self.area, subject, Outcome.OK, message)

    def warning(self, subject: str, message: str, remedy: str) -> Finding:
        """Say that it works, but that somebody should know something."""
        return Finding(self.area, subject, Outcome.WARNING, message, remedy)

    def problem(self, subject: str, message: str, remedy: str = "") -> Finding:
        """Say that datasets will not be published, or not as they should be."""
        return Finding(self.area, subject, Outcome.PROBLEM, message, remedy)


class Once(Generic[Fact]):
    """A fact that is asked for once, whoever needs it first; a fault is remembered like an answer."""

    def __init__(self, ask: Callable[[], Fact]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._answers: list[Fact] = []
        self._fault: Fault | None = None

    def __call__(self) -> Fact:
        """Give the fact; raises the fault that asking for it ended with."""
        with self._lock:
            if not self._answers and self._fault is None:
                try:
                    self._answers.append(self._ask())
                except Fault as fault:
                    self._fault = fault
        if self._fault is not None:
            raise self._fault
        return self._answers[0]

    def known(self) -> Fact | None:
        """Give the fact, or None where asking ended with a fault; whoever the fact belongs to reports that."""
        return None if self.fault() is not None else self()

    def fault(self) -> Fault | None:
        """Give the fault that asking ended with, if it did."""
        try:
            self()
        except Fault as fault:
            return fault
        return None

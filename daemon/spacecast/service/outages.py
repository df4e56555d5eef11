"""Outages as the daemon sees them: told once at their beginning and end, and all who wait are woken together."""

import threading
import time
from collections.abc import Iterable

import structlog

from spacecast.service.agenda import Agenda, Obstacle
from spacecast.transport import Closure, Gate

log = structlog.get_logger()


def follow(gates: Iterable[Gate], agendas: Iterable[Agenda]) -> None:
    """Log when a gate closes and opens, and have what waits at it done then; the lanes spread the rush.

    A token that is refused is told loudly once, however many services are asked with it.
    """
    waiting, refused = tuple(agendas), _Refused()
    for gate in gates:
        gate.listen(_Follower(waiting, refused).note)


def passes(obstacles: Iterable[Obstacle]) -> bool:
    """Say whether any of them goes by itself, so that waiting is worth while."""
    return any(isinstance(found, Closure) and not found.needs_person for found in obstacles)


class _Refused:
    """Which gates are closed because their token is refused."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gates: list[Gate] = []

    def note(self, gate: Gate, closure: Closure | None) -> bool:
        """Take note of how a gate stands; say whether its token is refused and was told to be at another one."""
        is_refused = closure is not None and closure.is_token
        with self._lock:
            self._gates = [one for one in self._gates if one is not gate]
            is_told = any(one.token is not None and one.token == gate.token for one in self._gates)
            self._gates += [gate] if is_refused else []
        return is_refused and is_told


class _Follower:
    """What was last said of one gate."""

    def __init__(self, agendas: tuple[Agenda, ...], refused: _Refused) -> None:
        self._agendas = agendas
        self._refused = refused
        self._said: Closure | None = None

    def note(self, gate: Gate) -> None:
        before, self._said = self._said, gate.closure
        is_told = self._refused.note(gate, self._said)
        if self._said is not None:
            loud = log.error if self._said.needs_person else log.warning
            say = log.debug if is_told else loud
            say("service unavailable", service=gate.service, reason=self._said.sentence)
        elif before is not None:
            seconds = round(time.time() - before.since, 1)
            log.info("service available again", service=gate.service, seconds=seconds)
        # A change of the reason too: what waits learns of it by trying.
        for agenda in self._agendas:
            agenda.wake()

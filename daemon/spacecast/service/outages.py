"""Outages as the daemon sees them: told once at their beginning and end, and all who wait are woken together."""

import time
from collections.abc import Iterable

import structlog

from spacecast.service.agenda import Agenda, Obstacle
from spacecast.transport import Closure, Gate

log = structlog.get_logger()


def follow(gates: Iterable[Gate], agendas: Iterable[Agenda]) -> None:
    """Log when a gate closes and opens, and have what waits at it done then; the lanes spread the rush."""
    waiting = tuple(agendas)
    for gate in gates:
        gate.listen(_Follower(waiting).note)


def passes(obstacles: Iterable[Obstacle]) -> bool:
    """Say whether any of them goes by itself, so that waiting is worth while."""
    return any(isinstance(found, Closure) and not found.needs_person for found in obstacles)


class _Follower:
    """What was last said of one gate."""

    def __init__(self, agendas: tuple[Agenda, ...]) -> None:
        self._agendas = agendas
        self._said: Closure | None = None

    def note(self, gate: Gate) -> None:
        before, self._said = self._said, gate.closure
        if self._said is not None:
            say = log.error if self._said.needs_person else log.warning
            say("service unavailable", service=gate.service, reason=self._said.sentence)
        elif before is not None:
            seconds = round(time.time() - before.since, 1)
            log.info("service available again", service=gate.service, seconds=seconds)
        # A change of the reason too: what waits learns of it by trying.
        for agenda in self._agendas:
            agenda.wake()

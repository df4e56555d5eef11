"""Reactions know no threads: however many scouts there are, one reaction is called at a time."""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec

from spacecast.folders.arrivals import Reactions
from spacecast.folders.cycle import Cycle

P = ParamSpec("P")

# They ask the disk, and must not wait for one another: a disk that hangs would hold up all others.
_SIDE_BY_SIDE = ("look_closer",)


class ReactionTurns:
    """Wraps reactions for any number of cycles, until `end`; no reaction is called afterwards."""

    def __init__(self) -> None:
        self._reporting = threading.Lock()
        self._is_ended = False

    def end(self) -> None:
        """Wait for the reaction that is under way, and let none follow."""
        with self._reporting:
            self._is_ended = True

    def taken_by(self, cycle: Callable[[], Cycle], reactions: Reactions) -> Reactions:
        """Return the reactions as one cycle calls them: it waits for its turn, and that is no hang of its disk."""
        told: dict[str, Any] = {
            name: self._in_turn(cycle, reaction)
            for name, reaction in vars(reactions).items()
            if name not in _SIDE_BY_SIDE
        }
        return replace(reactions, **told)

    def _in_turn(self, cycle: Callable[[], Cycle], reaction: Callable[P, None]) -> Callable[P, None]:
        @wraps(reaction)
        def react(*args: P.args, **kwargs: P.kwargs) -> None:
            cycle().rest()
            with self._reporting:
                if not self._is_ended:
                    reaction(*args, **kwargs)
            cycle().beat()

        return react

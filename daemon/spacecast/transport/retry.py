"""When to ask again: growing pauses for faults that pass, and waiting for a condition to come true."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_never
from tenacity.wait import wait_base

from spacecast.faults import Passing, Unclear

T = TypeVar("T")

Wait = Callable[[float], bool]
"""Waits so many seconds and answers True at once when everything is to stop: `threading.Event.wait`."""

INTERVALS_SECONDS = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0)
"""Pauses between looks at a condition; the last one is repeated."""

_LONGEST_BACK_OFF_SECONDS = 600.0
# A service may ask for more patience than ours, but a mistaken header must not park a dataset for ever.
_LONGEST_RETRY_AFTER_SECONDS = 3600.0


class Stopped(Passing):
    """Waiting was ended because the program is to stop."""


class NotReached(Passing):
    """A condition that was awaited has not come true in time."""


def back_off_seconds(
    attempt: int,
    fault: BaseException | None = None,
    *,
    first_seconds: float = 1.0,
    longest_seconds: float = _LONGEST_BACK_OFF_SECONDS,
    uniform: Callable[[float, float], float] = random.uniform,
) -> float:
    """Give the pause after the `attempt`-th failure in a row (from 1): exponential with full jitter.

    Full jitter spreads a thousand datasets that failed at the same moment over the whole pause. Never shorter than
    what the service asked for (`Retry-After`), which is honoured up to an hour.
    """
    # Bounded before the power is taken: after weeks of outage 2**attempt is no float any more.
    doublings = min(max(attempt, 1) - 1, 32)
    pause_seconds = uniform(0.0, min(longest_seconds, first_seconds * 2.0**doublings))
    asked_seconds = fault.retry_after_seconds if isinstance(fault, Passing) else None
    return max(pause_seconds, min(asked_seconds or 0.0, _LONGEST_RETRY_AFTER_SECONDS))


class _BackOff(wait_base):
    """`back_off_seconds` in tenacity's form."""

    def __init__(self, uniform: Callable[[float, float], float]) -> None:
        self._uniform = uniform

    def __call__(self, retry_state: RetryCallState) -> float:
        outcome = retry_state.outcome
        fault = outcome.exception() if outcome is not None else None
        return back_off_seconds(retry_state.attempt_number, fault, uniform=self._uniform)


def keep_trying(
    *,
    wait: Wait,
    attempts: int | None = None,
    uniform: Callable[[float, float], float] = random.uniform,
) -> Retrying:
    """Make a tenacity policy for calls that may be repeated: `keep_trying(wait=stop.wait)(call, argument)`.

    Repeats after faults that pass, `attempts` times in all or for ever, and raises the last one as it is. An
    Unclear outcome is never repeated blindly: it is raised at once, for the caller to find out. Raises Stopped
    when `wait` says so.
    """
    return Retrying(
        retry=retry_if_exception(_may_be_repeated),
        wait=_BackOff(uniform),
        sleep=lambda seconds: _pause(wait, seconds, "the next attempt"),
        reraise=True,
        stop=stop_never if attempts is None else stop_after_attempt(attempts),
    )


def _may_be_repeated(error: BaseException) -> bool:
    return isinstance(error, Passing) and not isinstance(error, (Unclear, Stopped))


def await_condition(
    name: str,
    check: Callable[[], T | None],
    *,
    total_seconds: float,
    wait: Wait,
    intervals_seconds: Iterable[float] = INTERVALS_SECONDS,
    not_yet: tuple[type[Passing], ...] = (),
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """Look with growing pauses until `check` gives something other than None, and return that.

    `name` completes "waiting until …". Faults of the kinds `not_yet` count as None. After `total_seconds`, the last
    look included, raises NotReached with the name and the last reason; raises Stopped as soon as `wait` says so.
    """
    end = clock() + total_seconds
    pauses = _for_ever(intervals_seconds)
    while True:
        result, reason = _look(check, not_yet)
        if result is not None:
            return result
        left_seconds = end - clock()
        if left_seconds <= 0:
            raise NotReached(f"Not reached within {total_seconds:g} s: {name}.{reason}")
        _pause(wait, min(next(pauses), left_seconds), name)


def _look(check: Callable[[], T | None], not_yet: tuple[type[Passing], ...]) -> tuple[T | None, str]:
    try:
        return check(), ""
    except not_yet as fault:
        return None, f" {fault}"


def _for_ever(intervals_seconds: Iterable[float]) -> Iterator[float]:
    listed = tuple(intervals_seconds)
    return chain(listed, repeat(listed[-1]))


def _pause(wait: Wait, seconds: float, name: str) -> None:
    if wait(seconds):
        raise Stopped(f"Stopped while waiting: {name}.")

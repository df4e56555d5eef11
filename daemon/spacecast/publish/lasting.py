"""Which faults pass within a moment as a rule, and after how long a person is asked to look at them."""

from collections.abc import Iterator
from http import HTTPStatus

from spacecast.config import format_duration
from spacecast.faults import Fault, NeedsPerson, Passing
from spacecast.ledger import Condition, Stage
from spacecast.onedata import AlreadyThere, Gone, NotVisibleYet, OnedataFault, StillInUse
from spacecast.transport import NotReached

_FEWEST_ATTEMPTS = 5
_BOUNDED = (AlreadyThere, Gone, NotReached, NotVisibleYet, StillInUse)


def lasts_too_long(fault: Fault, before: Stage, *, now: float, limit_seconds: float) -> bool:
    """Say whether a stage that failed before fails with a fault that should have passed by now.

    Outages, lost replies and full disks may last; that something is not known at the provider yet, an internal error
    of a service, or a fault of no known kind may not.
    """
    is_repeated = before.condition is Condition.FAILED and before.attempts + 1 >= _FEWEST_ATTEMPTS
    return is_repeated and now - before.since > limit_seconds and _is_bounded(fault)


def told_as_lasting(fault: Fault, limit_seconds: float) -> str:
    """Return the fault's message with what an operator makes of it; the same each time, so that it is told once."""
    return (
        f"{fault} It has not passed within {format_duration(limit_seconds)} (onedata.waits.visibility): look into the "
        f"log of the service that is named. It is tried again every 10 min"
    )


def _is_bounded(fault: Fault) -> bool:
    if not isinstance(fault, (Passing, NeedsPerson)):
        return True
    return any(isinstance(one, _BOUNDED) or _is_internal_error(one) for one in _with_causes(fault))


def _is_internal_error(fault: BaseException) -> bool:
    return isinstance(fault, OnedataFault) and fault.status == HTTPStatus.INTERNAL_SERVER_ERROR


def _with_causes(fault: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = fault
    while found is not None:
        yield found
        found = found.__cause__

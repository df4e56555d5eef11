"""How a dataset's state follows from its stages, and which moves between states are allowed."""

from collections.abc import Iterable

from spacecast.ledger.records import WITHDRAW, Condition, Stage, State

# While a dataset is there its state follows from its stages, so that it may go from any of these to any other.
_DERIVED = frozenset({State.WAITING, State.WORKING, State.READY, State.RETRYING, State.BLOCKED})
# Everything may go missing or be withdrawn; `withdrawn` is left only by an operator's command.
_ANY = _DERIVED | {State.MISSING, State.WITHDRAWN}
ALLOWED_MOVES: dict[State, frozenset[State]] = {
    **dict.fromkeys(_DERIVED, _ANY),
    State.MISSING: _ANY,
    State.WITHDRAWN: frozenset({State.WAITING}),
}


def next_state(stages: Iterable[Stage]) -> tuple[State, str]:
    """Return the state that these stages amount to, and the reason to show with it.

    Without any it waits to be at rest. What needs a person comes first, then what is being retried, then what is still
    to be done. A pending stage with a reason waits for somebody outside; a stage that is done may have a reason too:
    what is good to know about it.
    """
    known = list(stages)
    if not known:
        return State.WAITING, ""
    for stage in known:
        if stage.condition is Condition.FAILED and stage.needs_person:
            return State.BLOCKED, stage.reason
    for stage in known:
        if stage.condition is Condition.FAILED:
            return State.RETRYING, stage.reason
    if all(stage.condition is Condition.DONE for stage in known):
        return State.READY, next((stage.reason for stage in known if stage.reason), "")
    waiting = next((stage.reason for stage in known if stage.condition is Condition.PENDING and stage.reason), "")
    return (State.WAITING, waiting) if waiting else (State.WORKING, "")


def present_state(before: State, stages: Iterable[Stage]) -> tuple[State, str]:
    """Return what a dataset's state is by its stages; one that is missing or withdrawn stays so.

    A withdrawn dataset has a reason as long as not everything that was made for it is gone.
    """
    if before is State.MISSING:
        return before, ""
    if before is State.WITHDRAWN:
        return before, next((stage.reason for stage in stages if stage.name == WITHDRAW), "")
    return next_state(stages)


def is_allowed(before: State, after: State) -> bool:
    """Say whether a dataset may go from one state to the other; staying is always allowed."""
    return before is after or after in ALLOWED_MOVES[before]

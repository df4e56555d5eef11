"""Rows of the ledger's tables as plain values."""

from typing import Any

from spacecast.ledger.records import Condition, Stage


def as_stage(row: Any) -> Stage:
    """Return a stage from its row."""
    return Stage(
        row.name,
        Condition(row.condition),
        row.reason,
        row.needs_person,
        row.attempts,
        row.since,
        row.next_try_at,
        row.opened,
    )

"""Records of the ledger as plain values for people and programs; secrets are not among them."""

from datetime import UTC, datetime
from typing import Any

from spacecast.ledger import Dataset, Event, RemoteObject, Stage

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def age(seconds: float) -> str:
    """Return a length of time in one word: `12s`, `5min`, `3h`, `20d`."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"


def dataset_facts(dataset: Dataset) -> dict[str, Any]:
    """Return what `status --json` says of a dataset."""
    return {
        "name": dataset.name,
        "path": str(dataset.path),
        "key": dataset.key,
        "title": dataset.title,
        "state": dataset.state.value,
        "live": dataset.live,
        "reason": dataset.reason,
        "since": _moment(dataset.changed_at),
        "found": _moment(dataset.created_at),
        "metadata_file": dataset.metadata_name,
        "marker": dataset.marker,
    }


def stage_facts(stage: Stage) -> dict[str, Any]:
    """Return what `show --json` says of a stage."""
    return {
        "stage": stage.name,
        "condition": stage.condition.value,
        "since": _moment(stage.since),
        "attempts": stage.attempts,
        "next_try": _moment(stage.next_try_at),
        "reason": stage.reason,
    }


def object_facts(found: RemoteObject) -> dict[str, Any]:
    """Return what `show --json` says of a remote object; an invite token is named, never shown."""
    details = {name: value for name, value in found.details.items() if name != "token_sha256"}
    return {
        "kind": found.kind,
        "id": found.remote_id,
        "confirmed": found.confirmed,
        "details": details,
    }


def event_facts(event: Event) -> dict[str, Any]:
    """Return what `show --json` says of a line of history."""
    return {
        "at": _moment(event.at),
        "stage": event.stage,
        "step": event.step,
        "outcome": event.outcome,
        "seconds": event.seconds,
        "message": event.message,
    }


def _moment(seconds: float | None) -> str | None:
    return None if not seconds else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

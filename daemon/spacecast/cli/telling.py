"""Records of the ledger as plain values for programs, and those in words for people; secrets are not among them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from spacecast.ledger import Dataset, Event, RemoteObject, Stage
from spacecast.service.log import printable

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_MOMENTS = ("at", "since", "found", "next_try")
_MOMENT_ENDINGS = ("_at", "_until")


def age(seconds: float) -> str:
    """Return a length of time in one word: `12s`, `5min`, `3h`, `20d`."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"


def in_words(name: str, value: Any) -> str:
    """Return a value for people, on one line; moments are known by the value's name and told in local time."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={in_words(key, item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(in_words("", item) for item in value)
    if _is_moment(name) and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    return "" if value is None else printable(str(value)).replace("\n", "\\n")


def dataset_facts(dataset: Dataset) -> dict[str, Any]:
    """Return what `status --json` says of a dataset."""
    return {
        "name": dataset.name,
        "path": str(dataset.path),
        "key": dataset.key,
        "title": dataset.title,
        "state": dataset.state.value,
        "live": dataset.live,
        "paused": dataset.paused,
        "reason": dataset.reason,
        "since": moment(dataset.changed_at),
        "found": moment(dataset.created_at),
        "metadata_file": dataset.metadata_name,
        "marker": dataset.marker,
    }


def stage_facts(stage: Stage) -> dict[str, Any]:
    """Return what `show --json` says of a stage."""
    return {
        "stage": stage.name,
        "condition": stage.condition.value,
        "since": moment(stage.since),
        "attempts": stage.attempts,
        "next_try": moment(stage.next_try_at),
        "reason": stage.reason,
    }


def object_facts(found: RemoteObject) -> dict[str, Any]:
    """Return what `show --json` says of a remote object; an invite token is named, never shown."""
    details = {
        name: moment(value) if _is_moment(name) and isinstance(value, (int, float)) else value
        for name, value in found.details.items()
        if name != "token_sha256"
    }
    return {
        "kind": found.kind,
        "id": found.remote_id,
        "confirmed": found.confirmed,
        "details": details,
    }


def event_facts(event: Event) -> dict[str, Any]:
    """Return what `show --json` says of a line of history."""
    return {
        "at": moment(event.at),
        "stage": event.stage,
        "step": event.step,
        "outcome": event.outcome,
        "seconds": event.seconds,
        "message": event.message,
    }


def _is_moment(name: str) -> bool:
    return name in _MOMENTS or name.endswith(_MOMENT_ENDINGS)


def moment(seconds: float | None) -> str | None:
    """Return a point in time as programs get it: ISO 8601 in UTC; None where there is none."""
    return None if not seconds else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

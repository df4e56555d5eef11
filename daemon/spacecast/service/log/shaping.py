"""The same keys in the same order in every line, moments as people or programs read them, and a line as plain text."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from structlog.typing import EventDict

from spacecast.log_events import KEYS

_LAST = ("exception",)


def in_order(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Put the usual keys first, and leave out those without a value."""
    first = {key: event[key] for key in KEYS if event.get(key) not in (None, "")}
    rest = {key: value for key, value in event.items() if key not in KEYS}
    return {**first, **rest}


def moments(written: Callable[[float], str]) -> Callable[[Any, str, EventDict], EventDict]:
    """Return a processor that writes `next_try`, given in seconds since the epoch, as people or programs read it."""

    def process(_logger: Any, _method: str, event: EventDict) -> EventDict:
        moment = event.get("next_try")
        return {**event, "next_try": written(moment)} if isinstance(moment, (int, float)) else event

    return process


def for_programs(moment: float) -> str:
    """Return a moment in UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def for_people(moment: float) -> str:
    """Return the local time of a moment that is near."""
    return datetime.fromtimestamp(moment).astimezone().strftime("%H:%M:%S")


def as_text(event: Mapping[str, Any]) -> str:
    """Return the line as one plain text: what happened, then `key=value`."""
    hidden = ("event", "level", "timestamp", *_LAST)
    values = [f"{key}={_value(value)}" for key, value in event.items() if key not in hidden]
    return " ".join([str(event["event"]), *values])


def _value(value: Any) -> str:
    text = str(value).replace("\n", "\\n")
    return repr(text) if " " in text or not text else text

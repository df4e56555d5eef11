"""What the daemon says: one line per event, for people or as JSON, without secrets and control characters."""

import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

# Onedata's tokens are serialised macaroons; every one begins like this.
_TOKEN_LIKE = re.compile(r"MD[AE][A-Za-z0-9_-]{20,}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_HIDDEN = "[secret]"
_SHORTEST_SECRET = 6


def configure(
    *,
    style: str = "auto",
    level: str = "info",
    secrets: Callable[[], Iterable[str]] = tuple,
    stream: TextIO | None = None,
) -> None:
    """Set up logging for this process.

    `style` is `console`, `json`, or `auto` (console on a terminal); `secrets` gives the values that must
    never be said; they are asked for at each line, since they may be replaced while the daemon runs.
    """
    out = stream or sys.stderr
    plain = style == "console" or (style == "auto" and out.isatty())
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if plain
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=not plain),
            structlog.processors.format_exc_info,
            _Cleaner(secrets),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )


def printable(text: str) -> str:
    r"""Return the text with control and direction characters written out, such as ``\x1b``; line ends stay."""
    return _UNPRINTABLE.sub(lambda found: found.group().encode("unicode_escape", "surrogatepass").decode(), text)


class _Cleaner:
    """The processor that takes secrets and control characters out of everything that is said."""

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        self._secrets = secrets

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        secrets = [secret for secret in self._secrets() if len(secret) >= _SHORTEST_SECRET]
        return {key: self._clean(value, secrets) for key, value in event.items()}

    def _clean(self, value: Any, secrets: list[str]) -> Any:
        if isinstance(value, (int, float, bool, type(None))):
            return value
        if isinstance(value, Mapping):
            return {self._clean(key, secrets): self._clean(item, secrets) for key, item in value.items()}
        if isinstance(value, (list, tuple, AbstractSet)):
            return [self._clean(item, secrets) for item in value]
        text = value if isinstance(value, str) else str(value)
        for secret in secrets:
            text = text.replace(secret, _HIDDEN)
        return printable(_TOKEN_LIKE.sub(_HIDDEN, text))

"""What the daemon says: one line per event, for people or as JSON, without secrets and control characters."""

import logging
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from spacecast.config import Config
from spacecast.secrecy import without_secrets

# Controls, formats (direction marks, zero-width characters …), halves of characters, private and unknown ones, line and
# paragraph ends.
_UNPRINTABLE_KINDS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks that show nothing at all.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_KEPT = frozenset("\n\t")
# The level to come back to.
_configured = {"level": "info"}


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
    _configured["level"] = "info" if level == "debug" else level
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
        wrapper_class=_at(level),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )


def set_up(config: Config) -> None:
    """Say what happens in the way that the config wants; to be called again when it has changed."""
    configure(style=config.log.format, level=config.log.level, secrets=config.given_secrets)


def toggle_debug() -> str:
    """Switch between `debug` and the configured level, or `info` where that is `debug`; return which it is now."""
    is_debug = structlog.get_config()["wrapper_class"] is _at("debug")
    level = _configured["level"] if is_debug else "debug"
    structlog.configure(wrapper_class=_at(level))
    return level


def _at(level: str) -> Any:
    return structlog.make_filtering_bound_logger(getattr(logging, level.upper()))


def printable(text: str) -> str:
    r"""Return the text with whatever a terminal obeys or does not show written out (``\x1b``); line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(character) if _is_unprintable(character) else character for character in text)


def _is_unprintable(character: str) -> bool:
    if character in _KEPT:
        return False
    return character in _INVISIBLE or unicodedata.category(character) in _UNPRINTABLE_KINDS


def _written_out(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


class _Cleaner:
    """The processor that takes secrets and control characters out of everything that is said."""

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        self._secrets = secrets

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        secrets = list(self._secrets())
        return {key: self._clean(value, secrets) for key, value in event.items()}

    def _clean(self, value: Any, secrets: list[str]) -> Any:
        if isinstance(value, (int, float, bool, type(None))):
            return value
        if isinstance(value, Mapping):
            return {self._clean(key, secrets): self._clean(item, secrets) for key, item in value.items()}
        if isinstance(value, (list, tuple, AbstractSet)):
            return [self._clean(item, secrets) for item in value]
        text = value if isinstance(value, str) else str(value)
        return printable(without_secrets(text, secrets))

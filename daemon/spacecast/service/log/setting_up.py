"""Sets up how lines are said: for people, as JSON, or as fields of the journal; and from which level on."""

import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from spacecast.config import Config
from spacecast.service.log.cleaning import Cleaner
from spacecast.service.log.journal import JournalRenderer, is_journal, lines_to
from spacecast.service.log.repeats import Repeats
from spacecast.service.log.shaping import for_people, for_programs, in_order, moments

# The level to come back to.
_configured = {"level": "info"}
# One for the whole process: a reload forgets nothing.
_repeats = Repeats()


def configure(
    *,
    style: str = "auto",
    level: str = "info",
    secrets: Callable[[], Iterable[str]] = tuple,
    stream: TextIO | None = None,
    repeats: Repeats | None = None,
) -> None:
    """Set up logging for this process.

    `style` is `console`, `json`, `journal`, or `auto` (the journal where standard error goes there, console on a
    terminal, else JSON); `secrets` gives the values that must never be said; they are asked for at each line, since
    they may be replaced while the daemon runs.
    """
    _configured["level"] = "info" if level == "debug" else level
    out = stream or sys.stderr
    chosen = _chosen(style, out)
    is_plain = chosen == "console"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S" if is_plain else "iso", utc=not is_plain),
            structlog.processors.format_exc_info,
            Cleaner(secrets),
            repeats or (_repeats if stream is None else Repeats()),
            moments(for_people if is_plain else for_programs),
            in_order,
            _renderer(chosen, out),
        ],
        wrapper_class=_at(level),
        logger_factory=lines_to(out),
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


def tell_repeats(*, at_once: bool = False) -> None:
    """Say how often faults came again that were said once, each an hour after it was said, or all `at_once`."""
    _repeats.tell(at_once=at_once)


def _chosen(style: str, out: TextIO) -> str:
    if style != "auto":
        return style
    if is_journal(out):
        return "journal"
    return "console" if out.isatty() else "json"


def _renderer(style: str, out: TextIO) -> Processor:
    if style == "journal":
        return JournalRenderer()
    if style == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=out.isatty(), sort_keys=False, exception_formatter=structlog.dev.plain_traceback
    )


def _at(level: str) -> Any:
    return structlog.make_filtering_bound_logger(getattr(logging, level.upper()))

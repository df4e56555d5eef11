"""Shows something again and again, as it changes, until Ctrl-C."""

import time
from collections.abc import Callable
from typing import Any, NoReturn

import click
from rich.console import Console

PAUSE_SECONDS = 2.0


def watch_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--watch`."""
    return click.option(
        "--watch", is_flag=True, help="Show it again every two seconds, until Ctrl-C; with --json one line each time."
    )(command)


def show_again_and_again(
    show: Callable[[Console], object], console: Console, sleep: Callable[[float], None] = time.sleep
) -> NoReturn:
    """Call `show` every two seconds; a terminal is cleared before, so that it always shows the present."""
    while True:
        if console.is_terminal:
            console.clear()
        show(console)
        sleep(PAUSE_SECONDS)

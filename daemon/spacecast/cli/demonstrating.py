"""`spacecast demo`: the whole story on this machine, from a dropped file to an array in Python."""

import signal
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from spacecast.cli.options import DONE, NEEDS_PERSON, with_exit_codes
from spacecast.faults import NeedsPerson

_GIVE_UP_SECONDS = 90.0


@click.command(short_help="Show the whole story on this machine.")
@click.option("--keep", is_flag=True, help="Leave everything running until Ctrl-C, and say where it is.")
@with_exit_codes
def demo(*, keep: bool) -> int:
    """Show everything with an embedded Onedata and Tiled: no other service, nothing left behind."""
    try:
        from spacecast.cli import demo_story, demo_world  # noqa: PLC0415 - only this command needs the sandbox
    except ImportError as missing:
        raise NeedsPerson(f"The demo needs {missing.name}: pip install 'spacecast[sandbox]'") from missing
    end_by_signals()
    console = Console()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spacecast-demo-")))
        world = stack.enter_context(demo_world.started(folder, console))
        told = demo_story.tell(world, console, give_up_seconds=_GIVE_UP_SECONDS)
        if keep:
            demo_story.say_where(world, console)
            wait_for_interrupt()
    return DONE if told else NEEDS_PERSON


def end_by_signals() -> None:
    """Let SIGTERM and a closed terminal end this process as Ctrl-C does: with everything that it started."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def wait_for_interrupt() -> None:
    """Return when Ctrl-C comes, or one of the signals that count as it."""
    # Sleeping and not waiting for a signal: so that Ctrl-C ends it on every platform's terminal.
    try:
        while True:
            time.sleep(1.0)
    except KeyboardInterrupt:
        return

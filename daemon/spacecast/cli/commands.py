"""All commands of `spacecast` under one name, and what holds for each: readable output, and an end by Ctrl-C."""

import io
import signal
import sys
from typing import Any

import click

from spacecast import __version__
from spacecast.cli.checking import check
from spacecast.cli.counting import stats
from spacecast.cli.demonstrating import demo
from spacecast.cli.doctoring import doctor
from spacecast.cli.fetching import download, relocate, wait
from spacecast.cli.history import events
from spacecast.cli.installing import install
from spacecast.cli.looking import show, status
from spacecast.cli.migrating import migrate_command
from spacecast.cli.notifying import notify
from spacecast.cli.ordering import adopt, forget, pause, publish, resume, retry
from spacecast.cli.playing import sandbox
from spacecast.cli.running import run, scan
from spacecast.cli.withdrawing import withdraw

# What shells say of a program that was ended by Ctrl-C.
INTERRUPTED = 128 + signal.SIGINT


class Commands(click.Group):
    """The group; it writes out what a terminal's or pipe's encoding lacks, and ends by Ctrl-C with one word."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command that is named on the command line, and exit with its code."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        return super().main(*arguments, **options)

    def invoke(self, context: click.Context) -> Any:
        """Run the command of this context; Ctrl-C at any time ends it without a trace."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            click.echo("Aborted!", err=True)
            context.exit(INTERRUPTED)


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="spacecast")
def main() -> None:
    """Publish experiment folders through Onedata and Tiled."""


OF_OPERATORS = (
    *(install, run, scan, check, status, show, events, stats, doctor, notify, migrate_command),
    *(retry, pause, resume, withdraw, publish, adopt, forget),
)
TO_TRY_OUT = (demo, sandbox)
OF_SCIENTISTS = (wait, download, relocate)

for command in (*OF_OPERATORS, *TO_TRY_OUT, *OF_SCIENTISTS):
    main.add_command(command)

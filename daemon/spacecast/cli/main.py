"""The command `spacecast`."""

import click

from spacecast import __version__
from spacecast.cli.checking import check
from spacecast.cli.demonstrating import demo
from spacecast.cli.looking import show, status
from spacecast.cli.playing import sandbox
from spacecast.cli.running import run, scan


@click.group()
@click.version_option(__version__, prog_name="spacecast")
def main() -> None:
    """Publish experiment folders through Onedata and Tiled."""


for command in (run, scan, check, status, show, demo, sandbox):
    main.add_command(command)

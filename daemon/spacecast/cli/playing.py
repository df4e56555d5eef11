"""`spacecast sandbox`: only the embedded Onedata and Tiled, to play with."""

import shlex
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spacecast.cli.demonstrating import end_by_signals, wait_for_interrupt
from spacecast.cli.options import DONE, called, make_folder, with_exit_codes
from spacecast.faults import NeedsPerson

if TYPE_CHECKING:
    from spacecast.sandbox.onedata import OnedataSandbox
    from spacecast.sandbox.tiled import TiledSandbox


@click.command(short_help="Run an embedded Onedata and a Tiled server to try things out.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where data and config go; default a temporary one. A ledger of an earlier sandbox may not be in it.",
)
@with_exit_codes
def sandbox(folder: Path | None) -> int:
    """Run an embedded Onedata and Tiled until Ctrl-C, with a config that fits them.

    A sandbox keeps nothing between runs: its spaces, shares and tokens end with it, and the next one has other
    addresses. So each needs a folder in which no daemon has worked yet.
    """
    if folder is not None:
        _refuse_used(folder)
    try:
        from spacecast.cli import demo_world  # noqa: PLC0415 - only this command needs the sandbox
        from spacecast.sandbox.onedata import OnedataSandbox  # noqa: PLC0415 - the same
        from spacecast.sandbox.tiled import TiledSandbox  # noqa: PLC0415 - the same
    except ImportError as missing:
        raise NeedsPerson(f"The sandbox needs {missing.name}: pip install 'spacecast[sandbox]'") from missing
    end_by_signals()
    with ExitStack() as stack:
        place = (
            folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spacecast-sandbox-")))
        ).resolve()
        root = place / "datasets"
        for needed in (root, place / "onedata"):
            make_folder(needed, remedy="Name another --folder, or change its permissions.")
        onedata = stack.enter_context(OnedataSandbox(place / "onedata"))
        tiled = stack.enter_context(TiledSandbox(place / "tiled", readable_storage=[root]))
        _say_where(demo_world.write_config(place, root, onedata, tiled), root, onedata, tiled)
        wait_for_interrupt()
    return DONE


def _refuse_used(folder: Path) -> None:
    state = folder.resolve() / "state"
    try:
        used = any(state.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise click.BadParameter(f"{state} cannot be looked into: {error.strerror}.", param_hint="--folder") from error
    if used:
        message = (
            f"{state} holds the ledger of an earlier sandbox, whose spaces and addresses do not exist any more. "
            f"Name another folder, or remove this one's: rm -r {shlex.quote(str(state))}"
        )
        raise click.BadParameter(message, param_hint="--folder")


def _say_where(config_path: Path, root: Path, onedata: "OnedataSandbox", tiled: "TiledSandbox") -> None:
    click.echo(f"Onezone      {onedata.zone_url} (plain: {onedata.zone_http_url})")
    click.echo(f"Oneprovider  {onedata.providers[0].url}")
    click.echo(f"Tiled        {tiled.url}?api_key={tiled.api_key}")
    click.echo(f"authorities  {onedata.ca_file}")
    click.echo(f"config       {config_path}\nfolder       {root}\n")
    click.echo(f"{called()} run --config {shlex.quote(str(config_path))}")
    click.echo("Ctrl-C ends it.")

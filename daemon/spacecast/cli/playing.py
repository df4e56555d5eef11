"""`spacecast sandbox`: only the embedded Onedata and Tiled, to play with."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from spacecast.cli.demonstrating import wait_for_interrupt
from spacecast.cli.options import DONE, with_exit_codes
from spacecast.faults import NeedsPerson


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Where data and config go; default a temporary one.")
@with_exit_codes
def sandbox(folder: Path | None) -> int:
    """Run an embedded Onedata and Tiled until Ctrl-C, with a config that fits them."""
    try:
        from spacecast.cli import demo_world  # noqa: PLC0415 - only this command needs the sandbox
        from spacecast.sandbox.onedata import OnedataSandbox  # noqa: PLC0415 - the same
        from spacecast.sandbox.tiled import TiledSandbox  # noqa: PLC0415 - the same
    except ImportError as missing:
        raise NeedsPerson(f"The sandbox needs {missing.name}: pip install 'spacecast[sandbox]'") from missing
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spacecast-sandbox-")))
        root = place / "datasets"
        root.mkdir(parents=True, exist_ok=True)
        (place / "onedata").mkdir(exist_ok=True)
        onedata = stack.enter_context(OnedataSandbox(place / "onedata"))
        tiled = stack.enter_context(TiledSandbox(place / "tiled", readable_storage=[root]))
        config_path = demo_world.write_config(place, root, onedata, tiled)
        click.echo(f"Onezone      {onedata.zone_url} (plain: {onedata.zone_http_url})")
        click.echo(f"Oneprovider  {onedata.providers[0].url}")
        click.echo(f"Tiled        {tiled.url}?api_key={tiled.api_key}")
        click.echo(f"config       {config_path}\nfolder       {root}\n")
        click.echo(f"spacecast run --config {config_path}")
        wait_for_interrupt()
    return DONE

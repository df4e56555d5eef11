"""`spacecast wait`, `download` and `relocate`: for scientists and their scripts, without the daemon or its config."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from spacecast.cli.options import DONE, Duration, with_exit_codes
from spacecast.faults import NeedsPerson
from spacecast.service.log import printable


def server_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--server`, by default what the environment and Tiled's profiles say."""
    option = click.option(
        "--server",
        metavar="URL",
        help="The container with the datasets, or a Tiled profile; default $SPACECAST_URL, then Tiled's own profile.",
    )
    return option(command)


@click.command(short_help="Wait until datasets or files can be read.")
@click.argument("refs", nargs=-1, required=True, metavar="REF...")
@click.option(
    "--timeout",
    "timeout_seconds",
    type=Duration(),
    metavar="DURATION",
    help="How long to wait at most, such as 90s or 2h; default for ever.",
)
@click.option(
    "--stage",
    type=click.Choice(["known", "downloadable", "readable"]),
    default="readable",
    help="What is waited for; default readable.",
)
@server_option
@with_exit_codes
def wait(refs: tuple[str, ...], timeout_seconds: float | None, stage: Any, server: str | None) -> int:
    """Wait until each REF (`dataset` or `dataset/file`) can be read, then exit.

    Exit codes: 0 all can be read; 1 not in time, or somebody has to act, the message says what; 2 wrong use.
    """
    with _wrong_use():
        from spacecast import data  # noqa: PLC0415 - the daemon's commands do without it

        for status in data.wait(list(refs), timeout_seconds, stage, server=server, tell=_tell):
            click.echo(printable(str(status)))
    return DONE


@click.command(short_help="Download datasets or files, with a catalog to open them.")
@click.argument("refs", nargs=-1, metavar="[REF]...")
@click.option(
    "--search", "text", default="", metavar="WORDS", help="Datasets with all of these words in their metadata."
)
@click.option(
    "--key", "keys", multiple=True, metavar="NAME=TEXT", help="Datasets whose metadata say so, such as Sample.Name=70S."
)
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    metavar="PLACE",
    help="The folder, or the .zip file, to download into; a folder is gone on with, a ZIP file is made anew.",
)
@click.option("--catalog/--no-catalog", "with_catalog", default=True, help="With catalog.db, or files only.")
@click.option(
    "--source",
    type=click.Choice(["auto", "tiled", "onedata"]),
    default="auto",
    help="Where files are asked for first; default auto: the public share where there is much.",
)
@server_option
@with_exit_codes
def download(
    refs: tuple[str, ...],
    text: str,
    keys: tuple[str, ...],
    target: Path,
    source: Any,
    server: str | None,
    *,
    with_catalog: bool,
) -> int:
    """Download each REF (`dataset` or `dataset/file`), or what a search finds; called again it goes on.

    Exit codes: 0 everything is there; 1 a file did not arrive, the message names it, or nothing was found; 2 wrong use.
    """
    if bool(refs) == bool(text or keys):
        raise click.UsageError("Name what to download, or search for it with --search or --key: one of both.")
    with _wrong_use():
        from spacecast import data  # noqa: PLC0415 - the daemon's commands do without it

        wanted: Any = list(refs) if refs else data.search(text, server=server, **_parsed(keys))
        if not len(wanted):
            raise NeedsPerson("No dataset has all of this in its metadata, so there is nothing to download.")
        brought = data.download(
            wanted, target, catalog="catalog.db" if with_catalog else None, source=source, server=server
        )
    click.echo(f"{brought.files} files, {brought.bytes:,} bytes of {len(brought.datasets)} datasets in {target}")
    for name, reason in brought.left_out:
        click.echo(printable(f"left out: {name}: {reason}"), err=True)
    return DONE


@click.command(short_help="Put a downloaded folder right after it was moved.")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@with_exit_codes
def relocate(folder: Path) -> int:
    """Make the catalog in a downloaded FOLDER point to the files there. Python does so by itself."""
    with _wrong_use():
        from spacecast import data  # noqa: PLC0415 - the daemon's commands do without it

        click.echo(f"{data.relocate(folder)} addresses changed")
    return DONE


@contextmanager
def _wrong_use() -> Iterator[None]:
    """Turn references and servers that cannot be meant into wrong use."""
    from spacecast.data import BadReference, NoServer  # noqa: PLC0415 - the daemon's commands do without it

    try:
        yield
    except (BadReference, NoServer) as wrong:
        raise click.UsageError(printable(str(wrong))) from wrong


def _parsed(keys: tuple[str, ...]) -> dict[str, str]:
    pairs = [key.partition("=") for key in keys]
    if not all(name and found for name, found, _text in pairs):
        raise click.BadParameter("it has the form NAME=TEXT.", param_hint="--key")
    return {name: text for name, _found, text in pairs}


def _tell(text: str) -> None:
    click.echo(printable(text), err=True)

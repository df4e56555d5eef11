"""`spacecast migrate`: a config of fs2od becomes one of Spacecast, and every key of it is accounted for."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import click
from rich.console import Console

from spacecast.cli.columns import print_line, print_rows
from spacecast.cli.options import DONE, NEEDS_PERSON, with_exit_codes
from spacecast.config.fs2od import Folders, Migration, Outcome, migrate
from spacecast.config.loading import LARGEST_CONFIG_BYTES
from spacecast.faults import NeedsPerson

_USUAL_SECRETS = Path("/etc/spacecast")
_TO_DO = (Outcome.BY_HAND, Outcome.NOT_SUPPORTED, Outcome.UNKNOWN)


@click.command("migrate", short_help="Make a config from one of fs2od.")
@click.argument("old", type=click.Path(path_type=Path, dir_okay=False), metavar="FS2OD-CONFIG")
@click.option(
    "--write",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the new config there instead of printing it; nothing is overwritten.",
)
@click.option(
    "--secrets",
    "secrets_folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write the tokens and the password into files of mode 0600 in this folder, and name those in the config.",
)
@click.option(
    "--folder",
    "pairs",
    multiple=True,
    metavar="THERE=HERE",
    help="What fs2od called THERE, in its container say, is HERE on this machine. Any number of times.",
)
@click.option(
    "--templates",
    "templates",
    nargs=2,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="OLD NEW",
    help="Translate the templates in fs2od's folder OLD into the folder NEW.",
)
@with_exit_codes
def migrate_command(
    old: Path,
    target: Path | None,
    secrets_folder: Path | None,
    pairs: tuple[str, ...],
    templates: tuple[Path, Path] | None,
) -> int:
    """Print the config that says what a config of fs2od says, and on standard error what became of each key.

    No secret is printed, and none is written without --secrets. Exit code: 0, or 1 where something of the new config
    has still to be filled in.
    """
    folder = secrets_folder.absolute() if secrets_folder is not None else _USUAL_SECRETS
    found = migrate(
        old,
        _read(old),
        secrets_folder=str(folder),
        folders=_folders(pairs),
        templates=_templates_in(templates[0]) if templates else {},
        templates_folder=str(templates[1].absolute()) if templates else "",
    )
    if secrets_folder is not None:
        _write_all(folder, {name: f"{value}\n" for name, value in found.secrets.items()}, "--secrets", 0o600)
    if templates is not None:
        _write_all(templates[1], found.templates, "--templates", 0o644)
    if target is not None:
        _write_new(target, found.text.encode(), 0o640)
    else:
        click.echo(found.text, nl=False)
    _tell(found, Console(stderr=True), secrets_folder)
    return NEEDS_PERSON if found.problems else DONE


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_CONFIG_BYTES)
    except OSError as error:
        raise NeedsPerson(f"{path} cannot be read: {error.strerror}. Name the config of fs2od") from error


def _folders(pairs: tuple[str, ...]) -> Folders:
    folders: Folders = {}
    for pair in pairs:
        there, equals, here = pair.partition("=")
        if not equals or not there.startswith("/") or not here.startswith("/"):
            raise click.UsageError("--folder takes two absolute paths: --folder /volumes/volume1=/gpfs/volume1")
        folders[PurePosixPath(there)] = PurePosixPath(here)
    return folders


def _templates_in(folder: Path) -> dict[str, str]:
    try:
        return {
            path.name: path.read_text(encoding="utf-8")
            for path in sorted(folder.iterdir())
            if path.suffix in {".txt", ".html", ".md"}
        }
    except (OSError, UnicodeDecodeError) as error:
        raise NeedsPerson(f"The templates in {folder} cannot be read: {error}. Name fs2od's folder of them") from error


def _write_all(folder: Path, files: Mapping[str, str], option: str, mode: int) -> None:
    try:
        folder.mkdir(mode=0o700 if mode & 0o077 == 0 else 0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise NeedsPerson(f"{folder} cannot be made: {error.strerror}. Name another one with {option}") from error
    for name, text in files.items():
        path = folder / name
        # Done again with the same input, it changes nothing.
        if not _holds(path, text):
            _write_new(path, text.encode(), mode)


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text() == text
    except (OSError, UnicodeDecodeError):
        return False


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    except FileExistsError as error:
        raise NeedsPerson(f"{path} is there already and is not overwritten. Move it away, or name another") from error
    except OSError as error:
        raise NeedsPerson(f"{path} cannot be written: {error.strerror}. Name another place") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _tell(found: Migration, console: Console, secrets_folder: Path | None) -> None:
    rows: list[Any] = [(str(entry.line or ""), entry.key, entry.outcome.value, entry.note) for entry in found.entries]
    print_rows(console, ("line", "key", "outcome", "new key, or why not"), rows)
    counts = {outcome: sum(entry.outcome is outcome for entry in found.entries) for outcome in Outcome}
    print_line(console, ", ".join(f"{number} {outcome.value}" for outcome, number in counts.items() if number))
    if found.secrets and secrets_folder is None:
        names = ", ".join(found.secrets)
        print_line(console, f"Not written: {names}. They are with --secrets {_USUAL_SECRETS}, readable for you alone")
    for problem in found.problems:
        print_line(console, f"To be filled in: {problem.key}: {problem.text}", style="bold")
    if any(entry.outcome in _TO_DO for entry in found.entries):
        print_line(console, "Look at what is not supported, unknown, or by hand; then: spacecast check --config FILE")

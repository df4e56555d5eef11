"""`spacecast install`: the files that make Spacecast a service of systemd, shown or written."""

import os
import shutil
import sys
from pathlib import Path

import click

from spacecast.cli.options import DONE, NEEDS_PERSON, config_option, load_config, with_exit_codes
from spacecast.config import Config, default_path
from spacecast.service.installing import Plan, PlannedFile, Standing, Wishes, planned
from spacecast.service.installing.advice import cautions, next_commands
from spacecast.service.installing.remembered import Remembered, remembered
from spacecast.service.log import printable

_ACCOUNT = "spacecast"


@click.command(short_help="Show or write the files of the systemd service.")
@config_option
@click.option("--write", "is_written", is_flag=True, help="Write the files; without it they are only shown.")
@click.option("--force", is_flag=True, help="Also write over files that somebody has changed.")
@click.option("--user", metavar="NAME", help="Whom the service runs as; default as before, or spacecast.")
@click.option("--group", metavar="NAME", help="The group of that user; default as before, or as the user.")
@click.option(
    "--data-group",
    "data_groups",
    multiple=True,
    metavar="NAME",
    help="A group that may write into the watched folders; may be given several times. Default as before; '' for none.",
)
@click.option("--program", type=click.Path(path_type=Path), metavar="PATH", help="The program; default this one.")
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default="/",
    metavar="DIR",
    help="Install below this folder, for packages and trials; default /.",
)
@with_exit_codes
def install(
    config_path: Path | None,
    user: str | None,
    group: str | None,
    data_groups: tuple[str, ...],
    program: Path | None,
    root: Path,
    *,
    is_written: bool,
    force: bool,
) -> int:
    """Show or write the files that make Spacecast a service of systemd for this config; say what to type next.

    Where there is no config yet, the sample is put into its place. Exit code: 0, or 1 where something would keep the
    service from working, or a file was left alone because somebody has changed it.
    """
    config_file = _config_file(config_path, root.absolute())
    account = _account(remembered(root.absolute()), user, group, data_groups)
    wishes = Wishes(_as_seen(config_file, root.absolute()), _program(program), *account)
    config = load_config(config_file, check_machine=False) if config_file.exists() else None
    plan = planned(config, wishes, root.absolute())
    for file in plan.files:
        _show(file, is_written=is_written, force=force)
    for file in plan.to_write(force=force) if is_written else ():
        file.write()
    return _advise(plan, config, wishes, is_left_alone=bool(plan.changed) and not force, is_written=is_written)


def _config_file(named: Path | None, root: Path) -> Path:
    return named.absolute() if named is not None else root / default_path(os.environ).absolute().relative_to("/")


def _as_seen(config_file: Path, root: Path) -> Path:
    """Return the path that the config has once `root` is the root."""
    return Path("/") / config_file.relative_to(root) if config_file.is_relative_to(root) else config_file


def _account(
    before: Remembered, user: str | None, group: str | None, data_groups: tuple[str, ...]
) -> tuple[str, str, tuple[str, ...]]:
    """Return user, group and further groups: those named now, else those of the last time."""
    name = user or before.user or _ACCOUNT
    own_group = group or (before.group if name == before.user else "") or name
    return name, own_group, tuple(filter(None, data_groups)) if data_groups else before.data_groups


def _program(named: Path | None) -> tuple[str, ...]:
    if named is not None:
        return (str(named.absolute()),)
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return (sys.executable, "-m", called.parent.name)
    return (str(Path(shutil.which(str(called)) or called).absolute()),)


def _show(file: PlannedFile, *, is_written: bool, force: bool) -> None:
    is_kept = file.standing is Standing.CHANGED and not force
    note = f"{file.standing}; left alone, --force overwrites it" if is_kept else file.standing
    click.echo(f"{'' if is_written else '==> '}{file.target}   ({note})")
    if not is_written and file.standing is not Standing.SAME:
        click.echo(printable(file.text))


def _advise(plan: Plan, config: Config | None, wishes: Wishes, *, is_left_alone: bool, is_written: bool) -> int:
    found = cautions(config, wishes)
    for caution in found:
        click.echo(f"! {printable(caution)}.", err=True)
    if not is_written and plan.to_write(force=False):
        click.echo("Nothing was written: add --write. Then type, as root:")
    else:
        click.echo("Type next, as root:")
    for command in next_commands(config, wishes):
        click.echo(f"    {printable(command)}")
    return NEEDS_PERSON if found or is_left_alone else DONE

"""What the commands have in common: the config, its errors, durations, folders to make, and the exit codes."""

import functools
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from spacecast.config import Config, ConfigError, default_path, load, parse_duration
from spacecast.faults import Fault, NeedsPerson
from spacecast.ledger import Ledger, open_ledger
from spacecast.secrecy import without_secrets
from spacecast.service.log import printable

DONE, NEEDS_PERSON, WRONG_USE = 0, 1, 2


class Duration(click.ParamType[float]):
    """A length of time with its unit, such as `90s` or `10min`, as seconds."""

    name = "duration"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        """Return the seconds; anything that is no duration is wrong use, with a hint at what is meant."""
        try:
            return parse_duration(value)
        except ValueError as wrong:
            self.fail(f"{wrong}", parameter, context)


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--config FILE`, by default `$SPACECAST_CONFIG`, then the one in /etc."""
    option = click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The config; default $SPACECAST_CONFIG, then /etc/spacecast/spacecast.yaml.",
    )
    return option(command)


def load_config(config_path: Path | None, *, check_machine: bool = True) -> Config:
    """Return the config that is meant; raises ConfigError with every problem in it."""
    return load(config_path or default_path(os.environ), check_machine=check_machine)


def ledger_of(
    config: Config,
    *,
    read_only: bool = False,
    thorough: bool = False,
    alone: bool = False,
    history_later: bool = False,
) -> Ledger:
    """Open the config's ledger; `thorough` checks it in every respect, `alone` keeps other daemons away from it.

    With `history_later` the caller has `Ledger.check_whole` called once it serves.
    """
    url = config.ledger_url
    if config.ledger_password is not None:
        secured = sa.make_url(url).set(password=config.ledger_password.reveal())
        url = secured.render_as_string(hide_password=False)
    return open_ledger(url, read_only=read_only, thorough=thorough, alone=alone, history_later=history_later)


def ledger_beside(config: Config) -> Ledger:
    """Open the ledger to write an order into it, beside a running daemon or without one; nothing is made or upgraded.

    Raises NeedsPerson where this user may not write it.
    """
    file = config.ledger_file
    if file is not None and file.exists() and not os.access(file, os.W_OK):
        raise NeedsPerson(
            f"{file} belongs to the user that runs the daemon, and this one may not write it. Type the command as that "
            f"user, such as `sudo -u spacecast spacecast …`"
        )
    return ledger_of(config, read_only=True)


def make_folder(folder: Path, *, mode: int = 0o777, remedy: str) -> None:
    """Make a folder and those above it, where they are not there; raises NeedsPerson that ends with the remedy."""
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise NeedsPerson(f"{folder} cannot be made: {error.strerror}. {remedy}") from error


def called() -> str:
    """Return how this program was called, to be typed again."""
    path = Path(sys.argv[0])
    if path.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m {path.parent.name}"
    found = shutil.which(path.name)
    on_the_path = found is not None and path.exists() and path.samefile(found)
    return shlex.quote(path.name if on_the_path else str(path))


def with_exit_codes(command: Callable[..., int | None]) -> Callable[..., None]:
    """Turn a command's result and faults into exit codes: 0 done, 1 needs a person, 2 wrong use or config."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            code = command(*arguments, **options)
        except ConfigError as error:
            _complain(error)
            sys.exit(WRONG_USE)
        except Fault as error:
            _complain(error)
            sys.exit(NEEDS_PERSON if isinstance(error, NeedsPerson) else 1)
        sys.exit(code or DONE)

    return run


def _complain(error: Exception) -> None:
    click.echo(printable(without_secrets(f"spacecast: {error}")), err=True)

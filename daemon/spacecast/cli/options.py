"""What the commands have in common: the config, its errors, and the exit codes."""

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from spacecast.config import Config, ConfigError, default_path, load
from spacecast.faults import Fault, NeedsPerson
from spacecast.ledger import Ledger, open_ledger
from spacecast.service.log import printable

DONE, NEEDS_PERSON, WRONG_USE = 0, 1, 2


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


def ledger_of(config: Config, *, read_only: bool = False) -> Ledger:
    """Open the config's ledger."""
    url = config.ledger_url
    if config.ledger_password is not None:
        secured = sa.make_url(url).set(password=config.ledger_password.reveal())
        url = secured.render_as_string(hide_password=False)
    return open_ledger(url, read_only=read_only)


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
    click.echo(printable(f"spacecast: {error}"), err=True)

"""`spacecast run` and `spacecast scan`: the daemon, and one pass of it."""

from pathlib import Path

import click

from spacecast.cli.options import DONE, NEEDS_PERSON, config_option, ledger_of, load_config, with_exit_codes
from spacecast.config import Config, parse_duration
from spacecast.ledger import LedgerLock, State
from spacecast.service import log
from spacecast.service.daemon import run_daemon, run_once


@click.command()
@config_option
@with_exit_codes
def run(config_path: Path | None) -> int:
    """Run the daemon in the foreground, as systemd starts it."""
    config = load_config(config_path)
    _set_up_logging(config)
    _make_state_folder(config)
    with LedgerLock(config.state_folder):
        run_daemon(config, ledger_of(config))
    return DONE


@click.command()
@config_option
@click.option("--timeout", default="10min", metavar="DURATION", help="How long to work at most; default 10min.")
@with_exit_codes
def scan(config_path: Path | None, timeout: str) -> int:
    """Bring everything that is found to ready, once, then exit: 0 all ready, 1 something is not."""
    config = load_config(config_path)
    _set_up_logging(config)
    _make_state_folder(config)
    with LedgerLock(config.state_folder):
        states = run_once(config, ledger_of(config), timeout_seconds=parse_duration(timeout))
    open_ones = {state: number for state, number in states.items() if state not in (State.READY, State.WITHDRAWN)}
    click.echo(", ".join(f"{number} {state}" for state, number in sorted(states.items())) or "no datasets found")
    return NEEDS_PERSON if open_ones else DONE


def _set_up_logging(config: Config) -> None:
    log.configure(
        style=config.log.format,
        level=config.log.level,
        secrets=lambda: [secret.reveal() for secret in config.secrets()],
    )


def _make_state_folder(config: Config) -> None:
    config.state_folder.mkdir(mode=0o700, parents=True, exist_ok=True)

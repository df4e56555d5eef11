"""`spacecast run` and `spacecast scan`: the daemon, and one pass of it."""

from pathlib import Path

import click

from spacecast.cli.forecasting import forecast
from spacecast.cli.options import (
    DONE,
    NEEDS_PERSON,
    Duration,
    config_option,
    ledger_of,
    load_config,
    make_folder,
    with_exit_codes,
)
from spacecast.config import Config
from spacecast.ledger import LedgerLock, State
from spacecast.service import log
from spacecast.service.daemon import run_daemon, run_once


@click.command(short_help="Run the daemon in the foreground.")
@config_option
@with_exit_codes
def run(config_path: Path | None) -> int:
    """Run the daemon in the foreground, as systemd starts it."""
    config = load_config(config_path)
    log.set_up(config)
    _make_state_folder(config)
    with LedgerLock(config.state_folder) as lock:
        ledger = ledger_of(config, thorough=lock.was_left_behind, alone=True, history_later=True)
        run_daemon(config, ledger, lambda: load_config(config_path))
    return DONE


@click.command(short_help="Publish what is found, once, then exit.")
@config_option
@click.option(
    "--timeout",
    "timeout_seconds",
    type=Duration(),
    default="10min",
    metavar="DURATION",
    help="How long to work at most, such as 90s or 2h; default 10min.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen to each folder, and why.")
@click.option("--json", "as_json", is_flag=True, help="With --dry-run: one JSON document, for programs.")
@with_exit_codes
def scan(config_path: Path | None, timeout_seconds: float, *, dry_run: bool, as_json: bool) -> int:
    """Bring everything that is found to ready, once, then exit: 0 all ready, 1 something is not.

    With --dry-run nothing is written and no service is asked, also beside a running daemon: 1 says that something would
    be blocked.
    """
    if dry_run:
        return forecast(load_config(config_path, check_machine=False), as_json=as_json)
    if as_json:
        raise click.UsageError("--json goes with --dry-run.")
    config = load_config(config_path)
    log.set_up(config)
    _make_state_folder(config)
    with LedgerLock(config.state_folder) as lock:
        ledger = ledger_of(config, thorough=lock.was_left_behind, alone=True)
        states = run_once(config, ledger, timeout_seconds=timeout_seconds)
    open_ones = {state: number for state, number in states.items() if state not in (State.READY, State.WITHDRAWN)}
    click.echo(", ".join(f"{number} {state}" for state, number in sorted(states.items())) or "no datasets found")
    return NEEDS_PERSON if open_ones else DONE


def _make_state_folder(config: Config) -> None:
    remedy = (
        f"As root: `install -d -m 0700 -o spacecast -g spacecast {config.state_folder}` for whoever runs the daemon; "
        "or name another state_folder in the config."
    )
    make_folder(config.state_folder, mode=0o700, remedy=remedy)

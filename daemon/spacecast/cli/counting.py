"""`spacecast stats`: how much has been published, as a table or as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from spacecast import __version__
from spacecast.cli.columns import print_line, print_rows
from spacecast.cli.options import DONE, config_option, ledger_of, load_config, with_exit_codes
from spacecast.cli.telling import in_words
from spacecast.config import Config
from spacecast.ledger import Ledger
from spacecast.publish.services import open_services
from spacecast.publish.statistics import Amount, Statistics, ask_occupancy, statistics

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP = 1024


@click.command(short_help="Show how much has been published.")
@click.option("--ask", "is_asked", is_flag=True, help="Also ask the provider how much each space occupies there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@config_option
@with_exit_codes
def stats(config_path: Path | None, *, is_asked: bool, as_json: bool) -> int:
    """Show datasets, files and bytes by provider, watched folder and month in which they were found.

    All of it is in the ledger; --ask sends one request for each space.
    """
    config = load_config(config_path, check_machine=False)
    ledger = ledger_of(config, read_only=True)
    try:
        found = _found(config, ledger, is_asked=is_asked)
    finally:
        ledger.close()
    if as_json:
        click.echo(json.dumps(statistics_facts(found), indent=2))
    else:
        _print(found, Console())
    return DONE


def _found(config: Config, ledger: Ledger, *, is_asked: bool) -> Statistics:
    if not is_asked:
        return statistics(config, ledger)
    with open_services(config, ledger) as services, Console(stderr=True).status("asking the provider"):
        return statistics(config, ledger, ask_occupancy(ledger, services, config.limits.connections_per_service))


def statistics_facts(found: Statistics) -> dict[str, object]:
    """Return what `stats --json` says."""
    return {
        "version": __version__,
        "total": asdict(found.total),
        "by_state": {state.value: number for state, number in sorted(found.by_state.items())},
        "by_provider": _groups(found.by_provider),
        "by_folder": _groups(found.by_folder),
        "by_month": _groups(found.by_month),
        "not_asked": found.not_asked,
    }


def _groups(amounts: Mapping[str, Amount]) -> list[dict[str, object]]:
    return [{"name": name, **asdict(amount)} for name, amount in sorted(amounts.items())]


def _print(found: Statistics, console: Console) -> None:
    groups = {"provider": found.by_provider, "watched folder": found.by_folder, "month": found.by_month}
    for title, amounts in groups.items():
        if amounts:
            _print_table(title, amounts, console)
            print_line(console, "")
    _print_table("", {"all": found.total}, console)
    states = ", ".join(f"{number} {state}" for state, number in found.by_state.most_common())
    print_line(console, states or "no datasets")
    if found.not_asked:
        print_line(console, f"{found.not_asked} spaces could not be asked for: `spacecast check` says what is wrong")


def _print_table(title: str, amounts: Mapping[str, Amount], console: Console) -> None:
    is_asked = any(amount.occupancy_bytes is not None for amount in amounts.values())
    headings = (title, "datasets", "files", "size", *(("occupied",) if is_asked else ()))
    rows = [
        (
            in_words("", name),
            f"{amount.datasets:>8,}",
            f"{amount.files:>10,}",
            f"{_size(amount.bytes):>10}",
            *((f"{_size(amount.occupancy_bytes or 0):>10}",) if is_asked else ()),
        )
        for name, amount in sorted(amounts.items())
    ]
    print_rows(console, headings, rows)


def _size(size_bytes: float) -> str:
    for unit in _UNITS[:-1]:
        if size_bytes < _STEP:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= _STEP
    return f"{size_bytes:.1f} {_UNITS[-1]}"

"""`spacecast check`: what is wrong with config, machine and services, and what to type or change next."""

import json
import os
from dataclasses import asdict
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from spacecast.cli.columns import print_line
from spacecast.cli.options import DONE, NEEDS_PERSON, WRONG_USE, config_option, ledger_of, load_config, with_exit_codes
from spacecast.config import Config, ConfigError, default_path
from spacecast.service.log import printable
from spacecast.service.preflight import Finding, Outcome, Preflight

_SIGNS = {Outcome.OK: ("✓", "ok", "green"), Outcome.WARNING: ("!", "!", "yellow"), Outcome.PROBLEM: ("✗", "X", "red")}
_TITLES = {
    "config": "Config",
    "state": "State folder",
    "folders": "Watched folders",
    "zone": "Onezone",
    "provider": "Oneprovider",
    "panel": "Onepanel",
    "tiled": "Tiled",
    "notify": "Mail and webhooks",
}


@click.command(short_help="Say what is wrong and what to do next.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@with_exit_codes
def check(config_path: Path | None, *, as_json: bool) -> int:
    """Say what is wrong with config, folders and services, and what to do next; changes nothing.

    Exit code: 0 nothing is wrong (there may be warnings), 1 something needs a person, 2 the config is wrong.
    """
    path = config_path or default_path(os.environ)
    config, wrong = _config_and_troubles(path)
    open_ledger = partial(ledger_of, config, read_only=True)
    with Console(stderr=True).status("looking at the folders and asking the services"):
        findings = Preflight(path, config, open_ledger, wrong).findings()
    if as_json:
        click.echo(json.dumps(_facts(findings), indent=2))
    else:
        _print_groups(findings, Console())
    if wrong is not None:
        return WRONG_USE
    return NEEDS_PERSON if _number(findings, Outcome.PROBLEM) else DONE


def _config_and_troubles(path: Path) -> tuple[Config, ConfigError | None]:
    """Load the config; where only this machine does not fit it, the rest can be looked at all the same."""
    try:
        return load_config(path), None
    except ConfigError as wrong:
        return load_config(path, check_machine=False), wrong


def _number(findings: list[Finding], outcome: Outcome) -> int:
    return sum(finding.outcome is outcome for finding in findings)


def _facts(findings: list[Finding]) -> dict[str, Any]:
    return {
        "problems": _number(findings, Outcome.PROBLEM),
        "warnings": _number(findings, Outcome.WARNING),
        "findings": [asdict(finding) for finding in findings],
    }


def _print_groups(findings: list[Finding], console: Console) -> None:
    for area, group in groupby(findings, key=lambda finding: finding.area):
        print_line(console, _TITLES.get(area, area), style="bold")
        if console.is_terminal:
            console.print(_table(list(group), console))
        else:
            _print_plain(list(group), console)
    problems, warnings = _number(findings, Outcome.PROBLEM), _number(findings, Outcome.WARNING)
    summary = f"problems: {problems}, warnings: {warnings}" if problems or warnings else "all is well"
    print_line(console, summary, style="bold red" if problems else "bold")


def _print_plain(findings: list[Finding], console: Console) -> None:
    """Print one line for each finding and one for its remedy, however long, to be searched and copied."""
    for finding in findings:
        sign = _SIGNS[finding.outcome][1]
        print_line(console, f" {sign:3}{printable(finding.subject)}: {printable(finding.message)}")
        if finding.remedy:
            print_line(console, f"    -> {printable(finding.remedy)}")


def _table(findings: list[Finding], console: Console) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(width=3)
    table.add_column(overflow="fold", max_width=36)
    table.add_column(overflow="fold", ratio=1)
    for finding in findings:
        sign, plain_sign, colour = _SIGNS[finding.outcome]
        said = Text(printable(finding.message))
        if finding.remedy:
            said.append(f"\n-> {printable(finding.remedy)}", style="bold")
        shown_sign = sign if console.is_terminal and not console.options.ascii_only else plain_sign
        table.add_row(Text(f" {shown_sign}", style=colour), Text(printable(finding.subject)), said)
    return table

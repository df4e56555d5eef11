"""`spacecast scan --dry-run`: what would happen to each folder, and why; nothing happens."""

import json
from collections import Counter

import click
from rich.console import Console

from spacecast.cli.columns import print_line, print_rows
from spacecast.cli.options import DONE, NEEDS_PERSON, ledger_of
from spacecast.cli.telling import in_words
from spacecast.config import Config
from spacecast.folders import RootUnreadable, WatchedFolder, expand_roots
from spacecast.ledger import Ledger
from spacecast.publish.forecast import BLOCK, Forecast, Forecaster


def forecast(config: Config, *, as_json: bool) -> int:
    """Print what one pass would do with each folder; the exit code says whether something would be blocked."""
    file = config.ledger_file
    ledger = None if file is not None and not file.exists() else ledger_of(config, read_only=True)
    try:
        found, problems = _look(config, ledger)
    finally:
        if ledger is not None:
            ledger.close()
    if as_json:
        facts = [_facts(one) for one in found]
        click.echo(json.dumps({"folders": facts, "folder_problems": problems}, indent=2))
    else:
        _print(found, problems, Console())
    return NEEDS_PERSON if problems or any(one.will == BLOCK for one in found) else DONE


def _look(config: Config, ledger: Ledger | None) -> tuple[list[Forecast], list[str]]:
    watched = [WatchedFolder(str(watch.folder)) for watch in config.watch]
    states = expand_roots(watched, ledger.roots() if ledger is not None else None)
    problems = [state.problem for state in states if state.problem]
    forecaster, found = Forecaster(config, ledger), list[Forecast]()
    for state in states:
        if state.problem:
            continue
        try:
            found += sorted(forecaster.of_root(state.root), key=lambda one: one.path)
        except RootUnreadable as unreadable:
            problems.append(str(unreadable))
    return found, problems


def _facts(one: Forecast) -> dict[str, str | None]:
    state = one.state.value if one.state is not None else None
    return {"path": str(one.path), "will": one.will, "why": one.why, "state": state}


def _print(found: list[Forecast], problems: list[str], console: Console) -> None:
    if found:
        rows = [(in_words("", str(one.path)), one.will, in_words("", one.why)) for one in found]
        print_rows(console, ("folder", "would", "because"), rows)
    for problem in problems:
        print_line(console, in_words("", problem), style="red")
    counts = Counter(one.will for one in found)
    print_line(console, ", ".join(f"{number} {will}" for will, number in counts.most_common()) or "no datasets")

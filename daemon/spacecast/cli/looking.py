"""`spacecast status` and `spacecast show`: what the ledger says, beside a running daemon or without one."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from spacecast import __version__
from spacecast.cli.choosing import chosen, names_argument
from spacecast.cli.columns import print_line, print_rows
from spacecast.cli.dataset_page import print_datasets
from spacecast.cli.options import DONE, NEEDS_PERSON, config_option, ledger_of, load_config, with_exit_codes
from spacecast.cli.roots_now import root_problems
from spacecast.cli.telling import age, dataset_facts, event_facts, in_words, moment, object_facts, stage_facts
from spacecast.cli.watching import show_again_and_again, watch_option
from spacecast.ledger import WITHDRAW, Dataset, Ledger, State
from spacecast.publish.admission import CATALOG, FOLDER_STAGE, IMPORT, LINK

_COLOURS = {
    State.READY: "green",
    State.WORKING: "cyan",
    State.WAITING: "cyan",
    State.RETRYING: "yellow",
    State.BLOCKED: "red",
    State.MISSING: "magenta",
    State.WITHDRAWN: "dim",
}
# The order in which a dataset goes through them.
_STAGES = (FOLDER_STAGE, LINK, IMPORT, CATALOG, WITHDRAW)


@click.command(short_help="Show one line for each dataset.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only datasets in this state; may be given more than once.",
)
@watch_option
@with_exit_codes
def status(config_path: Path | None, states: tuple[str, ...], *, as_json: bool, watch: bool) -> int:
    """Show one line for each dataset: its state, since when, and why; and which watched folders are not there."""
    config = load_config(config_path, check_machine=False)
    ledger = ledger_of(config, read_only=True)

    def show_once(console: Console) -> None:
        datasets = list(ledger.datasets(*map(State, states)))
        problems, paused_since = root_problems(config, ledger.roots()), ledger.all_paused_since()
        if as_json:
            _print_json(datasets, problems, paused_since, indent=None if watch else 2)
        else:
            _print_table(datasets, problems, paused_since, console)

    try:
        show_again_and_again(show_once, Console()) if watch else show_once(Console())
    finally:
        ledger.close()
    return DONE


def _print_json(
    datasets: list[Dataset], problems: list[str], paused_since: float | None, *, indent: int | None
) -> None:
    document = {
        "version": __version__,
        "paused_since": moment(paused_since),
        "datasets": [dataset_facts(dataset) for dataset in datasets],
        "common_reasons": _common_reasons(datasets),
        "folder_problems": problems,
    }
    click.echo(json.dumps(document, indent=indent))


def _print_table(datasets: list[Dataset], problems: list[str], paused_since: float | None, console: Console) -> None:
    if paused_since is not None:
        since = in_words("since", moment(paused_since))
        print_line(console, f"All work is paused since {since}; go on with `spacecast resume`", style="yellow")
    if datasets:
        print_rows(console, ("dataset", "state", "since", "reason"), [_row(dataset) for dataset in datasets])
    for reason, number in _common_reasons(datasets).items():
        print_line(console, f"{number} datasets: {in_words('', reason)}")
    for problem in problems:
        print_line(console, in_words("", problem), style="red")
    counts = {state: sum(dataset.state is state for dataset in datasets) for state in State}
    click.echo(", ".join(f"{number} {state}" for state, number in counts.items() if number) or "no datasets")


def _common_reasons(datasets: list[Dataset]) -> dict[str, int]:
    """Return what several datasets wait for, a service that is out say, and how many."""
    waiting = Counter(one.reason for one in datasets if one.state in (State.RETRYING, State.BLOCKED))
    return {reason: number for reason, number in waiting.most_common() if number > 1}


def _row(dataset: Dataset) -> tuple[str | Text, ...]:
    state = "live" if dataset.live and dataset.state is State.READY else dataset.state.value
    since = age(time.time() - dataset.changed_at)
    reason = "; ".join(filter(None, ("paused" if dataset.paused else "", dataset.reason)))
    return in_words("", dataset.name), Text(state, _COLOURS[dataset.state]), since, in_words("", reason)


@click.command(short_help="Show everything about one dataset.")
@names_argument(required=True)
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@watch_option
@with_exit_codes
def show(names: tuple[str, ...], prefix: str, config_path: Path | None, *, as_json: bool, watch: bool) -> int:
    """Show everything about one dataset, named by its folder, key or path: stages, what was made for it, history.

    Exit code: 0, or 1 where it is blocked or not known. Several datasets of the same name are all shown.
    """
    ledger = ledger_of(load_config(config_path, check_machine=False), read_only=True)

    def show_once(console: Console) -> int:
        found = chosen(ledger, names, prefix)
        documents = [everything(ledger, dataset) for dataset in found]
        if as_json:
            click.echo(json.dumps({"datasets": documents}, indent=None if watch else 2))
        else:
            print_datasets(documents, console)
        return NEEDS_PERSON if any(dataset.state is State.BLOCKED for dataset in found) else DONE

    try:
        return show_again_and_again(show_once, Console()) if watch else show_once(Console())
    finally:
        ledger.close()


def everything(ledger: Ledger, dataset: Dataset) -> dict[str, Any]:
    """Return what `show --json` says of a dataset."""
    stages = ledger.stages(dataset.id)
    in_order = sorted(stages, key=lambda name: _STAGES.index(name) if name in _STAGES else len(_STAGES))
    return {
        **dataset_facts(dataset),
        "stages": [stage_facts(stages[name]) for name in in_order],
        "objects": [object_facts(found) for found in ledger.objects(dataset.id).values()],
        "events": [event_facts(event) for event in ledger.events(dataset.id)],
    }

"""`spacecast status` and `spacecast show`: what the ledger says, beside a running daemon or without one."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from spacecast.cli.columns import print_line, print_rows
from spacecast.cli.dataset_page import print_datasets
from spacecast.cli.options import DONE, NEEDS_PERSON, config_option, ledger_of, load_config, with_exit_codes
from spacecast.cli.roots_now import root_problems
from spacecast.cli.telling import age, dataset_facts, event_facts, in_words, object_facts, stage_facts
from spacecast.faults import NeedsPerson
from spacecast.ledger import Dataset, Ledger, State
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
_STAGES = (FOLDER_STAGE, LINK, IMPORT, CATALOG)


@click.command(short_help="Show one line for each dataset.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only datasets in this state.",
)
@with_exit_codes
def status(config_path: Path | None, states: tuple[str, ...], *, as_json: bool) -> int:
    """Show one line for each dataset: its state, since when, and why; and which watched folders are not there."""
    config = load_config(config_path, check_machine=False)
    ledger = ledger_of(config, read_only=True)
    datasets, roots = list(ledger.datasets(*map(State, states))), ledger.roots()
    ledger.close()
    problems = root_problems(config, roots)
    if as_json:
        facts = [dataset_facts(dataset) for dataset in datasets]
        document = {"datasets": facts, "common_reasons": _common_reasons(datasets), "folder_problems": problems}
        click.echo(json.dumps(document, indent=2))
    else:
        _print_table(datasets, problems, Console())
    return DONE


def _print_table(datasets: list[Dataset], problems: list[str], console: Console) -> None:
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
    return in_words("", dataset.name), Text(state, _COLOURS[dataset.state]), since, in_words("", dataset.reason)


@click.command(short_help="Show everything about one dataset.")
@click.argument("name")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@with_exit_codes
def show(name: str, config_path: Path | None, *, as_json: bool) -> int:
    """Show everything about one dataset, named by its folder, key or path: stages, what was made for it, history.

    Exit code: 0, or 1 where it is blocked or not known. Several datasets of the same name are all shown.
    """
    ledger = ledger_of(load_config(config_path, check_machine=False), read_only=True)
    found = ledger.find(name)
    documents = [_everything(ledger, dataset) for dataset in found]
    ledger.close()
    if not found:
        raise NeedsPerson(f"no dataset {name!r} is known. `spacecast status` lists all of them")
    if as_json:
        click.echo(json.dumps({"datasets": documents}, indent=2))
    else:
        print_datasets(documents, Console())
    return NEEDS_PERSON if any(dataset.state is State.BLOCKED for dataset in found) else DONE


def _everything(ledger: Ledger, dataset: Dataset) -> dict[str, Any]:
    stages = ledger.stages(dataset.id)
    in_order = sorted(stages, key=lambda name: _STAGES.index(name) if name in _STAGES else len(_STAGES))
    return {
        **dataset_facts(dataset),
        "stages": [stage_facts(stages[name]) for name in in_order],
        "objects": [object_facts(found) for found in ledger.objects(dataset.id).values()],
        "events": [event_facts(event) for event in ledger.events(dataset.id)],
    }

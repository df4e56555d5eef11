"""`spacecast status` and `spacecast show`: what the ledger says, beside a running daemon or without one."""

import json
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from spacecast.cli.options import DONE, NEEDS_PERSON, config_option, ledger_of, load_config, with_exit_codes
from spacecast.cli.telling import age, dataset_facts, event_facts, object_facts, stage_facts
from spacecast.faults import NeedsPerson
from spacecast.ledger import Dataset, Ledger, State
from spacecast.service.log import printable

_COLOURS = {
    State.READY: "green",
    State.WORKING: "cyan",
    State.WAITING: "cyan",
    State.RETRYING: "yellow",
    State.BLOCKED: "red",
    State.MISSING: "magenta",
    State.WITHDRAWN: "dim",
}


@click.command()
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
    """Show one line for each dataset: its state, since when, and why."""
    ledger = ledger_of(load_config(config_path, check_machine=False), read_only=True)
    datasets = list(ledger.datasets(*map(State, states)))
    if as_json:
        click.echo(json.dumps({"datasets": [dataset_facts(dataset) for dataset in datasets]}, indent=2))
    else:
        _print_table(datasets)
    ledger.close()
    return DONE


def _print_table(datasets: list[Dataset]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("dataset", overflow="fold", min_width=12)
    table.add_column("state")
    table.add_column("since", justify="right")
    table.add_column("reason", overflow="fold")
    for dataset in datasets:
        state = Text("live" if dataset.live and dataset.state is State.READY else dataset.state.value)
        state.stylize(_COLOURS[dataset.state])
        since = age(time.time() - dataset.changed_at)
        table.add_row(Text(_line(dataset.name)), state, since, Text(_line(dataset.reason)))
    Console().print(table)
    counts = {state: sum(dataset.state is state for dataset in datasets) for state in State}
    click.echo(", ".join(f"{number} {state}" for state, number in counts.items() if number) or "no datasets")


@click.command()
@click.argument("name")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@with_exit_codes
def show(name: str, config_path: Path | None, *, as_json: bool) -> int:
    """Show everything about one dataset, named by its folder, key or path."""
    ledger = ledger_of(load_config(config_path, check_machine=False), read_only=True)
    found = ledger.find(name)
    if not found:
        ledger.close()
        raise NeedsPerson(f"no dataset {name!r} is known. `spacecast status` lists all of them")
    documents = [_everything(ledger, dataset) for dataset in found]
    ledger.close()
    if as_json:
        click.echo(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))
    else:
        for document in documents:
            _print_everything(document)
    return NEEDS_PERSON if any(dataset.state is State.BLOCKED for dataset in found) else DONE


def _everything(ledger: Ledger, dataset: Dataset) -> dict[str, Any]:
    return {
        **dataset_facts(dataset),
        "stages": [stage_facts(stage) for stage in ledger.stages(dataset.id).values()],
        "objects": [object_facts(found) for found in ledger.objects(dataset.id).values()],
        "events": [event_facts(event) for event in ledger.events(dataset.id)],
    }


def _print_everything(document: dict[str, Any]) -> None:
    console = Console()
    facts = Table(box=None, show_header=False, pad_edge=False)
    for name, value in document.items():
        if not isinstance(value, list) and value not in (None, ""):
            facts.add_row(Text(name.replace("_", " "), style="bold"), Text(_line(value)))
    console.print(facts)
    for part in ("stages", "objects", "events"):
        console.print(Text(f"\n{part}", style="bold"))
        table = Table(box=None, show_header=False, pad_edge=False)
        for entry in document[part]:
            table.add_row(*(Text(_line(value)) for value in entry.values()))
        console.print(table)


def _line(value: Any) -> str:
    return "" if value is None else printable(str(value)).replace("\n", " ")

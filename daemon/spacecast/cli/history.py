"""`spacecast events`: what has happened, of one dataset, of some, or of all; and what happens, as it does."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from spacecast.cli.choosing import Choice, names_argument
from spacecast.cli.columns import print_line
from spacecast.cli.options import DONE, config_option, ledger_of, load_config, with_exit_codes
from spacecast.cli.telling import event_facts, in_words
from spacecast.config import parse_duration
from spacecast.ledger import Entry, Ledger

_FOLLOW_SECONDS = 1.0
_MOST = 10_000


class Moment(click.ParamType[float]):
    """A length of time before now, such as `2h`, or a local time such as `2026-11-21T10:00`; as seconds since 1970."""

    name = "moment"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        """Return the seconds; anything else is wrong use."""
        if isinstance(value, float):
            return value
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            pass
        try:
            return time.time() - parse_duration(value)
        except ValueError:
            self.fail(
                f"{value!r} is neither a time such as 2026-11-21T10:00 nor a duration such as 2h.", parameter, context
            )


@click.command(short_help="Show what has happened, and what happens.")
@names_argument(required=False)
@click.option("--since", type=Moment(), metavar="MOMENT", help="From then on: 2h, 3d, or 2026-11-21T10:00.")
@click.option("--last", type=click.IntRange(1, _MOST), default=100, help="At most so many; default the last 100.")
@click.option("--follow", is_flag=True, help="Go on with what happens from now on, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document; with --follow one line for each event.")
@config_option
@with_exit_codes
def events(
    names: tuple[str, ...],
    prefix: str,
    since: float | None,
    last: int,
    config_path: Path | None,
    *,
    follow: bool,
    as_json: bool,
) -> int:
    """Show what has happened, oldest first: steps, faults, state changes and operators' orders.

    Of all datasets, or of those named by folder name, key, path or pattern. The newest 200 events of each are kept.
    """
    ledger = ledger_of(load_config(config_path, check_machine=False), read_only=True)
    try:
        choice = Choice(names, prefix)
        chosen = None if choice.is_empty else [dataset.id for dataset in choice.datasets(ledger)]
        found = ledger.history(dataset_ids=chosen, since=since, most=last)
        console = Console()
        if as_json and not follow:
            click.echo(json.dumps({"events": [entry_facts(entry) for entry in found]}, indent=2))
        else:
            _print(found, console, as_json=as_json)
        if follow:
            follow_events(ledger, chosen, found, lambda more: _print(more, console, as_json=as_json))
    finally:
        ledger.close()
    return DONE


def follow_events(
    ledger: Ledger,
    chosen: Sequence[int] | None,
    seen: Sequence[Entry],
    show: Callable[[Sequence[Entry]], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Show events as they come, for ever."""
    newest = max((entry.number for entry in seen or ledger.history(most=1)), default=0)
    while True:
        sleep(_FOLLOW_SECONDS)
        more = ledger.history(dataset_ids=chosen, after=newest, most=_MOST)
        if more:
            newest = max(entry.number for entry in more)
            show(more)


def entry_facts(entry: Entry) -> dict[str, Any]:
    """Return what `events --json` says of an event."""
    return {"dataset": entry.dataset, "key": entry.key, **event_facts(entry.event)}


def _print(entries: Sequence[Entry], console: Console, *, as_json: bool) -> None:
    for entry in entries:
        facts = entry_facts(entry)
        print_line(console, json.dumps(facts) if as_json else _line(facts))


def _line(facts: dict[str, Any]) -> str:
    at = in_words("at", facts["at"]).rpartition(" ")[0]
    what = "/".join(filter(None, (facts["stage"], facts["step"])))
    seconds = "" if facts["seconds"] is None else f"{facts['seconds']:.1f} s"
    words = (at, in_words("", facts["dataset"]), what, facts["outcome"], seconds, in_words("", facts["message"]))
    return "  ".join(filter(None, words))

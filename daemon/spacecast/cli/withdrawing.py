"""`spacecast withdraw`: takes back what was published, after it has said what that is; files stay."""

import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from spacecast.cli.choosing import chosen, names_argument, note
from spacecast.cli.columns import print_line, print_rows
from spacecast.cli.options import (
    DONE,
    NEEDS_PERSON,
    Duration,
    config_option,
    ledger_beside,
    ledger_of,
    load_config,
    with_exit_codes,
)
from spacecast.cli.telling import in_words
from spacecast.config import Config
from spacecast.ledger import WITHDRAW, Condition, Dataset, Ledger, LedgerLock, LedgerLocked
from spacecast.publish.link_share import SHARE
from spacecast.publish.orders import is_withdrawn, withdraw_dataset
from spacecast.service import log
from spacecast.service.withdrawals import carry_out_withdrawals

_LOOK_SECONDS = 0.3
_EFFECTS = """\
For each of them is removed, for good:
  the public link, and the invite tokens; whoever has them gets nothing any more
  the group with its members, and the space with all shares and memberships
  the provider's list of the files, and its record of the storage
  what can be read in Tiled; the entry stays and says that it was withdrawn
  what Spacecast wrote into the metadata file
What stays: every file in the folders. `spacecast publish NAME` publishes one again, with a new link."""


@click.command(short_help="Take back what was published; files stay.")
@names_argument(required=True)
@click.option("--yes", is_flag=True, help="Do not ask, for scripts.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--wait/--no-wait", default=True, help="Wait until all is removed, which is the default, or do not.")
@click.option(
    "--timeout",
    "timeout_seconds",
    type=Duration(),
    default="10min",
    metavar="DURATION",
    help="How long to wait at most; default 10min. What is not done then goes on.",
)
@config_option
@with_exit_codes
def withdraw(
    names: tuple[str, ...],
    prefix: str,
    config_path: Path | None,
    timeout_seconds: float,
    *,
    yes: bool,
    dry_run: bool,
    wait: bool,
) -> int:
    """Remove what was made for datasets in Onedata and Tiled, after asking. No file in their folders is removed.

    NAME is a folder name, key, path or pattern. A withdrawn dataset is not published again before `spacecast publish`.
    Exit code: 0 all is removed (or, with --no-wait, ordered), 1 something is not, 2 wrong use.
    """
    config = load_config(config_path, check_machine=False)
    ledger = ledger_beside(config)
    try:
        found = chosen(ledger, names, prefix, one_by_name=True)
        open_ones = [dataset for dataset in found if not is_withdrawn(ledger, dataset)]
        if not open_ones:
            click.echo("withdrawn already")
            return DONE
        _explain(ledger, open_ones, Console())
        if dry_run:
            return DONE
        if not yes and not _agreed(open_ones):
            click.echo("nothing is withdrawn")
            return NEEDS_PERSON
        return _withdraw(config, ledger, open_ones, timeout_seconds if wait else 0.0)
    finally:
        ledger.close()


def _explain(ledger: Ledger, datasets: Sequence[Dataset], console: Console) -> None:
    rows = []
    for dataset in datasets:
        objects = ledger.objects(dataset.id)
        link = objects[SHARE].details.get("public_url") if SHARE in objects else "no link yet"
        rows.append((in_words("", str(dataset.path)), dataset.state.value, in_words("", link)))
    print_rows(console, ("folder", "state", "public link"), rows)
    print_line(console, "")
    print_line(console, _EFFECTS)


def _agreed(datasets: Sequence[Dataset]) -> bool:
    subject = in_words("", datasets[0].name) if len(datasets) == 1 else f"these {len(datasets)} datasets"
    try:
        return click.confirm(f"\nWithdraw {subject}?")
    except click.Abort:
        problem = "Nobody answers, and nothing is withdrawn. --yes withdraws without asking."
        raise click.UsageError(problem) from None


def _withdraw(config: Config, ledger: Ledger, datasets: Sequence[Dataset], timeout_seconds: float) -> int:
    note(ledger, datasets, "withdraw")
    for dataset in datasets:
        withdraw_dataset(ledger, dataset)
    if not timeout_seconds:
        click.echo("ordered; `spacecast status --state withdrawn` shows how far it is")
        return DONE
    numbers = [dataset.id for dataset in datasets]
    try:
        with LedgerLock(config.state_folder):
            # What matters is told at the end; faults on the way are worth a line.
            log.configure(style="console", level="warning", secrets=config.given_secrets)
            own = ledger_of(config, alone=True)
            try:
                carry_out_withdrawals(config, own, numbers, timeout_seconds)
            finally:
                own.close()
    except LedgerLocked:
        _await_daemon(ledger, numbers, timeout_seconds)
    return _told(ledger, datasets)


def _await_daemon(ledger: Ledger, dataset_ids: Sequence[int], timeout_seconds: float) -> None:
    """Wait for the daemon, until each is done or waits for a person, or the time is up."""
    deadline = time.monotonic() + timeout_seconds
    left = list(dataset_ids)
    while left and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        left = [number for number in left if _is_under_way(ledger, number)]


def _is_under_way(ledger: Ledger, dataset_id: int) -> bool:
    stage = ledger.stages(dataset_id).get(WITHDRAW)
    return stage is not None and stage.condition is not Condition.DONE and not stage.needs_person


def _told(ledger: Ledger, datasets: Sequence[Dataset]) -> int:
    left = []
    for dataset in datasets:
        after = ledger.dataset(dataset.id)
        if not is_withdrawn(ledger, after):
            left.append(after)
        hint = f"   {after.reason}" if after.reason else ""
        verdict = "not withdrawn yet" if after in left else "withdrawn"
        click.echo(in_words("", f"{after.name}: {verdict}{hint}"))
    return NEEDS_PERSON if left else DONE

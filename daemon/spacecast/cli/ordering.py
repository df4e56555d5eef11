"""`spacecast retry`, `publish`, `adopt`, `pause`, `resume` and `forget`: an operator's decisions.

They are written into the ledger. A running daemon takes them up within a second, else the next one that starts.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from spacecast.cli.choosing import chosen, names_argument, note
from spacecast.cli.options import (
    DONE,
    NEEDS_PERSON,
    config_option,
    ledger_beside,
    load_config,
    with_exit_codes,
)
from spacecast.config import Config
from spacecast.faults import NeedsPerson
from spacecast.ledger import Dataset, Ledger, State
from spacecast.publish.orders import adopt_folder, forget_dataset, look_again, publish_anew
from spacecast.service.log import printable
from spacecast.service.preflight.running_daemon import process_of_daemon

Act = Callable[[Ledger, Config, Dataset], str]

_UNWELL = (State.RETRYING, State.BLOCKED)


@click.command(short_help="Try again at once what waits or is blocked.")
@names_argument(required=False)
@click.option("--all", "everything", is_flag=True, help="Every dataset that is retrying or blocked.")
@config_option
@with_exit_codes
def retry(names: tuple[str, ...], prefix: str, config_path: Path | None, *, everything: bool) -> int:
    """Try datasets again at once; one that is ready is gone through from the beginning, as after an edit.

    NAME is a folder name, key, path or pattern.
    """
    with _opened(config_path) as (config, ledger):
        found = list(ledger.datasets(*_UNWELL)) if everything else chosen(ledger, names, prefix)
        for dataset in found:
            look_again(ledger, config, dataset)
        note(ledger, found, "retry")
        ledger.draw_attention([dataset.id for dataset in found])
        click.echo(f"{_count(found)} tried again {_when(config)}" if found else "no dataset is retrying or blocked")
    return DONE


@click.command(short_help="Publish a withdrawn dataset, or one whose space is lost, again.")
@names_argument(required=True)
@config_option
@with_exit_codes
def publish(names: tuple[str, ...], prefix: str, config_path: Path | None) -> int:
    """Publish datasets that are not published by themselves, with a new space and link.

    These are: withdrawn ones, ones whose space was deleted in Onedata, copies of other datasets, and folders whose
    block names a space that cannot be taken over. The block is written anew.
    """
    with _opened(config_path) as (config, ledger):
        return _each(
            config, ledger, chosen(ledger, names, prefix, one_by_name=True), "publish", publish_anew, _when(config)
        )


@click.command(short_help="Say that a moved or restored folder is the published dataset.")
@names_argument(required=True)
@config_option
@with_exit_codes
def adopt(names: tuple[str, ...], prefix: str, config_path: Path | None) -> int:
    """Say that folders are the published datasets although that cannot be proved; they go on under their links.

    For folders that were moved from another file system, or restored without their metadata file.
    """
    with _opened(config_path) as (config, ledger):
        return _each(
            config, ledger, chosen(ledger, names, prefix, one_by_name=True), "adopt", adopt_folder, _when(config)
        )


@click.command(short_help="Begin nothing new for some datasets, or for all.")
@names_argument(required=False)
@config_option
@with_exit_codes
def pause(names: tuple[str, ...], prefix: str, config_path: Path | None) -> int:
    """Begin nothing new for the datasets named, or without a name for any, until `spacecast resume`.

    What is being done at this moment is ended. Pauses survive restarts; withdrawals go on.
    """
    with _opened(config_path) as (_config, ledger):
        if not names and not prefix:
            ledger.pause_all()
            click.echo("all datasets are paused; go on with `spacecast resume`")
            return DONE
        found = chosen(ledger, names, prefix)
        ledger.pause([dataset.id for dataset in found])
        note(ledger, found, "pause")
        click.echo(f"{_count(found)} paused")
    return DONE


@click.command(short_help="Go on with paused datasets.")
@names_argument(required=False)
@config_option
@with_exit_codes
def resume(names: tuple[str, ...], prefix: str, config_path: Path | None) -> int:
    """Go on with the datasets named, or without a name with all; those paused by name go on only by name."""
    with _opened(config_path) as (config, ledger):
        if names or prefix:
            found = chosen(ledger, names, prefix)
            ledger.resume([dataset.id for dataset in found])
            note(ledger, found, "resume")
            click.echo(f"{_count(found)} resumed {_when(config)}")
        else:
            ledger.resume_all()
            click.echo(f"all datasets are resumed {_when(config)}")
        _tell_paused(ledger)
    return DONE


@click.command(short_help="Drop datasets whose folders are gone from the ledger.")
@names_argument(required=True)
@config_option
@with_exit_codes
def forget(names: tuple[str, ...], prefix: str, config_path: Path | None) -> int:
    """Drop datasets from the ledger whose folders are gone. Nothing in Onedata or Tiled is touched.

    What stays there is printed; `spacecast withdraw` removes it, as long as the dataset is not forgotten.
    """
    with _opened(config_path) as (config, ledger):
        return _each(config, ledger, chosen(ledger, names, prefix, one_by_name=True), "forget", forget_dataset)


def _each(config: Config, ledger: Ledger, found: Sequence[Dataset], verb: str, act: Act, when: str = "") -> int:
    """Do something with each dataset and print what came of it; one that is refused keeps no other back."""
    code = DONE
    for dataset in found:
        try:
            told = act(ledger, config, dataset)
        except NeedsPerson as refusal:
            click.echo(printable(f"spacecast: {refusal}"), err=True)
            code = NEEDS_PERSON
            continue
        note(ledger, [dataset], verb)
        click.echo(printable(f"{told} {when}".rstrip()))
    return code


@contextmanager
def _opened(config_path: Path | None) -> Iterator[tuple[Config, Ledger]]:
    config = load_config(config_path, check_machine=False)
    ledger = ledger_beside(config)
    try:
        yield config, ledger
    finally:
        ledger.close()


def _when(config: Config) -> str:
    if process_of_daemon(config.state_folder) is None:
        return "when a daemon starts, or by `spacecast scan`: none is running"
    return "now, by the running daemon"


def _count(found: Sequence[Dataset]) -> str:
    return f"{len(found)} dataset{'' if len(found) == 1 else 's'}"


def _tell_paused(ledger: Ledger) -> None:
    paused = [dataset for dataset in ledger.datasets() if dataset.paused]
    if ledger.all_paused_since() is not None:
        click.echo("all datasets are still paused together: `spacecast resume` without a name ends that")
    elif paused:
        click.echo(f"{_count(paused)} still paused by name, such as {printable(paused[0].name)}")

"""`spacecast doctor`: collects what a bug report should hold into one file, without secrets."""

import io
import json
import os
import tarfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from spacecast.cli.choosing import Choice
from spacecast.cli.counting import statistics_facts
from spacecast.cli.history import entry_facts
from spacecast.cli.looking import everything
from spacecast.cli.options import DONE, config_option, ledger_of, load_config, with_exit_codes
from spacecast.cli.telling import dataset_facts
from spacecast.config import Config, default_path
from spacecast.faults import Fault, NeedsPerson
from spacecast.ledger import Ledger
from spacecast.publish.statistics import statistics
from spacecast.service.bundle import Cleaner, journal, ledger_facts, system_facts
from spacecast.service.log import printable
from spacecast.service.preflight import Preflight

_EVENTS = 2000
_LOG_BYTES = 4 * 1024 * 1024
_README = """\
Collected by `spacecast doctor` for a bug report. Tokens, keys and passwords are taken out, here and in everything that
services have answered. Names of folders, files, hosts and users are in it: look through it before you send it.
"""


@click.command(short_help="Collect what a bug report should hold, without secrets.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where the .tar.gz goes; default spacecast-doctor-DATE.tar.gz here.",
)
@click.option(
    "--log",
    "log_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="The daemon's log, where the journal has it not or may not be read; - is what comes in. The last 4 MiB count.",
)
@click.option("--check/--no-check", "is_checked", default=True, help="With what `spacecast check` finds, or without.")
@config_option
@with_exit_codes
def doctor(
    names: tuple[str, ...], output: Path | None, log_file: Path | None, config_path: Path | None, *, is_checked: bool
) -> int:
    """Collect versions, config, status, history, findings and log for a bug report; changes and sends nothing.

    With everything about the datasets named. Secrets are taken out; look through it all the same before you send it.
    """
    path = config_path or default_path(os.environ)
    config = load_config(config_path, check_machine=False)
    target = output or Path(f"spacecast-doctor-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz")
    with Console(stderr=True).status("collecting"):
        members = dict(_members(path, config, names, log_file, is_checked=is_checked))
        _write(target, members)
    click.echo(printable(f"{target}: {', '.join(sorted(members))}"))
    click.echo("Look through it before you send it: names of folders, hosts and users are in it.")
    return DONE


def _members(
    path: Path, config: Config, names: tuple[str, ...], log_file: Path | None, *, is_checked: bool
) -> Iterator[tuple[str, str]]:
    cleaner = Cleaner(config)

    def as_json(value: Any) -> str:
        # The finished text once more: a secret may have come together from pieces.
        return cleaner.text(json.dumps(cleaner.value(value), indent=2, ensure_ascii=False)) + "\n"

    yield "README.txt", _README
    yield "config.json", as_json({"path": str(path), **config.model_dump(mode="json")})
    yield "system.json", as_json(system_facts(config))
    yield "log.txt", cleaner.text(_log(log_file))
    try:
        ledger = ledger_of(config, read_only=True)
    except Fault as fault:
        yield "ledger.json", as_json({"problem": str(fault)})
    else:
        try:
            yield from ((name, as_json(value)) for name, value in _of_ledger(config, ledger, names))
        finally:
            ledger.close()
    if is_checked:
        open_ledger = partial(ledger_of, config, read_only=True)
        findings = Preflight(path, config, open_ledger).findings()
        yield "check.json", as_json({"findings": [asdict(finding) for finding in findings]})


def _of_ledger(config: Config, ledger: Ledger, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    yield "ledger.json", ledger_facts(config, ledger)
    yield (
        "status.json",
        {
            "paused_since": ledger.all_paused_since(),
            "datasets": [dataset_facts(dataset) for dataset in ledger.datasets()],
        },
    )
    yield "events.json", {"events": [entry_facts(entry) for entry in ledger.history(most=_EVENTS)]}
    yield "stats.json", statistics_facts(statistics(config, ledger))
    if names:
        yield "show.json", {"datasets": [everything(ledger, dataset) for dataset in Choice(names).datasets(ledger)]}


def _log(path: Path | None) -> str:
    if path is not None:
        return _tail(path)
    try:
        return journal()
    except NeedsPerson as fault:
        click.echo(printable(f"The log is not in it: {fault}"), err=True)
        return f"{fault}\n"


def _tail(path: Path) -> str:
    try:
        with click.open_file(str(path), "rb") as log:
            tail = b""
            while chunk := log.read(_LOG_BYTES):
                tail = (tail + chunk)[-_LOG_BYTES:]
            return tail.decode("utf-8", "replace")
    except OSError as error:
        raise NeedsPerson(f"{path} cannot be read: {error.strerror}. Name another --log, or none") from error


def _write(target: Path, members: dict[str, str]) -> None:
    """Write the archive, for this user only; never over a file that is there."""
    folder = target.name.removesuffix(".tar.gz")
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name, text in members.items():
                data = text.encode("utf-8", "backslashreplace")
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.size, entry.mode, entry.mtime = len(data), 0o600, int(time.time())
                archive.addfile(entry, io.BytesIO(data))
    except OSError as error:
        raise NeedsPerson(f"{target} cannot be written: {error.strerror}. Name another --output") from error

"""`spacecast notify`: which notices went out, what a mail would look like, and sending one again, or one as a test."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from spacecast.cli.columns import print_rows
from spacecast.cli.options import DONE, NEEDS_PERSON, config_option, ledger_of, load_config, with_exit_codes
from spacecast.cli.telling import in_words
from spacecast.config import Config, Mail
from spacecast.faults import NeedsPerson
from spacecast.folders import open_folder
from spacecast.ledger import Dataset, Delivery, Ledger
from spacecast.metadata import parse
from spacecast.notices import Addressees, addressees, compose, is_wanted, send_trial
from spacecast.publish.services import open_services
from spacecast.publish.telling import READY, invite_of, ready_facts, ready_key
from spacecast.secrecy import HIDDEN
from spacecast.service.log import printable

_MOST_SHOWN = 50
_PREVIEW, _AGAIN, _TEST = "preview", "again", "test"


@click.command(short_help="Show which notices went out; --preview shows a mail.")
@click.argument("name", required=False)
@config_option
@click.option("--preview", "wish", flag_value=_PREVIEW, help="Print the mail about the dataset NAME; nothing is sent.")
@click.option("--language", metavar="CODE", help="With --preview: in another language than the config's.")
@click.option("--show-token", is_flag=True, help="With --preview: with the invite token instead of a mask.")
@click.option(
    "--write",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.eml",
    help="With --preview: write the whole mail into a file that a mail program opens.",
)
@click.option(
    "--again", "wish", flag_value=_AGAIN, help="Send those notices about NAME again that were given up or are unclear."
)
@click.option("--test", "wish", flag_value=_TEST, help="Send the operators a mail now that says that mail works.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs; with the list only.")
@with_exit_codes
def notify(
    name: str | None,
    config_path: Path | None,
    wish: str | None,
    *,
    language: str | None,
    show_token: bool,
    target: Path | None,
    as_json: bool,
) -> int:
    """Show which notices went out by mail and webhooks, the newest first; or what the mail about one dataset is.

    NAME is a dataset's folder, key or path. Exit code: 0, or 1 where the dataset is not known or has no link yet, or a
    test did not reach everybody.
    """
    config = load_config(config_path, check_machine=False)
    if wish == _TEST:
        return _try(config)
    if wish is None:
        _list(ledger_of(config, read_only=True), as_json=as_json)
        return DONE
    if name is None:
        raise click.UsageError(f"say which dataset: spacecast notify --{wish} NAME")
    ledger = ledger_of(config, read_only=wish != _AGAIN)
    try:
        dataset = _the_one(ledger, name)
        if wish == _AGAIN:
            click.echo(f"{ledger.repeat_deliveries(dataset.id)} to be sent again; the daemon does so within seconds")
            return DONE
        _show(_preview(config, ledger, dataset, language, show_token=show_token), target)
    finally:
        ledger.close()
    return DONE


def _try(config: Config) -> int:
    handed = send_trial(config)
    for address in handed.taken:
        click.echo(f"the mail server has taken a mail for {address}")
    for address, reply in {**handed.later, **handed.refused}.items():
        click.echo(f"the mail server takes none for {address}: {printable(reply)}", err=True)
    return NEEDS_PERSON if handed.later or handed.refused else DONE


def _the_one(ledger: Ledger, name: str) -> Dataset:
    found = ledger.find(name)
    if not found:
        raise NeedsPerson(f"no dataset {name!r} is known. `spacecast status` lists all of them")
    if len(found) > 1:
        paths = ", ".join(str(dataset.path) for dataset in found)
        raise NeedsPerson(f"several datasets are called {name!r}: name one by its path ({paths})")
    return found[0]


# -------------------------------------------------------------------------------------------------------- the list


def _list(ledger: Ledger, *, as_json: bool) -> None:
    deliveries, waiting = ledger.deliveries(_MOST_SHOWN), ledger.undelivered()
    ledger.close()
    if as_json:
        click.echo(json.dumps({"undelivered": waiting, "notices": [_facts(one) for one in deliveries]}, indent=2))
        return
    if deliveries:
        rows = [_row(one) for one in deliveries]
        print_rows(Console(), ("changed", "notice", "about", "channel", "state", "note"), rows)
    click.echo(f"{waiting} on their way")


def _facts(one: Delivery) -> dict[str, Any]:
    return {
        "key": one.key,
        "kind": one.kind,
        "about": _about(one),
        "channel": one.channel,
        "state": one.state.value,
        "noticed": _moment(one.noticed_at),
        "changed": _moment(one.changed_at),
        "next_try": _moment(one.next_try_at) if one.recipients or one.state.value == "pending" else None,
        "attempts": one.attempts,
        "note": one.note,
    }


def _row(one: Delivery) -> tuple[str, ...]:
    changed = in_words("changed_at", _moment(one.changed_at))
    return changed, one.kind, in_words("", _about(one)), one.channel, one.state.value, in_words("", one.note)


def _about(one: Delivery) -> str:
    return str(one.facts.get("name") or one.facts.get("service") or f"{one.facts.get('number', '?')} datasets")


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


# ----------------------------------------------------------------------------------------------------- the preview


@dataclass(frozen=True)
class _Preview:
    message: EmailMessage
    notes: tuple[str, ...]


def _preview(config: Config, ledger: Ledger, dataset: Dataset, language: str | None, *, show_token: bool) -> _Preview:
    mail = config.notify.mail
    if mail is None:
        raise NeedsPerson("no mail is sent under this config. Fill in notify.mail, see docs/operators.md")
    facts = ready_facts(config, dataset, ledger.objects(dataset.id))
    if facts is None:
        raise NeedsPerson(f"{dataset.name} has no link yet. `spacecast show` says what it waits for")
    who, notes = _who(mail, dataset)
    token = _token(config, ledger, dataset, facts, show_token=show_token) if mail.users.include_invite_token else None
    message = compose(
        config,
        mail,
        kind=READY,
        key=ready_key(dataset),
        facts={**facts, "to": who.to, "cc": who.cc},
        noticed_at=datetime.now(UTC).timestamp(),
        invite_token=token,
        language=language,
    )
    hidden = tuple(f"Bcc: {address}" for address in who.bcc)
    return _Preview(message, (*hidden, *notes, *who.problems))


def _who(mail: Mail, dataset: Dataset) -> tuple[Addressees, tuple[str, ...]]:
    with open_folder(dataset.root, dataset.name) as folder:
        document = parse(folder.read(dataset.metadata_name or "").data, dataset.metadata_name or "")
    who = addressees(document, mail.users)
    if not is_wanted(document, mail.users):
        return who, (f"it would not be sent: {mail.users.only_if} is not yes in {dataset.metadata_name}",)
    return who, () if who.everybody else ("it would not be sent: nobody is named to whom it goes",)


def _token(config: Config, ledger: Ledger, dataset: Dataset, facts: dict[str, Any], *, show_token: bool) -> str | None:
    if not facts["has_invite"]:
        return None
    if not show_token:
        return HIDDEN
    with open_services(config, ledger) as services:
        invite = invite_of(services, ledger, dataset.id)
    return invite.token if invite is not None else None


def _show(preview: _Preview, target: Path | None) -> None:
    if target is not None:
        target.write_bytes(preview.message.as_bytes())
        click.echo(f"written to {target}")
    else:
        body = preview.message.get_body(preferencelist=("plain",))
        head = [
            f"{name}: {value}" for name, value in preview.message.items() if not name.startswith(("MIME", "Content"))
        ]
        click.echo(printable("\n".join(head)) + "\n")
        click.echo(printable(body.get_content() if body is not None else ""))
    for note in preview.notes:
        click.echo(printable(note), err=True)

"""Which datasets a command is about: by folder name, key or path, by pattern, by prefix, or all."""

import fnmatch
import getpass
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from spacecast.faults import NeedsPerson
from spacecast.ledger import Dataset, Event, Ledger
from spacecast.service.log import printable

_MAGIC = frozenset("*?[")
OPERATOR = "operator"
"""The stage under which a dataset's history names commands."""


@dataclass(frozen=True)
class Choice:
    """What was typed to choose datasets."""

    names: Sequence[str] = ()
    prefix: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not self.names and not self.prefix

    def datasets(self, ledger: Ledger, *, one_by_name: bool = False) -> list[Dataset]:
        """Return the datasets that are meant, each once, in the order in which they were found.

        With `one_by_name` a plain name may stand for one dataset only. Raises NeedsPerson for a name that is not known
        or, then, has several meanings.
        """
        found = {dataset.id: dataset for name in self.names for dataset in _named(ledger, name, one_by_name)}
        if self.prefix:
            begun = [dataset for dataset in ledger.datasets() if _begins(dataset, self.prefix)]
            if not begun:
                raise NeedsPerson(f"no dataset begins with {self.prefix!r}. `spacecast status` lists all of them")
            found.update({dataset.id: dataset for dataset in begun})
        return [found[number] for number in sorted(found)]


def names_argument(*, required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add `NAME...` and `--prefix TEXT`."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        prefix = click.option(
            "--prefix", default="", metavar="TEXT", help="Datasets whose folder or Onedata name begins so."
        )
        return click.argument("names", nargs=-1, metavar="NAME..." if required else "[NAME]...")(prefix(command))

    return add


def chosen(ledger: Ledger, names: Sequence[str], prefix: str, *, one_by_name: bool = False) -> list[Dataset]:
    """Return the datasets that were named; raises click's UsageError where nothing was typed."""
    choice = Choice(names, prefix)
    if choice.is_empty:
        raise click.UsageError("Name datasets: by folder name, key, path or pattern, or with --prefix.")
    return choice.datasets(ledger, one_by_name=one_by_name)


def _named(ledger: Ledger, word: str, one_by_name: bool) -> Iterable[Dataset]:
    found = ledger.find(word)
    if len(found) > 1 and one_by_name:
        places = ", ".join(printable(str(dataset.path)) for dataset in found)
        raise NeedsPerson(f"{word!r} is the name of {len(found)} datasets: name one by its path ({places})")
    if not found and _MAGIC.intersection(word):
        found = [dataset for dataset in ledger.datasets() if _matches(dataset, word)]
    if not found:
        raise NeedsPerson(f"no dataset {word!r} is known. `spacecast status` lists all of them")
    return found


def _matches(dataset: Dataset, pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(text, pattern) for text in (dataset.name, dataset.key, str(dataset.path)))


def _begins(dataset: Dataset, prefix: str) -> bool:
    return dataset.name.startswith(prefix) or dataset.title.startswith(prefix)


def note(ledger: Ledger, datasets: Iterable[Dataset], verb: str) -> None:
    """Write into the history of datasets what was ordered, and by whom."""
    for dataset in datasets:
        ledger.record(dataset.id, Event(time.time(), OPERATOR, verb, "ordered", f"by {_who()}"))


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"user {os.getuid()}"
    # What sudo says is shown besides, not believed.
    sudo = os.environ.get("SUDO_USER", "")
    return printable(f"{user} (sudo by {sudo})" if sudo and sudo != user else user)

"""Everything about a dataset as a page for people: the link on top, then facts, stages, what was made, history."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from spacecast.cli.columns import print_line, print_rows
from spacecast.cli.telling import in_words

_LISTS = {"stages", "objects", "events"}
_ADDRESS = "public_url"


def print_datasets(documents: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print the documents of `spacecast show --json` one below the other."""
    for number, document in enumerate(documents):
        if number:
            print_line(console, "")
        _print_facts(document, console)
        _print_table("stages", document["stages"], console)
        _print_objects(document["objects"], console)
        _print_table("events", document["events"], console)


def _print_facts(document: Mapping[str, Any], console: Console) -> None:
    addresses = [found["details"][_ADDRESS] for found in document["objects"] if found["details"].get(_ADDRESS)]
    facts = {"public link": addresses[0] if addresses else None}
    facts |= {name: value for name, value in document.items() if name not in _LISTS}
    for name, value in facts.items():
        if value not in (None, "", False):
            print_line(console, f"{_words(name):15}{in_words(name, value)}")


def _print_table(title: str, entries: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print entries that all have the same names; what none of them has is no column."""
    _print_heading(title, console)
    names = [
        name for name in (entries[0] if entries else ()) if any(entry[name] not in (None, "") for entry in entries)
    ]
    if names:
        rows = [[in_words(name, entry[name]) for name in names] for entry in entries]
        print_rows(console, [_words(name) for name in names], rows)


def _print_objects(objects: Sequence[Mapping[str, Any]], console: Console) -> None:
    _print_heading("objects", console)
    for found in objects:
        unsure = "" if found["confirmed"] else "   (not confirmed)"
        print_line(console, f"{in_words('', found['kind']):15}{in_words('', found['id'])}{unsure}".rstrip())
        for name, value in found["details"].items():
            print_line(console, f"    {_words(name)}: {in_words(name, value)}")


def _print_heading(title: str, console: Console) -> None:
    print_line(console, "")
    print_line(console, title, style="bold")


def _words(name: str) -> str:
    return in_words("", name).replace("_", " ")

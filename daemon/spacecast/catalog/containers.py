"""The container of a dataset: make it with everything above it, and say in it how things stand."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

from spacecast.catalog.block import (
    AVAILABLE,
    BLOCK,
    BLOCKED,
    NOT_UP_TO_DATE,
    PENDING,
    REMOVED,
    SPEC,
    block_of,
    merged,
    with_changes,
    without_reserved_key,
)
from spacecast.catalog.client import CatalogClient, EntryPath, shown
from spacecast.catalog.entries import Entry, NewEntry
from spacecast.catalog.faults import AlreadyThere, Conflict, Gone, Overtaken
from spacecast.catalog.plan import plain
from spacecast.catalog.writing import EntryWriter


def mark(  # noqa: PLR0913 - what can be said of a dataset
    client: CatalogClient,
    parent: EntryPath,
    key: str,
    *,
    status: Literal["pending", "blocked", "removed"],
    reason: str = "",
    metadata: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    access_tags: Sequence[str] = (),
    stop: threading.Event,
) -> bool:
    """Say how a dataset stands without registering anything; True where that changed the catalog.

    `pending` makes the container where it is missing, so that a reference to it answers, takes back `blocked` and
    `removed`, and leaves one that is pending or available alone. `blocked` tells `reason` to whoever waits; what is
    readable stays available, and says the reason too. `removed` takes away every entry of ours below the container,
    which stays and answers; where there is none, nothing is made. Raises as `register` does.
    """
    writer = EntryWriter(client, (*parent, key), access_tags, stop)
    block = {"status": status, "reason": reason, "facts": plain(facts or {})}
    with no_surprises(writer):
        return _mark(writer, block, without_reserved_key(metadata or {}))


def _mark(writer: EntryWriter, block: Mapping[str, Any], metadata: Mapping[str, Any]) -> bool:
    status, reason = block["status"], block["reason"]
    present = find(writer)
    if present is None:
        if status == REMOVED:
            return False
        return make(writer, merged(None, metadata, block)) is None
    block_now = block_of(present) or {}
    if status == BLOCKED and block_now.get("status") == AVAILABLE:
        status = AVAILABLE
    if block_now.get("status") == status and block_now.get("reason", "") == reason:
        return False
    if status == PENDING and block_now.get("status") in (PENDING, AVAILABLE):
        return False
    if status == REMOVED:
        _remove_children(writer)
    # Links to what does not exist any more are nobody's business.
    facts = {"facts": block["facts"], "children": 0} if status == REMOVED else {}
    put(writer, with_changes(present, **NOT_UP_TO_DATE, **facts, status=status, reason=reason))
    return True


@contextmanager
def no_surprises(writer: EntryWriter) -> Iterator[None]:
    """Turn entries that are gone or there against expectation into a fault that passes."""
    try:
        yield
    except (Gone, AlreadyThere) as surprise:
        raise Overtaken(
            f"{shown(writer.dataset)} in the catalog was changed by somebody else meanwhile, or its container is hidden"
            f" from the API key. It is looked at again. ({surprise})",
            status=surprise.status,
        ) from surprise


def find(writer: EntryWriter) -> Entry | None:
    """Look the dataset's container up; raises Conflict where something else has its key."""
    present = writer.patiently(partial(writer.client.entry, writer.dataset))
    if present is not None and (present.structure_family != "container" or block_of(present) is None):
        raise Conflict(
            f"{shown(writer.dataset)} in the catalog was not made by Spacecast (its metadata have no {BLOCK!r}), and a"
            " dataset belongs there. Remove that entry, or rename the dataset's folder."
        )
    return present


def make(writer: EntryWriter, metadata: Mapping[str, Any]) -> Entry | None:
    """Make the dataset's container and what is missing above it; gives the container that stands there already."""
    try:
        try:
            _make(writer, writer.dataset, metadata, specs=[SPEC])
        except Gone:
            for depth in range(1, len(writer.dataset)):
                _make_unless_there(writer, writer.dataset[:depth])
            _make(writer, writer.dataset, metadata, specs=[SPEC])
    except AlreadyThere:
        return find(writer)
    return None


def put(writer: EntryWriter, metadata: Mapping[str, Any]) -> None:
    """Renew the container's metadata; users' specs stay."""
    writer.patiently(partial(writer.client.replace_metadata, writer.dataset, metadata, access_tags=writer.access_tags))


def _make_unless_there(writer: EntryWriter, path: EntryPath) -> None:
    try:
        _make(writer, path, {}, specs=[])
    except AlreadyThere:
        return


def _make(
    writer: EntryWriter, path: EntryPath, metadata: Mapping[str, Any], specs: Sequence[Mapping[str, Any]]
) -> None:
    new = NewEntry(path[-1], metadata, specs=specs, access_tags=writer.access_tags)
    writer.patiently(partial(writer.client.create, path[:-1], new))


def _remove_children(writer: EntryWriter) -> None:
    # All of them first: removing while going through the pages would skip some.
    children = writer.patiently(lambda: list(writer.client.children(writer.dataset)))
    for child in children:
        if block_of(child) is not None:
            writer.remove(child.key)

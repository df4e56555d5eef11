"""Bring the catalog to a plan: only what changed is sent, and readers find every entry whole all the time."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from spacecast.catalog.block import AVAILABLE, NOT_UP_TO_DATE, DatasetBlock, block_of, merged, with_changes
from spacecast.catalog.client import CatalogClient, EntryPath, shown
from spacecast.catalog.containers import find, make, no_surprises, put
from spacecast.catalog.entries import Entry
from spacecast.catalog.faults import CatalogFault, Conflict, Failed, NoAdapter, Refused
from spacecast.catalog.plan import FILES, Plan, PlannedEntry
from spacecast.catalog.writing import EntryWriter
from spacecast.faults import NeedsPerson

OnWritten = Callable[[int, int], None]
"""Told how many entries have been written so far, and of how many."""

# A container's count is exact up to about a hundred in every database.
_EXACT_COUNT = 100
_FIRST_ONES = 1000
# Faults of one entry that say nothing about the others.
_OF_ONE_ENTRY = (Failed, NoAdapter, Refused, Conflict)


@dataclass(frozen=True)
class Registered:
    """What a registration did, by keys, and what it could not do."""

    created: tuple[str, ...]
    updated: tuple[str, ...]
    removed: tuple[str, ...]
    files: int
    """How many files there are to be downloaded."""
    size_bytes: int
    """How long they are together."""
    entries: int
    """How many entries can be read as data, besides `files`."""
    unread: tuple[tuple[PurePosixPath, str], ...]
    """Files that nobody can read as data, or download, and why; the first ones of them."""
    unread_files: int
    """How many of them there are."""
    waiting: tuple[PurePosixPath, ...]
    """Files that look as if they were still being written: to be tried again later; the first ones of them."""
    waiting_files: int
    """How many of them there are."""


def register(  # noqa: PLR0913 - what a dataset's entry is made of
    client: CatalogClient,
    parent: EntryPath,
    key: str,
    plan: Plan,
    *,
    metadata: Mapping[str, Any],
    facts: Mapping[str, Any],
    access_tags: Sequence[str] = (),
    stop: threading.Event,
    on_written: OnWritten = lambda _done, _total: None,
) -> Registered:
    """Make the catalog hold what is planned, below the container `key` in `parent`, which is made where missing.

    `metadata` is the dataset's own, without secrets; `facts` is what else is known of it. May be called again at any
    time, also after an end in the middle. Entries, metadata keys and specs that others have added stay. A fault of
    one entry is raised when all others are there; the dataset is looked at again as a whole then. `on_written` is told
    how many entries are written, and of how many. Raises the faults of the catalog's family, and Stopped soon after
    `stop` is set.
    """
    writer = EntryWriter(client, (*parent, key), access_tags, stop)
    registration = _Registration(writer, plan, DatasetBlock(plan, metadata, facts, access_tags), on_written)
    with no_surprises(writer):
        return registration.run()


Children = dict[str, str | None]
"""The digest of each entry in the dataset's container: empty for one that is not finished, None for another's."""


@dataclass
class _Changes:
    create: list[str] = field(default_factory=list)
    update: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    files: bool = False


class _Registration:
    def __init__(self, writer: EntryWriter, plan: Plan, wanted: DatasetBlock, on_written: OnWritten) -> None:
        self._writer = writer
        self._plan = plan
        self._wanted = wanted
        self._on_written = on_written
        self._written, self._to_write = 0, 0
        self._faults: list[CatalogFault] = []
        self._changing: set[str] = set()
        """Entries that this pass changes, or that an earlier one was changing when it ended."""

    def run(self) -> Registered:
        present = find(self._writer)
        if present is None:
            present = make(self._writer, merged(None, self._wanted.metadata, self._wanted.pending()))
            children: Children = {} if present is None else self._children()
        elif self._is_untouched(present):
            return self._bring_container(present)
        else:
            children = self._children()
        if present is not None:
            self._changing.update((block_of(present) or {}).get("changing") or ())
        changes = self._changes(present, children)
        self._begin(present, changes)
        done = self._carry_out(changes, children)
        self._finish(present, changes, children)
        return done

    def _is_untouched(self, present: Entry) -> bool:
        """Whether all entries are as planned, as far as the container tells."""
        block = block_of(present) or {}
        if block.get("status") != AVAILABLE or block.get("content_digest") != self._wanted.content_digest:
            return False
        recorded, count = block.get("children") or 0, present.count or 0
        # More than recorded may be the rest of a registration that was ended; large counts are estimates.
        return count == recorded or (count > recorded and count > _EXACT_COUNT)

    def _bring_container(self, present: Entry) -> Registered:
        block = block_of(present) or {}
        if block.get("digest") != self._wanted.digest:
            children = block.get("children") or 0
            renewed = self._wanted.available(children=children, complete=True)
            put(self._writer, merged(present, self._wanted.metadata, renewed))
        return self._result(_Changes())

    def _changes(self, present: Entry | None, children: Children) -> _Changes:
        changes = _Changes()
        for key, digest in self._plan.entries.digests():
            if key not in children:
                changes.create.append(key)
            elif not self._is_as_planned(children, key, digest):
                changes.update.append(key)
        changes.remove = [key for key in children if self._is_obsolete(children, key)]
        block = (block_of(present) if present is not None else None) or {}
        is_same = block.get("files_digest") == self._wanted.files_digest
        changes.files = not is_same or (FILES in children) != bool(self._plan.files)
        return changes

    def _is_obsolete(self, children: Children, key: str) -> bool:
        entries = self._plan.entries
        if children[key] is None or key == FILES or entries.waits(key) or entries.get(key) is not None:
            return False
        # A file that became part of a series keeps the entry it had: somebody may be reading it.
        superseded = entries.superseded(key)
        return superseded is None or not self._is_as_planned(children, key, superseded)

    def _is_as_planned(self, children: Children, key: str, planned_digest: str) -> bool:
        """Whether an entry's digest says so, and nothing says that it was being changed when a pass ended."""
        return children[key] == self._writer.digest(planned_digest) and key not in self._changing

    def _begin(self, present: Entry | None, changes: _Changes) -> None:
        """Say in the container what is about to change, so that an end in the middle does not go unnoticed.

        New entries are not told of: the container's count betrays them.
        """
        if present is None:
            return
        claims_more = bool((block_of(present) or {}).get("content_digest"))
        alters = bool(changes.update or changes.remove or (changes.files and not changes.create))
        if (claims_more and alters) or not self._changing.issuperset(changes.update):
            self._changing.update(changes.update)
            put(self._writer, with_changes(present, **NOT_UP_TO_DATE, changing=sorted(self._changing)))

    def _carry_out(self, changes: _Changes, children: Children) -> Registered:
        self._to_write = len(changes.create) + len(changes.update) + changes.files
        for planned in self._planned(changes.create):
            self._attempt(partial(self._writer.create, planned))
        for planned in self._planned(changes.update):
            self._attempt(partial(self._writer.change, planned))
        for key in changes.remove:
            self._writer.remove(key)
        if changes.files:
            self._attempt(partial(self._writer.bring_files, self._plan.files, is_there=FILES in children))
        return self._result(changes)

    def _planned(self, keys: Iterable[str]) -> Iterator[PlannedEntry]:
        for key in keys:
            planned = self._plan.entries.get(key)
            if planned is not None:
                yield planned

    def _attempt(self, write: Callable[[], None]) -> None:
        try:
            write()
        except _OF_ONE_ENTRY as fault:
            self._faults.append(fault)
        self._written += 1
        self._on_written(self._written, self._to_write)

    def _finish(self, present: Entry | None, changes: _Changes, children: Children) -> None:
        count = len(children) + len(changes.create) - len(changes.remove)
        count += bool(self._plan.files) - (FILES in children)
        block = self._wanted.available(children=count, complete=not self._faults)
        if self._faults:
            block["changing"] = sorted(self._changing)
        put(self._writer, merged(present, self._wanted.metadata, block))
        if self._faults:
            raise _summary(self._faults)

    def _children(self) -> Children:
        try:
            return self._listed()
        except Failed:
            self._heal()
            return self._listed()

    def _listed(self) -> Children:
        children = partial(self._writer.client.children, self._writer.dataset)
        return self._writer.patiently(lambda: {child.key: _digest_of_ours(child) for child in children()})

    def _heal(self) -> None:
        """Remove entries of ours that the server cannot read back: with one of them it can list none."""
        for key in self._writer.patiently(lambda: list(self._writer.client.child_keys(self._writer.dataset))):
            path = (*self._writer.dataset, key)
            try:
                self._writer.patiently(partial(self._writer.client.entry, path))
            except Failed as failure:
                if key != FILES and not self._plan.has(key):
                    raise Conflict(
                        f"{shown(path)} in the catalog is broken, so that the server cannot list the dataset any more,"
                        " and it was not made by Spacecast. Remove it."
                    ) from failure
                self._writer.remove(key)

    def _result(self, changes: _Changes) -> Registered:
        return Registered(
            created=tuple(changes.create),
            updated=tuple(changes.update),
            removed=tuple(changes.remove),
            files=len(self._plan.files),
            size_bytes=self._plan.size_bytes,
            entries=len(self._plan.entries),
            unread=tuple((remark.path, remark.reason) for remark in islice(self._plan.unread, _FIRST_ONES)),
            unread_files=len(self._plan.unread),
            waiting=tuple(remark.path for remark in islice(self._plan.waiting, _FIRST_ONES)),
            waiting_files=len(self._plan.waiting),
        )


def _digest_of_ours(child: Entry) -> str | None:
    block = block_of(child)
    return None if block is None else block.get("digest") or ""


def _summary(faults: Sequence[CatalogFault]) -> CatalogFault:
    """Give the fault that a person has to mend, if there is one, and say how many there are."""
    worst = next((fault for fault in faults if isinstance(fault, NeedsPerson)), faults[0])
    if len(faults) == 1:
        return worst
    return type(worst)(
        f"{worst} The same or something else kept {len(faults) - 1} more entries out.", status=worst.status
    )

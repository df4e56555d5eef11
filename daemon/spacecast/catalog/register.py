"""Bring the catalog to a plan: only what changed is sent, and readers find every entry whole all the time."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from spacecast.catalog.assets import OnSent, WantedFiles
from spacecast.catalog.block import AVAILABLE, NOT_UP_TO_DATE, DatasetBlock, block_of, merged, with_changes
from spacecast.catalog.client import CatalogClient, EntryPath
from spacecast.catalog.containers import find, make, no_surprises, put
from spacecast.catalog.entries import Entry
from spacecast.catalog.faults import CatalogFault, Conflict, Failed, NoAdapter, Refused
from spacecast.catalog.listing import Children, list_children
from spacecast.catalog.plan import FILES, FilesEntry, Plan, PlannedEntry
from spacecast.catalog.registered import Changes, Registered, registered
from spacecast.catalog.writing import EntryWriter
from spacecast.faults import NeedsPerson

OnWritten = Callable[[int, int], None]
"""Told how many entries have been written so far, and of how many."""

# A container's count is exact up to about a hundred in every database.
_EXACT_COUNT = 100
# Faults of one entry that say nothing about the others.
_OF_ONE_ENTRY = (Failed, NoAdapter, Refused, Conflict)


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
    on_sent: OnSent = lambda _sent, _total: None,
) -> Registered:
    """Make the catalog hold what is planned, below the container `key` in `parent`, which is made where missing.

    `metadata` is the dataset's own, without secrets; `facts` is what else is known of it. What is made or changed gets
    the `access_tags`; what stays as it is keeps its own, see `give_access_tags`. May be called again at any time, also
    after an end in the middle. Entries, metadata keys and specs that others have added stay. A fault of one entry is
    raised when all others are there; the dataset is looked at again as a whole then. `on_written` is told how many
    entries are written, and of how many, from the beginning on; `on_sent` the same of the files of an entry with many.
    What they raise ends the registration. Raises the faults of the catalog's family, and Stopped soon after `stop` is
    set.
    """
    writer = EntryWriter(client, (*parent, key), access_tags, stop, on_sent=on_sent)
    registration = _Registration(writer, plan, DatasetBlock(plan, metadata, facts), on_written)
    with no_surprises(writer):
        return registration.run()


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
        self._kept = 0  # how many files the entry `files` has from before that it would not be given now
        self._lacks_series = False
        self._files_digest: str | None = None  # as the container had it before this pass

    def run(self) -> Registered:
        present = find(self._writer)
        if present is None:
            present = make(self._writer, merged(None, self._wanted.metadata, self._wanted.pending()))
        elif self._is_untouched(present):
            return self._bring_container(present)
        children: Children = {} if present is None or present.count == 0 else list_children(self._writer, self._plan)
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
            renewed = self._wanted.available(children=children, complete=True, kept=block.get("kept") or 0)
            put(self._writer, merged(present, self._wanted.metadata, renewed))
        return registered(self._plan, Changes())

    def _changes(self, present: Entry | None, children: Children) -> Changes:
        changes = Changes()
        for key, digest in self._plan.entries.digests():
            if key not in children:
                changes.create.append(key)
            elif not self._is_as_planned(children, key, digest):
                changes.update.append(key)
        changes.remove = [key for key in children if self._is_obsolete(children, key)]
        block = (block_of(present) if present is not None else None) or {}
        self._files_digest = block.get("files_digest")
        changes.files = self._files_change(block, children, changes)
        return changes

    def _files_change(self, block: Mapping[str, Any], children: Children, changes: Changes) -> bool:
        self._kept = block.get("kept") or 0
        if block.get("files_digest") != self._wanted.files_digest:
            return True
        # A frame of a long series that it keeps may be gone from the disk.
        if self._kept and (changes.update or changes.remove):
            return True
        return (FILES in children) != bool(self._plan.loose or self._kept)

    def _is_obsolete(self, children: Children, key: str) -> bool:
        entries = self._plan.entries
        if children[key] is None or key == FILES or entries.waits(key) or entries.get(key) is not None:
            return False
        # A file that became part of a series keeps the entry it had: somebody may be reading it.
        superseded = entries.superseded(key)
        return superseded is None or not self._is_as_planned(children, key, superseded)

    def _is_as_planned(self, children: Children, key: str, planned_digest: str) -> bool:
        """Whether an entry's digest says so, and nothing says that it was being changed when a pass ended."""
        return children[key] == planned_digest and key not in self._changing

    def _begin(self, present: Entry | None, changes: Changes) -> None:
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

    def _carry_out(self, changes: Changes, children: Children) -> Registered:
        self._to_write = len(changes.create) + len(changes.update) + changes.files
        if self._to_write:
            self._on_written(0, self._to_write)
        for planned in self._planned(changes.create):
            self._write(planned, self._writer.create)
        for planned in self._planned(changes.update):
            self._write(planned, self._writer.change)
        # Files of an entry that goes are in `files` first, and those of a long series that could not be made as well.
        if changes.files or self._lacks_series:
            self._attempt(partial(self._bring_files, is_there=FILES in children))
        for key in changes.remove:
            self._writer.remove(key)
        return registered(self._plan, changes)

    def _bring_files(self, *, is_there: bool) -> None:
        plan = self._plan
        entry = plan.sent.entry() if is_there and not (self._kept or self._lacks_series) else None
        # Until its end nothing is known of what is in the catalog.
        plan.sent.forget()
        if entry is not None and entry.files_digest == self._files_digest:
            self._writer.add_files(entry, plan.sent)
            return
        wanted = WantedFiles(plan.files if self._lacks_series else plan.loose, plan.uris)
        self._kept = self._writer.bring_files(wanted, is_there=is_there)

    def _planned(self, keys: Iterable[str]) -> Iterator[PlannedEntry]:
        for key in keys:
            planned = self._plan.entries.get(key)
            if planned is not None:
                yield planned

    def _write(self, planned: PlannedEntry, write: Callable[[PlannedEntry], None]) -> None:
        if not self._attempt(partial(write, planned)):
            self._lacks_series = self._lacks_series or planned.is_long

    def _attempt(self, write: Callable[[], None]) -> bool:
        faults = len(self._faults)
        try:
            write()
        except _OF_ONE_ENTRY as fault:
            self._faults.append(fault)
        self._written += 1
        self._on_written(self._written, self._to_write)
        return len(self._faults) == faults

    def _finish(self, present: Entry | None, changes: Changes, children: Children) -> None:
        count = len(children) + len(changes.create) - len(changes.remove)
        count += bool(self._plan.loose or self._kept) - (FILES in children)
        block = self._wanted.available(children=count, complete=not self._faults, kept=self._kept)
        if self._faults:
            block["changing"] = sorted(self._changing)
        put(self._writer, merged(present, self._wanted.metadata, block))
        if self._faults:
            raise _summary(self._faults)
        place = self._writer.files_place
        if place is not None and not self._kept:
            self._plan.sent.remember(FilesEntry(*place, self._wanted.files_digest))


def _summary(faults: Sequence[CatalogFault]) -> CatalogFault:
    """Give the fault that a person has to mend, if there is one, and say how many there are."""
    worst = next((fault for fault in faults if isinstance(fault, NeedsPerson)), faults[0])
    if len(faults) == 1:
        return worst
    return type(worst)(
        f"{worst} The same or something else kept {len(faults) - 1} more entries out.", status=worst.status
    )

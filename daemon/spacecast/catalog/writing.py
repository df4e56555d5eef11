"""Make, change and remove the entries of one dataset, so that an end at any point leaves something to go on from.

An entry's digest is written last: what was left half done has none, and is looked at again.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from spacecast.catalog.assets import (
    MOST_ASSETS,
    CannotChange,
    OnSent,
    Sender,
    WantedFiles,
    change_files,
    change_readable,
    cut,
    portions,
)
from spacecast.catalog.block import BLOCK, block_of, entry_block, merged
from spacecast.catalog.client import CatalogClient, EntryPath, shown
from spacecast.catalog.entries import Entry, NewEntry
from spacecast.catalog.faults import AlreadyThere, Conflict, Failed
from spacecast.catalog.plan import FILES, FilesEntry, PlannedEntry, Sent, files_source
from spacecast.transport import Stopped, keep_trying

T = TypeVar("T")

_ATTEMPTS = 3


class EntryWriter:
    """Writes below one dataset's container; every method raises Stopped soon after `stop` is set."""

    def __init__(
        self,
        client: CatalogClient,
        dataset: EntryPath,
        access_tags: Sequence[str],
        stop: threading.Event,
        *,
        attempts: int = _ATTEMPTS,
        on_sent: OnSent = lambda _sent, _total: None,
    ) -> None:
        self.client = client
        self.dataset = dataset
        self.access_tags = tuple(access_tags)
        self._stop = stop
        self._attempts = attempts
        self._on_sent = on_sent
        self.files_place: tuple[int, int] | None = None
        """The source of the entry `files` and a number that no asset in it reaches, once it was brought into line."""

    def patiently(self, call: Callable[[], T]) -> T:
        """Make a request, and again a few times where it fails in a way that passes."""
        if self._stop.is_set():
            raise Stopped(f"Stopped while {shown(self.dataset)} was being registered; it goes on at the next start.")
        return keep_trying(wait=self._stop.wait, attempts=self._attempts)(call)

    def create(self, planned: PlannedEntry, *, former: Entry | None = None) -> None:
        """Make a readable entry; one of ours that is there already is changed. Raises Conflict for another's.

        `former` is an entry that stood there: what users had added to it is kept.
        """
        first_end = min(len(planned.files), MOST_ASSETS)
        is_whole = first_end == len(planned.files)
        block = entry_block(planned, planned.digest if is_whole else None)
        metadata = merged(former, planned.metadata, block)
        new = NewEntry(planned.key, metadata, planned.source(0, first_end), specs=former.specs if former else ())
        try:
            made = self._made(new)
        except AlreadyThere:
            self.change(planned)
            return
        if not is_whole:
            source_id, sender = made.sources[0].id, self._sender(planned.key)
            sender.expect(len(planned.files), sent=first_end)
            sender.add(
                replace(planned.source(start, end), id=source_id)
                for start, end in portions(len(planned.files), first_end)
            )
            self._describe(made, planned)

    def change(self, planned: PlannedEntry) -> None:
        """Make an entry of ours what is planned, in place where that is possible. Raises Conflict for another's."""
        path = self._path(planned.key)
        present = self.patiently(partial(self.client.entry, path, sources=True))
        if present is None:
            self.create(planned)
            return
        _check_ours(present, path)
        try:
            change_readable(self._sender(planned.key), present.sources, planned)
        except CannotChange:
            self.remove(planned.key)
            self.create(planned, former=present)
        else:
            self._describe(present, planned)

    def remove(self, key: str) -> None:
        """Remove an entry; the files it is made of are not touched."""
        self.patiently(partial(self.client.delete, self._path(key)))

    def bring_files(self, wanted: WantedFiles, *, is_there: bool) -> int:
        """Make the entry `files` have what is wanted, or be gone where that is nothing.

        Returns how many more files it has, see `change_files`. Raises Conflict where it is another's.
        """
        return self._change_files(wanted) if is_there else self._create_files(wanted)

    def add_files(self, place: FilesEntry, sent: Sent) -> None:
        """Add what is missing to the entry `files`, of which it is known what it has; what has grown is renewed."""
        number, sender = place.next_number, self._sender(FILES)
        sender.expect(sent.missing_files())
        for files in sent.missing(MOST_ASSETS):
            sender.add([replace(files_source(files, number), id=place.source_id)])
            number += len(files)
        self.files_place = place.source_id, number

    def _create_files(self, wanted: WantedFiles, *, former: Entry | None = None) -> int:
        pieces, count = cut(wanted.files), len(wanted.files)
        if not count:
            return 0
        metadata = merged(former, {}, {})
        source = files_source(next(pieces), 0)
        try:
            made = self._made(NewEntry(FILES, metadata, source, specs=former.specs if former else ()))
        except AlreadyThere:
            return self._change_files(wanted)
        sender = self._sender(FILES)
        sender.expect(count, sent=len(source.assets))
        sender.add(
            replace(files_source(piece, number * MOST_ASSETS), id=made.sources[0].id)
            for number, piece in enumerate(pieces, 1)
        )
        self._note_place(made, count)
        return 0

    def _change_files(self, wanted: WantedFiles) -> int:
        path = self._path(FILES)
        present = self.patiently(partial(self.client.entry, path, sources=True))
        if present is None:
            return self._create_files(wanted)
        _check_ours(present, path)
        try:
            kept = change_files(self._sender(FILES), present.sources, wanted)
        except CannotChange:
            self.remove(FILES)
            return self._create_files(wanted, former=present)
        self._note_place(present, len(wanted.files))
        return kept

    def _note_place(self, files: Entry, added: int) -> None:
        source = files.sources[0]
        last = max((asset.number or 0 for asset in source.assets), default=-1)
        self.files_place = None if source.id is None else (source.id, last + added + 1)

    def _describe(self, present: Entry, planned: PlannedEntry) -> None:
        block = entry_block(planned, planned.digest)
        self._put(self._path(planned.key), merged(present, planned.metadata, block))

    def _put(self, path: EntryPath, metadata: dict[str, object]) -> None:
        self.patiently(partial(self.client.replace_metadata, path, metadata, access_tags=self.access_tags))

    def _made(self, new: NewEntry) -> Entry:
        """Create an entry; what a failed attempt leaves behind spoils the whole listing, and is removed."""
        path = self._path(new.key)
        has_failed = False

        def attempt() -> Entry:
            nonlocal has_failed
            if has_failed:
                self.client.delete(path)
            try:
                return self.client.create(self.dataset, replace(new, access_tags=self.access_tags))
            except Failed:
                has_failed = True
                raise

        try:
            return self.patiently(attempt)
        except Failed:
            self.client.delete(path)
            raise

    def _sender(self, key: str) -> Sender:
        return Sender(self.client, self._path(key), self.patiently, self._on_sent)

    def _path(self, key: str) -> EntryPath:
        return (*self.dataset, key)


def _check_ours(entry: Entry, path: EntryPath) -> None:
    if block_of(entry) is None:
        raise Conflict(
            f"{shown(path)} in the catalog was not made by Spacecast (its metadata have no {BLOCK!r}), and a file's"
            " entry belongs there. Rename the file, or copy and remove that entry."
        )

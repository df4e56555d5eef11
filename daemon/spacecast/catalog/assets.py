"""Bring the files of an entry's data source into line, so that a reader finds the entry whole at any moment.

The server adds assets, renews their sizes and replaces the structure in one request; it never renumbers them. A series
is in the order of the numbers, so it can only grow and shrink at its end; `files` has no order to keep.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from spacecast.catalog.client import CatalogClient, EntryPath
from spacecast.catalog.entries import Asset, Source
from spacecast.catalog.faults import Forbidden
from spacecast.catalog.plan import PlannedEntry, PlannedFile, files_source

MOST_ASSETS = 500
"""In one request: about half a second during which the server's database is locked."""

# More files than this are not taken out of a series one by one: it is made anew.
_LONGEST_TAIL = 50

Perform = Callable[[Callable[[], object]], object]
"""Makes one request, with what patience and under what conditions its caller decides."""

OnSent = Callable[[int, int], None]
"""Told how many files of an entry have been sent or taken out by now, and of how many; where it takes many requests."""


class CannotChange(Exception):  # noqa: N818 - a turning, not an error: the entry is made anew instead
    """The data source cannot be changed into what is wanted."""


@dataclass(frozen=True)
class WantedFiles:
    """What `files` is to have, and the addresses of all that may stay there where it has been before."""

    files: Collection[PlannedFile]
    may_stay: Callable[[], Iterable[str]]

    def elsewhere(self, uris: Collection[str]) -> Collection[str]:
        """Return those of the addresses that may stay."""
        return {uri for uri in self.may_stay() if uri in uris} if uris else ()


def portions(count: int, start: int = 0) -> Iterator[tuple[int, int]]:
    """Cut the numbers from `start` to `count` into ranges for one request each."""
    for first in range(start, count, MOST_ASSETS):
        yield first, min(first + MOST_ASSETS, count)


def cut(files: Iterable[PlannedFile]) -> Iterator[Sequence[PlannedFile]]:
    """Cut files into pieces for one request each."""
    left = iter(files)
    while piece := tuple(islice(left, MOST_ASSETS)):
        yield piece


@dataclass
class Sender:
    """Sends the files of one entry, some in each request, and tells how many of them the catalog has."""

    client: CatalogClient
    path: EntryPath
    perform: Perform
    on_sent: OnSent
    _sent: int = field(default=0, init=False)
    _total: int = field(default=0, init=False)

    def expect(self, total: int, *, sent: int = 0) -> None:
        """Say how many files the entry has to do with, and for how many of them nothing is left to be done."""
        self._sent, self._total = 0, total
        if sent:
            self.count(sent)

    def count(self, files: int) -> None:
        """Take note that so many more files were sent or taken out."""
        self._sent += files
        if self._total > MOST_ASSETS:
            self.on_sent(self._sent, self._total)

    def put(self, source: Source) -> None:
        """Send a data source that says how files are read that are there already."""
        self.perform(partial(self.client.put_source, self.path, source))

    def add(self, sources: Iterable[Source]) -> None:
        """Send data sources with some of the assets each, one after the other."""
        for source in sources:
            self.put(source)
            self.count(len(source.assets))

    def take_out(self, assets: Iterable[Asset]) -> None:
        """Take files out, one after the other. Raises CannotChange where the server does not let them go."""
        for asset in assets:
            if asset.id is None:
                raise CannotChange
            try:
                self.perform(partial(self.client.dissociate, self.path, asset.id))
            except Forbidden as refusal:
                # A server that gives out no raw files lets nobody take one out of an entry either.
                raise CannotChange from refusal
            self.count(1)


def change_readable(sender: Sender, present: Sequence[Source], planned: PlannedEntry) -> None:
    """Make an entry's data source what is planned. Raises CannotChange where that takes a new entry."""
    if len(present) != 1 or present[0].structure_family != planned.structure_family:
        raise CannotChange
    have, want = [asset.uri for asset in present[0].assets], [file.uri for file in planned.files]
    same = _common_start(have, want)
    tail = present[0].assets[same:]
    if not same or len(tail) > _LONGEST_TAIL or _parameters(present[0]) != _parameters(planned.source(0, 1)):
        raise CannotChange
    first = _first_of_other_size(present[0].assets[:same], planned.files)
    sender.expect(len(want) + len(tail), sent=first)
    if tail:
        # First nobody is led to the end that goes, then it goes, from the last on: the numbers have no gap.
        sender.put(replace(planned.source(same, same), id=present[0].id))
        sender.take_out(reversed(tail))
    ranges = list(portions(len(want), first)) or [(len(want), len(want))]
    # The structure always covers what was there before, and never more files than have been sent.
    sources = (planned.source(start, end, frames=max(end, same)) for start, end in ranges)
    sender.add(replace(source, id=present[0].id) for source in sources)


def change_files(sender: Sender, present: Sequence[Source], wanted: WantedFiles) -> int:
    """Make `files` have what is wanted; returns how many more files it keeps.

    A file that is in a long series by now stays, so that nobody sees it go, and so does one that cannot be read just
    now. Raises CannotChange where making the entry anew is the better way, or where nothing would stay in it.
    """
    if len(present) != 1 or present[0].structure_family != "bytes":
        raise CannotChange
    files = wanted.files
    known = {asset.uri: asset for asset in present[0].assets}
    uris = {file.uri for file in files}
    others = [asset for asset in present[0].assets if asset.uri not in uris]
    kept = wanted.elsewhere({asset.uri for asset in others})
    gone = [asset for asset in others if asset.uri not in kept]
    if len(gone) * 2 > max(len(known), _LONGEST_TAIL) or not (files or kept):
        raise CannotChange
    changed = [file for file in files if file.uri not in known or known[file.uri].size != file.size]
    next_number = 1 + max((asset.number or 0 for asset in known.values()), default=-1)
    sources = (
        replace(files_source(changed[start:end], next_number + start), id=present[0].id)
        for start, end in portions(len(changed))
    )
    sender.expect(len(files) + len(gone), sent=len(files) - len(changed))
    sender.add(sources)
    sender.take_out(gone)
    return len(kept)


def _first_of_other_size(known: Sequence[Asset], files: Sequence[PlannedFile]) -> int:
    for index, (asset, file) in enumerate(zip(known, files, strict=False)):
        if asset.size != file.size:
            return index
    return len(known)


def _parameters(source: Source) -> set[tuple[str, bool]]:
    return {(asset.parameter, asset.number is None) for asset in source.assets}


def _common_start(one: Sequence[str], other: Sequence[str]) -> int:
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))

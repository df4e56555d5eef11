"""One dataset while it is being worked on: what is known of it, and everything its steps may use."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from spacecast.config import Config
from spacecast.faults import Passing
from spacecast.folders import Disks, DiskUser, Origin, ReadFile
from spacecast.ledger import Dataset, Ledger, RemoteObject
from spacecast.metadata import BlockValues, Journal, Refused
from spacecast.publish.progress import Progress
from spacecast.publish.services import Services
from spacecast.publish.turns import Turn

T = TypeVar("T")

SPACE = "space"
IN_PLACE = "in-place"
"""The folder of what is known of writes into the same file, in the state folder."""


class NotYet(Passing):
    """Nothing is wrong; a condition is awaited. The stage stays pending and is looked at again later."""


@dataclass
class Publication:
    """The working state of one pass over a dataset; its steps share it, each from its own thread."""

    dataset: Dataset
    config: Config
    services: Services
    ledger: Ledger
    stop: threading.Event
    disks: Disks = field(default_factory=Disks)
    """What file systems are asked by: one that hangs must not get all workers of a lane."""
    opened: int = 0
    """How often the stage had been opened again when this pass began."""
    turn: Turn = field(default_factory=Turn)
    """How long the pass may hold its worker while others wait."""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The metadata file's content, our blocks included."""
    read: ReadFile | None = None
    """The metadata file as it was read at the beginning of the pass."""
    origin: Origin | None = None
    """Which folder it was read from."""
    block: BlockValues | None = None
    """What an earlier publication, ours or another tool's, has written into the metadata file, or beside it."""
    block_file: str = ""
    """The name of the file in which the block stands."""
    refusal: Refused | None = None
    """Why nothing may be written into the metadata file; the links then go into a file beside it."""
    invite_token: str | None = field(default=None, repr=False)
    """Only in memory, between the step that makes it and the one that writes it."""
    storage_found: tuple[str | None] | None = None
    """The storage that was there on the folder, or None, once it was looked for in this pass."""
    support_token: str | None = field(default=None, repr=False)
    """Only in memory, between the step that gets it and the one that hands it to the provider."""
    note: str = ""
    """Something the operator should know although all went well."""
    look_again_seconds: float | None = None
    """When to look again although a person has to act: something else is still under way."""
    objects: dict[str, RemoteObject] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    """The kinds that an earlier pass made, or meant to."""

    def __post_init__(self) -> None:
        self.disk: DiskUser = self.disks.user(self.dataset.root)
        self.objects = self.ledger.objects(self.dataset.id)
        self.tried = set(self.objects)

    @property
    def metadata(self) -> ReadFile:
        """The metadata file; raises LookupError before it was read."""
        if self.read is None:
            raise LookupError(f"the metadata file of {self.dataset.name} was not read yet")
        return self.read

    @property
    def journal(self) -> Journal:
        """What is known of a write into the metadata file itself, where it may not be replaced."""
        return Journal(Path(self.config.state_folder) / IN_PLACE / self.dataset.marker)

    def known(self, kind: str) -> RemoteObject | None:
        """Return the remote object of this kind if it is confirmed to exist."""
        found = self.objects.get(kind)
        return found if found is not None and found.confirmed else None

    def id_of(self, kind: str) -> str:
        """Return the id of a confirmed remote object; raises LookupError where the steps are out of order."""
        found = self.known(kind)
        if found is None or found.remote_id is None:
            raise LookupError(f"{kind} of {self.dataset.name} is not known yet")
        return found.remote_id

    def detail(self, kind: str, name: str) -> Any:
        """Return a recorded fact about a confirmed remote object, None where there is none."""
        found = self.known(kind)
        return found.details.get(name) if found is not None else None

    def intend(self, kind: str) -> bool:
        """Write down that this object is about to be made; say whether that had been intended before."""
        if kind in self.objects:
            return True
        self._reintend(intended(kind))
        return False

    def may_have_been_made(self, kind: str) -> bool:
        """Say whether an attempt to make this object was begun, in this pass or before, and its end is not known."""
        intended = self.objects.get(kind)
        return intended is not None and not intended.confirmed and not intended.details.get("nothing_made")

    def nothing_made(self, kind: str) -> None:
        """Write down that an attempt to make this object has failed for certain."""
        self.note_intent(kind, nothing_made=True)

    def begin(self, kind: str) -> None:
        """Write down that an intended object is being made, from now until its end is known."""
        details = self.objects[kind].details
        if details.get("nothing_made"):
            begun = {name: value for name, value in details.items() if name != "nothing_made"}
            self._reintend(replace(self.objects[kind], details=begun))

    def note_intent(self, kind: str, **facts: Any) -> None:
        """Write down facts about an object that is meant to be made."""
        self._reintend(replace(self.objects[kind], details={**self.objects[kind].details, **facts}))

    def _reintend(self, wanted: RemoteObject) -> None:
        self.ledger.intend(self.dataset.id, wanted.kind, wanted.details)
        self.objects[wanted.kind] = wanted

    def restart(self, kind: str, **facts: Any) -> None:
        """Write down that this effect is wanted from now on, whatever was known of it."""
        self._reintend(intended(kind, **facts))

    def was_tried(self, kind: str) -> bool:
        """Say whether an object of this kind was made, or meant to be made, before this pass or by an earlier one."""
        return kind in self.tried or self.was_there

    def confirm(self, kind: str, remote_id: str | None, **details: Any) -> RemoteObject:
        """Write down that this object exists."""
        self.objects[kind] = self.ledger.confirm(self.dataset.id, kind, remote_id, details)
        return self.objects[kind]

    def forget(self, kind: str) -> None:
        """Drop what is known of a remote effect, so that it is brought about again."""
        self.ledger.forget(self.dataset.id, kind)
        self.objects.pop(kind, None)

    def doubt(self, kind: str) -> None:
        """Take back that this object is known to be good: it is looked for, or made again, by the next pass."""
        self._reintend(intended(kind, doubted=True, nothing_made=True))

    def is_doubted_for(self, kind: str, most_seconds: float) -> bool:
        """Say whether an object was doubted, and not longer than so many seconds ago."""
        details = self.objects[kind].details if kind in self.objects else {}
        return bool(details.get("doubted")) and time.time() - float(details["intended_at"]) <= most_seconds

    def start_anew(self, kept: Iterable[RemoteObject] = ()) -> None:
        """Know no remote objects but these, and let the next space have another id than the one that is lost."""
        self.ledger.start_anew(self.dataset.id, kept)
        self.dataset, self.objects = self.ledger.dataset(self.dataset.id), self.ledger.objects(self.dataset.id)
        self.tried = set(self.objects)

    def tell_progress(self, stage: str, progress: Progress) -> None:
        """Put up how far a stage of this dataset has got."""
        self.services.progress.note(self.dataset.id, stage, progress)

    def counting(self, stage: str, doing: str, items: Iterable[T]) -> Iterator[T]:
        """Pass items on, and put up how many there were so far."""
        return self.services.progress.counting(self.dataset.id, stage, doing, items)

    @property
    def was_there(self) -> bool:
        """Whether the space was there before this ledger knew of it, so that whatever belongs to it may be, too."""
        return self.is_adopted or any(self.detail(SPACE, way) for way in ("adopted", "was_there"))

    @property
    def is_adopted(self) -> bool:
        """Whether the metadata file names a space that was published before this ledger knew the dataset."""
        return self.block is not None and self.block.space is not None


def intended(kind: str, **facts: Any) -> RemoteObject:
    """Return a remote object that is meant to be there from now on, and not known to be."""
    return RemoteObject(kind, None, confirmed=False, details={"intended_at": time.time(), **facts})

"""What the ledger remembers, as plain values: datasets, their stages, their remote objects and events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

WITHDRAW = "withdraw"
"""The stage of a withdrawn dataset: everything that was made for it is gone."""


class UnknownDataset(KeyError):  # noqa: N818 - as the faults are called
    """The ledger has no dataset of this number, or none any more."""


class State(StrEnum):
    """Where a dataset stands as a whole."""

    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    RETRYING = "retrying"
    BLOCKED = "blocked"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"


class Condition(StrEnum):
    """Where one stage of a dataset stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Lying(NamedTuple):
    """How a dataset lay on disk when it was last looked at; a tuple, since years of them are read at each start."""

    root: str
    name: str
    metadata_name: str | None
    device: int | None
    inode: int | None
    read_stamp: str | None
    is_settled: bool
    """It is ready with every stage done, and not live: as long as it lies like this there is nothing to do."""


@dataclass(frozen=True)
class Dataset:
    """One folder with a metadata file."""

    id: int
    root: Path
    """The folder below which the dataset lies, as the daemon sees it."""
    name: str
    """The folder's own name; what is not UTF-8 in it stands escaped."""
    key: str
    """The dataset key: its name in Tiled and in refs."""
    title: str
    """The valid Onedata name of its space, storage, group and share; no two datasets have the same."""
    marker: str
    """A random UUID that every remote object which can carry it carries."""
    generation: int
    """Raised when a space is made anew after the old one was lost."""
    state: State
    reason: str
    """Why it is blocked, retrying or missing; empty otherwise."""
    metadata_name: str | None
    device: int | None
    inode: int | None
    live: bool
    """The running file was there when it was last looked at."""
    read_stamp: str | None
    """Inode, size and times of the metadata file when the link stage last ended well; spares reading it again."""
    created_at: float
    changed_at: float
    """Seconds since the epoch at which the state last changed."""
    paused: bool = False
    """An operator has said that nothing new is begun for it."""

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self.root / self.name

    @property
    def seed(self) -> str:
        """What the space's id is computed from."""
        return f"{self.marker}-{self.generation}"


@dataclass(frozen=True)
class RemoteObject:
    """One remote object or effect of a dataset: intended before the call, confirmed after it."""

    kind: str
    """The step that makes it: `space`, `storage`, `group` …"""
    remote_id: str | None
    confirmed: bool
    details: Mapping[str, Any] = field(default_factory=dict)
    """Facts that later steps need, never a secret."""


@dataclass(frozen=True)
class Stage:
    """One promise to a user, and how far it is kept."""

    name: str
    condition: Condition
    reason: str = ""
    needs_person: bool = False
    attempts: int = 0
    """Failures in a row."""
    since: float = 0.0
    next_try_at: float | None = None
    opened: int = 0
    """How often it was opened again; a pass that began before does not count for what came after."""


@dataclass(frozen=True)
class Event:
    """One line of a dataset's history."""

    at: float
    stage: str
    step: str
    outcome: str
    message: str = ""
    seconds: float | None = None


class DeliveryState(StrEnum):
    """How far a notice is on its way through one channel."""

    PENDING = "pending"
    BEGUN = "begun"
    """Being handed over; whether it was taken is not known yet."""
    SENT = "sent"
    UNCLEAR = "unclear"
    """Handed over without ever hearing whether it was taken."""
    GIVEN_UP = "given up"
    CANCELLED = "cancelled"
    """What it tells of was taken back before it went out."""


@dataclass(frozen=True)
class NewNotice:
    """Something to be told, once: `key` is the same whenever the same thing is found to be told again."""

    key: str
    kind: str
    facts: Mapping[str, Any]
    """What the texts need; never a secret."""
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Through which channels it goes, and to whom there; a notice without any is only remembered as told."""
    dataset_id: int | None = None


@dataclass(frozen=True)
class Delivery:
    """A notice on its way through one channel."""

    notice_id: int
    channel: str
    key: str
    kind: str
    facts: Mapping[str, Any]
    dataset_id: int | None
    noticed_at: float
    state: DeliveryState
    recipients: tuple[str, ...]
    """To whom it has still to go."""
    taken: int = 0
    """How many have it."""
    attempts: int = 0
    """Failures in a row."""
    next_try_at: float = 0.0
    changed_at: float = 0.0
    note: str = ""
    """How the last attempt ended."""


@dataclass(frozen=True)
class Blockage:
    """A dataset that waits for a person, for a reason of its own."""

    dataset_id: int
    name: str
    root: str
    reason: str
    since: float


@dataclass(frozen=True)
class StandingTrouble:
    """Something that operators were told of and that has not ended since."""

    subject: str
    since: float
    facts: Mapping[str, Any]

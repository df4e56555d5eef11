"""What the zone and the providers know: users, groups, spaces, tokens, shares, storages, supports."""

import math
from dataclasses import dataclass, field
from typing import Any

from spacecast.sandbox.onedata.members import Members


@dataclass
class User:
    """A user of the zone."""

    id: str
    name: str
    creation_time: int
    zone_admin: bool = False


@dataclass
class Group:
    """A group; its members are users and child groups."""

    id: str
    name: str
    type: str
    creator: str
    creation_time: int
    users: Members = field(default_factory=Members)
    children: Members = field(default_factory=Members)


@dataclass
class Space:
    """A space; its members are users and groups."""

    id: str
    name: str
    creator: str
    creation_time: int
    texts: dict[str, Any] = field(default_factory=dict)
    """description, organizationName, tags and the marketplace keys."""
    users: Members = field(default_factory=Members)
    groups: Members = field(default_factory=Members)
    owners: set[str] = field(default_factory=set)
    share_ids: list[str] = field(default_factory=list)
    """All shares ever made of it; those that were deleted are gone from the state."""
    deleted: float = math.inf
    """Monotonic time of the deletion."""


@dataclass
class NamedToken:
    """A token that the zone stores."""

    id: str
    name: str
    subject: str
    type: dict[str, Any]
    caveats: list[dict[str, Any]]
    custom: dict[str, Any]
    creation_time: int
    text: str = field(repr=False)
    revoked: bool = False
    usage_limit: int | None = None
    """Uses allowed; None is without limit."""
    usage_count: int = 0
    privileges: list[str] | None = None


@dataclass
class Share:
    """A public share of a file or directory."""

    id: str
    space_id: str
    name: str
    description: str
    root_uuid: str
    is_directory: bool
    creator: str
    creation_time: int


@dataclass
class Storage:
    """A storage of a provider."""

    id: str
    name: str
    provider_id: str
    mount_point: str
    imported: bool
    readonly: bool
    settings: dict[str, Any]
    """The other parameters as they are shown."""
    qos_parameters: dict[str, Any]


@dataclass
class StorageImport:
    """How a space's storage is imported, and how far that is."""

    mode: str
    config: dict[str, Any]
    status: str | None = None
    start: int | None = None
    stop: int | None = None
    created: int = 0
    modified: int = 0
    deleted: int = 0
    unmodified: int = 0
    failed: int = 0
    total_scans: int = 0
    due: float = math.inf
    """Monotonic time of the next scan."""
    next_scan: int | None = None

    @property
    def busy(self) -> bool:
        """A scan is waiting its turn or going on."""
        return self.status in ("enqueued", "running", "aborting")


@dataclass
class Support:
    """The support of a space by a provider with a storage."""

    provider_id: str
    space_id: str
    storage_id: str
    size: int
    since: float
    storage_import: StorageImport | None
    accounting: bool
    directory_statistics: bool
    until: float = math.inf
    """Monotonic time at which it was revoked."""


@dataclass
class QosRequirement:
    """A wish for replicas of a file."""

    id: str
    file_uuid: str
    space_id: str
    expression: str
    replicas: int
    since: float
    possible: bool


@dataclass
class Transfer:
    """A replication, eviction or migration of a file."""

    id: str
    space_id: str
    file_uuid: str
    user_id: str
    request: dict[str, Any]
    scheduled: float
    schedule_time: int
    cancelled: bool = False
    rerun_id: str | None = None

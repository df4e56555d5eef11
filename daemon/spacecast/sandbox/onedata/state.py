"""The whole state of the sandbox, behind one lock, and the questions that several services ask it."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from spacecast.sandbox.onedata.entities import (
    Group,
    NamedToken,
    QosRequirement,
    Share,
    Space,
    Storage,
    Support,
    Transfer,
    User,
)
from spacecast.sandbox.onedata.imported_files import SpaceFiles
from spacecast.sandbox.onedata.members import NOW, Members
from spacecast.sandbox.onedata.privileges import SPACE_ALL
from spacecast.sandbox.onedata.settings import Delays, Release

_REMEMBERED_SECONDS = 600.0
"""How long what has ended is kept for providers that have not heard of it."""


@dataclass
class ProviderState:
    """A provider as the zone knows it, and whether the two are connected."""

    id: str
    name: str
    domain: str
    cluster: Members = field(default_factory=Members)
    cut_off_since: float | None = None

    @property
    def online(self) -> bool:
        """Connected to the zone."""
        return self.cut_off_since is None


@dataclass
class State:
    """Everything there is, by id. Tests may look at it; operations change it under `lock`."""

    release: Release
    delays: Delays
    zone_domain: str = ""
    mounts: Mapping[str, Path] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    zone_up: bool = True
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    spaces: dict[str, Space] = field(default_factory=dict)
    tokens: dict[str, NamedToken] = field(default_factory=dict)
    shares: dict[str, Share] = field(default_factory=dict)
    providers: dict[str, ProviderState] = field(default_factory=dict)
    storages: dict[str, Storage] = field(default_factory=dict)
    supports: dict[tuple[str, str], Support] = field(default_factory=dict)
    """By provider id and space id."""
    files: dict[str, SpaceFiles] = field(default_factory=dict)
    """By space id."""
    qos: dict[str, QosRequirement] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    ended_supports: list[Support] = field(default_factory=list)
    deleted_spaces: list[Space] = field(default_factory=list)

    def now(self) -> int:
        """Give the time in seconds since the epoch, as the servers write it."""
        return int(self.wall_clock())

    def group_privileges(self, group: Group, user_id: str, at: float = NOW) -> frozenset[str] | None:
        """Give a user's effective privileges in a group; None for somebody who is no member."""
        return self._group_privileges(group, user_id, at, set())

    def _group_privileges(self, group: Group, user_id: str, at: float, visited: set[str]) -> frozenset[str] | None:
        visited.add(group.id)
        found = group.users.privileges(user_id, at)
        for child_id in group.children.ids(at):
            child = self.groups.get(child_id)
            if child is None or child_id in visited:
                continue
            if self._group_privileges(child, user_id, at, visited) is not None:
                inherited = group.children.privileges(child_id, at) or frozenset()
                found = inherited if found is None else found | inherited
        return found

    def in_group(self, group: Group, user_id: str, privilege: str) -> bool:
        """Tell whether a user has a privilege in a group, directly or by a child group."""
        direct = group.users.privileges(user_id)
        if direct is not None and privilege in direct:
            return True
        return privilege in (self.group_privileges(group, user_id) or ())

    def space_privileges(self, space: Space, user_id: str, at: float = NOW) -> frozenset[str] | None:
        """Give a user's effective privileges in a space; an owner has all, somebody who is no member None."""
        found = space.users.privileges(user_id, at)
        if found is not None and user_id in space.owners:
            return frozenset(SPACE_ALL)
        for group_id in space.groups.ids(at):
            group = self.groups.get(group_id)
            if group is not None and self.group_privileges(group, user_id, at) is not None:
                inherited = space.groups.privileges(group_id, at) or frozenset()
                found = inherited if found is None else found | inherited
        return found

    def spaces_of(self, user_id: str) -> Iterator[Space]:
        """Give the spaces that a user belongs to, directly or by groups."""
        return (space for space in self.spaces.values() if self.space_privileges(space, user_id) is not None)

    def groups_of(self, user_id: str) -> Iterator[Group]:
        """Give the groups that a user belongs to, directly or by child groups."""
        return (group for group in self.groups.values() if self.group_privileges(group, user_id) is not None)

    def parents_of(self, group_id: str) -> Iterator[Group]:
        """Give the groups that have this one as a direct child."""
        return (group for group in self.groups.values() if group_id in group.children)

    def supports_of_space(self, space_id: str) -> list[Support]:
        """Give the supports of a space."""
        found = (self.supports.get((provider_id, space_id)) for provider_id in self.providers)
        return [support for support in found if support is not None]

    def supports_by_provider(self, provider_id: str) -> list[Support]:
        """Give the supports that a provider gives."""
        return [support for (by, _), support in list(self.supports.items()) if by == provider_id]

    def shares_of_space(self, space_id: str) -> list[Share]:
        """Give the shares of a space."""
        space = self.spaces.get(space_id)
        found = (self.shares.get(share_id) for share_id in (space.share_ids if space else ()))
        return [share for share in found if share is not None]

    def storage_in_use(self, storage_id: str) -> bool:
        """Tell whether a storage supports a space, or did so a moment ago."""
        if any(support.storage_id == storage_id for support in self.supports.values()):
            return True
        recently = self.clock() - self.delays.propagation_seconds
        return any(support.storage_id == storage_id and support.until > recently for support in self.ended_supports)

    def end_support(self, support: Support) -> None:
        """Revoke a support."""
        support.until = self.clock()
        self.supports.pop((support.provider_id, support.space_id), None)
        remembered = support.until - _REMEMBERED_SECONDS
        self.ended_supports[:] = [old for old in self.ended_supports if old.until > remembered]
        self.ended_supports.append(support)

    def delete_space(self, space: Space) -> None:
        """Delete a space with its supports and shares; providers notice a moment later."""
        for support in self.supports_of_space(space.id):
            self.end_support(support)
        for share in self.shares_of_space(space.id):
            self.shares.pop(share.id, None)
        space.deleted = self.clock()
        self.spaces.pop(space.id, None)
        remembered = self.clock() - _REMEMBERED_SECONDS
        self.deleted_spaces[:] = [old for old in self.deleted_spaces if old.deleted > remembered]
        self.deleted_spaces.append(space)

    def delete_group(self, group: Group) -> None:
        """Delete a group and its memberships."""
        self.groups.pop(group.id, None)
        at = self.clock()
        for space in self.spaces.values():
            space.groups.remove(group.id, at)
        for parent in self.groups.values():
            parent.children.remove(group.id, at)

    def on_this_machine(self, mount_point: str) -> Path:
        """Give the folder of this machine that a provider sees as `mount_point`."""
        path = PurePosixPath(mount_point)
        for mounted, folder in self.mounts.items():
            if path.is_relative_to(mounted):
                return folder / path.relative_to(mounted)
        return Path(mount_point)

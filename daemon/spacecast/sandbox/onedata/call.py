"""A call: one request on its way to one operation, with what the operation may ask about the caller."""

import json
from dataclasses import dataclass, field
from typing import Any

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.bodies import Body
from spacecast.sandbox.onedata.entities import Group, Share, Space, User
from spacecast.sandbox.onedata.importing import Importer
from spacecast.sandbox.onedata.messages import JSON_TYPE, Request
from spacecast.sandbox.onedata.state import ProviderState, State
from spacecast.sandbox.onedata.tokens import Token, TokenMint


@dataclass
class World:
    """What all services of the sandbox share."""

    state: State
    mint: TokenMint
    importers: dict[str, Importer] = field(default_factory=dict)
    """By provider id."""
    web_addresses: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Addresses over HTTPS and plain HTTP, by provider id; the zone's under the empty id."""

    def address(self, host_id: str, *, secure: bool) -> str:
        """Give the address of a host for somebody who came over HTTPS or not."""
        https_address, http_address = self.web_addresses[host_id]
        return https_address if secure else http_address


@dataclass
class Call:
    """One request for one operation."""

    world: World
    request: Request
    ids: dict[str, str]
    """The variable parts of the path, decoded."""
    provider: ProviderState | None = None
    user: User | None = None
    """The caller; None is a guest."""
    token: Token | None = None
    body: Any = field(default_factory=dict)
    half_made: bool = False
    cluster_privileges: frozenset[str] | None = None
    """The caller's privileges in the cluster of the panel that was asked."""

    @property
    def state(self) -> State:
        """The state of the sandbox."""
        return self.world.state

    @property
    def here(self) -> ProviderState:
        """The provider that was asked."""
        if self.provider is None:
            raise LookupError("this operation belongs to a provider")
        return self.provider

    def query(self, key: str) -> str | None:
        """Give the last value of a query parameter."""
        values = self.request.query.get(key)
        return values[-1] if values else None

    def caller(self) -> User:
        """Give the caller; a guest gets 401."""
        if self.user is None:
            raise errors.unauthorized()
        return self.user

    def allow(self, *, granted: bool) -> User:
        """Go on with the caller if it was granted: 401 for guests, 403 for others."""
        user = self.caller()
        if not granted:
            raise errors.forbidden()
        return user

    def group(self, key: str = "gid") -> Group:
        """Give the group named in the path, or 404."""
        group = self.state.groups.get(self.ids[key])
        if group is None:
            raise errors.not_found()
        return group

    def space(self) -> Space:
        """Give the space named in the path, or 404."""
        space = self.state.spaces.get(self.ids["sid"])
        if space is None:
            raise errors.not_found()
        return space

    def share(self) -> Share:
        """Give the share named in the path, or 404."""
        share = self.state.shares.get(self.ids["shid"])
        if share is None:
            raise errors.not_found()
        return share

    def allow_in_group(self, group: Group, privilege: str | None = None) -> User:
        """Let members of a group pass, or only those with a privilege there."""
        user = self.caller()
        if privilege is not None:
            return self.allow(granted=user.zone_admin or self.state.in_group(group, user.id, privilege))
        member = user.id in group.users or self.state.group_privileges(group, user.id) is not None
        return self.allow(granted=user.zone_admin or member)

    def allow_in_space(self, space: Space, privilege: str | None = None) -> User:
        """Let members of a space pass, or only those with a privilege there."""
        user = self.caller()
        held = self.state.space_privileges(space, user.id)
        granted = held is not None and (privilege is None or privilege in held)
        return self.allow(granted=user.zone_admin or granted)


def parse_json(request: Request, *, any_json: bool = False) -> Any:
    """Parse a request's body: 415 for another content type, malformedData for what is no JSON object.

    An absent body counts as `{}`; then the content type does not matter.
    """
    if not request.body:
        return {}
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != JSON_TYPE:
        raise errors.EmptyError(415)
    try:
        parsed = json.loads(request.body)
    except ValueError as error:
        raise errors.malformed_data() from error
    if not any_json and not isinstance(parsed, dict):
        raise errors.malformed_data()
    return parsed


def without_nulls(body: Body) -> dict[str, Any]:
    """Drop keys whose value is null, as Oneprovider does."""
    return {key: value for key, value in body.items() if value is not None}

"""What Onezone tells about tokens. A token's text is never part of a `repr`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from spacecast.onedata.fields import Fields


@dataclass(frozen=True)
class CreatedToken:
    """A named token that was just made."""

    token_id: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class NamedToken:
    """A named token; `invite_type` and `group_id` are empty unless it invites to a group.

    `usage_limit` None means unlimited; `valid_until` (seconds since the epoch) None means no expiry.
    """

    token_id: str
    name: str
    invite_type: str
    group_id: str
    custom_metadata: Mapping[str, Any]
    valid_until: int | None
    usage_limit: int | None
    usage_count: int
    revoked: bool
    token: str = field(repr=False)

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read a named token's details."""
        invite, metadata = body.inner("type").inner("inviteToken"), body.inner("metadata")
        return cls(
            token_id=body.text("id", "tokenId"),
            name=body.text("name"),
            invite_type=invite.text("inviteType"),
            group_id=invite.text("groupId"),
            custom_metadata=metadata.mapping("custom"),
            valid_until=_valid_until(body),
            usage_limit=metadata.number("usageLimit"),
            usage_count=metadata.count("usageCount"),
            revoked=body.flag("revoked"),
            token=body.text("token"),
        )


def _valid_until(body: Fields) -> int | None:
    moments = [caveat.number("validUntil") for caveat in body.objects("caveats") if caveat.text("type") == "time"]
    return min((moment for moment in moments if moment is not None), default=None)


@dataclass(frozen=True)
class ScopeSpace:
    """A space that a token reaches; `supports` maps providers to whether their storage is read-only."""

    name: str
    supports: Mapping[str, bool]


@dataclass(frozen=True)
class ScopeProvider:
    """A provider that a token reaches."""

    name: str
    domain: str
    version: str
    online: bool


@dataclass(frozen=True)
class TokenScope:
    """All that a token reaches; `gives_data` False means that it is good for no data at all."""

    valid_until: int | None
    gives_data: bool
    readonly: bool
    spaces: Mapping[str, ScopeSpace]
    providers: Mapping[str, ScopeProvider]

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read the answer of `POST /tokens/infer_access_token_scope`."""
        scope = body.inner("dataAccessScope")
        return cls(
            valid_until=body.number("validUntil"),
            gives_data=body.value("dataAccessScope") is not None,
            readonly=scope.flag("readonly"),
            spaces={key: _scope_space(Fields(value)) for key, value in scope.mapping("spaces").items()},
            providers={key: _scope_provider(Fields(value)) for key, value in scope.mapping("providers").items()},
        )


def _scope_space(body: Fields) -> ScopeSpace:
    supports = body.mapping("supports")
    return ScopeSpace(body.text("name"), {key: Fields(value).flag("readonly") for key, value in supports.items()})


def _scope_provider(body: Fields) -> ScopeProvider:
    return ScopeProvider(body.text("name"), body.text("domain"), body.text("version"), body.flag("online"))

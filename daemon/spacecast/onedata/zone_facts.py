"""What Onezone tells about itself, users, groups, spaces, shares and providers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from spacecast.onedata.fields import Fields, version_numbers


@dataclass(frozen=True)
class ZoneConfiguration:
    """A zone and its release."""

    name: str
    domain: str
    version: str
    compatible_provider_versions: tuple[str, ...] = ()

    @property
    def release(self) -> tuple[int, ...]:
        """The release as numbers that compare in order."""
        return version_numbers(self.version)

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read the answer of `GET /configuration`."""
        return cls(
            body.text("name"), body.text("domain"), body.text("version"), body.texts("compatibleOneproviderVersions")
        )


@dataclass(frozen=True)
class User:
    """Whom a token belongs to."""

    user_id: str
    full_name: str
    username: str

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read the answer of `GET /user`."""
        return cls(body.text("userId"), body.text("fullName", "name"), body.text("username", "login", "alias"))


@dataclass(frozen=True)
class GroupDetails:
    """A group of users."""

    group_id: str
    name: str
    type: str
    created_at: int | None = None

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read a group's details, seen directly or through a parent or space."""
        return cls(body.text("groupId"), body.text("name"), body.text("type"), body.number("creationTime"))


@dataclass(frozen=True)
class SpaceDetails:
    """A space; `providers` maps the supporting providers to their sizes in bytes.

    `description` is None where the release (20.02) has none.
    """

    space_id: str
    name: str
    description: str | None
    providers: Mapping[str, int]
    created_at: int | None = None

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read a space's details."""
        sizes = {name: size for name, size in body.mapping("providers").items() if isinstance(size, int)}
        return cls(
            body.text("spaceId"),
            body.text("name"),
            body.optional_text("description"),
            sizes,
            body.number("creationTime"),
        )


@dataclass(frozen=True)
class ShareDetails:
    """A share; `root_file_id` is the id inside the share. From the public address, `space_id` is empty."""

    share_id: str
    name: str
    description: str
    public_url: str
    root_file_id: str
    space_id: str = ""
    handle_id: str | None = None
    public_rest_url: str | None = None

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read a share's details, as Onezone or Oneprovider gives them."""
        return cls(
            share_id=body.text("shareId"),
            name=body.text("name"),
            description=body.text("description"),
            public_url=body.text("publicUrl"),
            root_file_id=body.text("rootFileId"),
            space_id=body.text("spaceId"),
            handle_id=body.optional_text("handleId"),
            public_rest_url=body.optional_text("publicRestUrl"),
        )


@dataclass(frozen=True)
class ProviderDetails:
    """A provider as the zone sees it; while it is not online, nothing new reaches it."""

    provider_id: str
    name: str
    domain: str
    online: bool

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read a provider's details."""
        return cls(body.text("providerId"), body.text("name"), body.text("domain"), body.flag("online"))

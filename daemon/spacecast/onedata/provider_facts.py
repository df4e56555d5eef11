"""What Oneprovider tells about itself, spaces, files, replication requirements and transfers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from spacecast.onedata.fields import Fields, version_numbers
from spacecast.onedata.identifiers import root_directory_id


@dataclass(frozen=True)
class ProviderConfiguration:
    """A provider, its zone and its release."""

    provider_id: str
    name: str
    domain: str
    zone_domain: str
    version: str

    @property
    def release(self) -> tuple[int, ...]:
        """The release as numbers that compare in order."""
        return version_numbers(self.version)

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read the answer of `GET /configuration`."""
        names = ("providerId", "name", "domain", "onezoneDomain", "version")
        return cls(*(body.text(name) for name in names))


@dataclass(frozen=True)
class ProviderSpace:
    """A space as the provider knows it; `root_id` is the file id of its root directory."""

    space_id: str
    name: str
    root_id: str
    provider_ids: tuple[str, ...]

    @classmethod
    def read(cls, body: Fields, space_id: str = "") -> Self:
        """Read a space; the root's id is computed where the release does not tell it."""
        own_id = body.text("spaceId") or space_id
        providers = tuple(provider.text("providerId") for provider in body.objects("providers"))
        return cls(own_id, body.text("name"), body.text("dirId", "fileId") or root_directory_id(own_id), providers)


@dataclass(frozen=True)
class FileAttributes:
    """A file or directory; `type` is REG, DIR, LNK or SYMLNK in every release.

    `mode` is the octal text of the POSIX permissions. What the provider was not asked for is empty or None.
    """

    file_id: str
    name: str
    type: str
    size_bytes: int | None = None
    mode: str = ""
    direct_share_ids: tuple[str, ...] = ()

    @property
    def is_directory(self) -> bool:
        """Whether it can be listed."""
        return self.type == "DIR"

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read attributes in camelCase, in snake_case, or in both at once."""
        kind = body.text("type").upper()
        return cls(
            file_id=body.text("fileId", "file_id", "id"),
            name=body.text("name"),
            type="REG" if kind == "FILE" else kind,
            size_bytes=body.number("size"),
            mode=body.text("posixPermissions", "mode"),
            direct_share_ids=body.texts("directShareIds", "shares"),
        )


class RemoteFile(NamedTuple):
    """A regular file as the provider lists it, by its path below the space."""

    path: str
    size_bytes: int


@dataclass(frozen=True)
class Page:
    """Some children of a directory; `next_token` is None after the last ones."""

    children: tuple[FileAttributes, ...]
    next_token: str | None


@dataclass(frozen=True)
class QosRequirement:
    """A demand for replicas; the expression comes back normalised, without blanks."""

    requirement_id: str
    file_id: str
    expression: str
    replicas: int
    status: str

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read a requirement."""
        return cls(
            requirement_id=body.text("qosRequirementId"),
            file_id=body.text("fileId"),
            expression=body.text("expression"),
            replicas=body.count("replicasNum"),
            status=body.text("status"),
        )


@dataclass(frozen=True)
class QosSummary:
    """The requirements on a file with their states; no requirement at all counts as `fulfilled`."""

    requirements: Mapping[str, str]
    status: str

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read a summary."""
        found = body.mapping("requirements").items()
        return cls({key: value for key, value in found if isinstance(value, str)}, body.text("status"))


@dataclass(frozen=True)
class MatchingStorage:
    """A storage that satisfies a replication expression."""

    storage_id: str
    name: str
    provider_id: str


_SUCCESS, _OVER = "completed", frozenset({"completed", "failed", "cancelled", "skipped"})


@dataclass(frozen=True)
class Transfer:
    """A replication of a file or directory; counts are of files."""

    transfer_id: str
    type: str
    file_id: str
    replicating_provider_id: str
    replication_status: str
    files_replicated: int
    files_failed: int
    bytes_replicated: int

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.replication_status in _OVER

    @property
    def succeeded(self) -> bool:
        """Whether everything was copied; nothing else than `completed` without failures counts."""
        return self.replication_status == _SUCCESS and self.files_failed == 0

    @classmethod
    def read(cls, body: Fields, transfer_id: str) -> Self:
        """Read a transfer."""
        return cls(
            transfer_id=transfer_id,
            type=body.text("type"),
            file_id=body.text("fileId"),
            replicating_provider_id=body.text("replicatingProviderId"),
            replication_status=body.text("replicationStatus"),
            files_replicated=body.count("filesReplicated"),
            files_failed=body.count("filesFailed"),
            bytes_replicated=body.count("bytesReplicated"),
        )

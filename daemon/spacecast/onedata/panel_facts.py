"""What Onepanel tells about itself, storages, supports and imports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from spacecast.onedata.fields import Fields, version_numbers


@dataclass(frozen=True)
class PanelConfiguration:
    """A panel and its cluster; the provider's facts are None while the provider itself is down."""

    version: str
    service_type: str
    provider_id: str | None
    provider_domain: str | None
    zone_domain: str | None
    deployed: bool

    @property
    def release(self) -> tuple[int, ...]:
        """The release as numbers that compare in order."""
        return version_numbers(self.version)

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read the answer of `GET /configuration`."""
        return cls(
            version=body.text("version"),
            service_type=body.text("serviceType"),
            provider_id=body.optional_text("providerId"),
            provider_domain=body.optional_text("providerDomain"),
            zone_domain=body.optional_text("zoneDomain"),
            deployed=body.flag("deployed", default=True),
        )


@dataclass(frozen=True)
class PanelUser:
    """Whom the panel takes the token's user for."""

    user_id: str
    username: str
    cluster_privileges: frozenset[str]

    @property
    def may_change_cluster(self) -> bool:
        """Whether storages, supports and scans may be made."""
        return "cluster_update" in self.cluster_privileges

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read the answer of `GET /user`."""
        return cls(body.text("userId"), body.text("username"), frozenset(body.texts("clusterPrivileges")))


@dataclass(frozen=True)
class StorageDetails:
    """A storage; `qos_parameters` holds the implicit `storageId` and `providerId` too.

    Values that are JSON texts come back decoded, so a parameter may be a number.
    """

    storage_id: str
    name: str
    type: str
    mount_point: str
    imported: bool
    readonly: bool
    qos_parameters: Mapping[str, Any]

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read a storage's details."""
        return cls(
            storage_id=body.text("id"),
            name=body.text("name"),
            type=body.text("type"),
            mount_point=body.text("mountPoint"),
            imported=body.flag("importedStorage"),
            readonly=body.flag("readonly"),
            qos_parameters=body.mapping("qosParameters"),
        )


@dataclass(frozen=True)
class ImportSettings:
    """How the files of an imported storage are taken in; `scan_interval_seconds` counts between two scans."""

    continuous: bool = False
    scan_interval_seconds: int = 60
    max_depth: int = 65535
    detect_modifications: bool = True
    detect_deletions: bool = True
    sync_acl: bool = False

    def body(self) -> dict[str, Any]:
        """Give the settings in Onepanel's form."""
        return {
            "maxDepth": self.max_depth,
            "syncAcl": self.sync_acl,
            "continuousScan": self.continuous,
            "scanInterval": self.scan_interval_seconds,
            "detectModifications": self.detect_modifications,
            "detectDeletions": self.detect_deletions,
        }


@dataclass(frozen=True)
class SupportDetails:
    """A space that the panel's provider supports.

    `has_import` False on an imported storage is a support that was interrupted half way: only revoking it and
    supporting again sets the import up.
    """

    space_id: str
    name: str
    storage_id: str
    local_storages: tuple[str, ...]
    imported_storage: bool
    has_import: bool
    import_mode: str
    continuous_scan: bool
    size_bytes_by_provider: Mapping[str, int]
    occupancy_bytes: int

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read a supported space's details."""
        importing = body.inner("storageImport")
        sizes = body.mapping("supportingProviders").items()
        return cls(
            space_id=body.text("id"),
            name=body.text("name"),
            storage_id=body.text("storageId"),
            local_storages=body.texts("localStorages"),
            imported_storage=body.flag("importedStorage"),
            has_import=bool(body.mapping("storageImport")),
            import_mode=importing.text("mode"),
            continuous_scan=importing.inner("autoStorageImportConfig").flag("continuousScan"),
            size_bytes_by_provider={name: size for name, size in sizes if isinstance(size, int)},
            occupancy_bytes=body.count("spaceOccupancy"),
        )


_ENDED = frozenset({"completed", "failed", "aborted", "done"})


@dataclass(frozen=True)
class ImportInfo:
    """The current or last scan of a space; `status` None means that none was ever asked for.

    `total_scans` counts finished scans. Where the release does not count them it is the moment the last one ended,
    which grows just as well.
    """

    status: str | None
    total_scans: int
    created_files: int
    modified_files: int
    deleted_files: int
    unmodified_files: int
    failed_files: int
    started_at: int | None = None
    stopped_at: int | None = None

    @property
    def has_ended(self) -> bool:
        """Whether a scan has ended and none is under way."""
        return self.status in _ENDED

    @property
    def has_failed_files(self) -> bool:
        """Whether the last scan could not take in everything."""
        return self.status == "failed" or self.failed_files > 0

    @classmethod
    def read(cls, body: Fields) -> Self:
        """Read the answer of `GET …/storage-import/auto/info`."""
        status, stopped_at, counted = body.optional_text("status"), body.number("stop"), body.number("totalScans")
        return cls(
            status=status.lower() if status else None,
            total_scans=(stopped_at or 0) if counted is None else counted,
            created_files=body.count("createdFiles"),
            modified_files=body.count("modifiedFiles"),
            deleted_files=body.count("deletedFiles"),
            unmodified_files=body.count("unmodifiedFiles"),
            failed_files=body.count("failedFiles"),
            started_at=body.number("start"),
            stopped_at=stopped_at,
        )

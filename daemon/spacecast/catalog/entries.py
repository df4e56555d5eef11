"""Entries, data sources and assets as the Tiled server sends and takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FILES_MIMETYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a data source; `number` is None where the adapter takes exactly one file."""

    uri: str
    size: int | None
    parameter: str
    number: int | None = None
    id: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the form in which it is registered."""
        return {
            "data_uri": self.uri,
            "is_directory": False,
            "parameter": self.parameter,
            "num": self.number,
            "size": self.size,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Asset":
        """Read what the server tells of one."""
        return cls(
            uri=body["data_uri"],
            size=body.get("size"),
            parameter=body.get("parameter") or "",
            number=body.get("num"),
            id=body.get("id"),
        )


@dataclass(frozen=True)
class Source:
    """How an entry's data are read: by which adapter, with which parameters, from which files."""

    structure_family: str
    mimetype: str
    structure: Mapping[str, Any] | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    assets: Sequence[Asset] = ()
    id: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the form in which it is registered."""
        body: dict[str, Any] = {
            "structure_family": self.structure_family,
            "mimetype": self.mimetype,
            "structure": self.structure,
            "parameters": self.parameters,
            "management": "external",
            "assets": [asset.to_json() for asset in self.assets],
        }
        return body if self.id is None else {**body, "id": self.id}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Source":
        """Read what the server tells of one; assets in the order of their numbers."""
        assets = [Asset.from_json(asset) for asset in body.get("assets") or ()]
        return cls(
            structure_family=body["structure_family"],
            mimetype=body["mimetype"],
            structure=body.get("structure"),
            parameters=body.get("parameters") or {},
            assets=sorted(assets, key=lambda asset: asset.number or 0),
            id=body.get("id"),
        )


@dataclass(frozen=True)
class Entry:
    """What the server tells of an entry; fields that were not asked for are empty."""

    key: str
    structure_family: str
    metadata: Mapping[str, Any]
    specs: Sequence[Mapping[str, Any]] = ()
    count: int | None = None
    """How many children a container has; above some hundred an estimate."""
    sources: Sequence[Source] = ()

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Entry":
        """Read one item of an answer's `data`."""
        attributes = body["attributes"]
        structure = attributes.get("structure")
        return cls(
            key=body["id"],
            structure_family=attributes.get("structure_family") or "",
            metadata=attributes.get("metadata") or {},
            specs=attributes.get("specs") or (),
            count=structure.get("count") if isinstance(structure, dict) else None,
            sources=[Source.from_json(source) for source in attributes.get("data_sources") or ()],
        )


@dataclass(frozen=True)
class NewEntry:
    """An entry to be made; without a source it is a plain container."""

    key: str
    metadata: Mapping[str, Any]
    source: Source | None = None
    specs: Sequence[Mapping[str, Any]] = ()
    access_tags: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the body of the request that makes it."""
        return {
            "id": self.key,
            "structure_family": "container" if self.source is None else self.source.structure_family,
            "metadata": self.metadata,
            "specs": list(self.specs),
            "data_sources": [] if self.source is None else [self.source.to_json()],
            # None leaves the tags to the server's policy; an empty list would say: for nobody.
            "access_tags": list(self.access_tags) or None,
        }

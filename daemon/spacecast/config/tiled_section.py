"""The config's section `tiled`: the catalog that datasets are registered in."""

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import Field

from spacecast.config.addresses import ServiceUrl
from spacecast.config.paths import RemotePath, map_path
from spacecast.config.secret import Secret
from spacecast.config.section import Section, Text
from spacecast.config.wrong import Form

# What every Tiled release takes as a key, in addresses as well.
CatalogKey = Annotated[
    Text, Form(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", "a key of letters, digits, dots, dashes and underscores")
]


class Tiled(Section):
    """The Tiled server through which datasets are read from Python."""

    url: ServiceUrl = Field(
        description="The server's address as the daemon reaches it.", examples=["http://localhost:8000"]
    )
    public_url: ServiceUrl | None = Field(
        default=None,
        description="The server's address for scientists, if another one; it is written into the metadata"
        " files. `null`: `url`.",
    )
    api_key: Secret = Field(
        description="A key with the scopes read:metadata, read:data, create:node, register, write:metadata,"
        " delete:node, delete:revision.",
        examples=[{"file": "/etc/spacecast/tiled.key"}],
    )
    path: tuple[CatalogKey, ...] = Field(
        default=("datasets",),
        min_length=1,
        description="The container below which datasets are registered, key by key from the root.",
    )
    mount_points: dict[RemotePath, RemotePath] = Field(
        default_factory=dict,
        description="Where the server sees our folders, if elsewhere: `{path here: path there}`. The"
        " longest path that fits is used.",
    )
    access_tags: tuple[Annotated[Text, Field(min_length=1)], ...] = Field(
        default=(), description="Access tags for every entry, where the server has an access policy."
    )

    @property
    def scientists_url(self) -> str:
        """The server's address to give to scientists."""
        return self.public_url or self.url

    def path_at_server(self, path: PurePosixPath) -> PurePosixPath:
        """Give the path under which the server sees a path of ours."""
        return map_path(path, self.mount_points)

"""The config's section `onedata`: the services, the rights and the figures of what is made there."""

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field

from spacecast.config.addresses import ServiceUrl
from spacecast.config.naming import Names
from spacecast.config.paths import ReadableFile, RemotePath, map_path
from spacecast.config.secret import Secret
from spacecast.config.section import Section, Text, Whole, YesNo
from spacecast.config.units import Duration, Size, at_least, at_most, whole_seconds
from spacecast.config.wrong import Form

DAY_SECONDS = 86_400.0
OnedataId = Annotated[Text, Form(r"[A-Za-z0-9_-]+", "an id, as the web interface shows it")]
SpacePrivilege = Annotated[Text, Form(r"space_[a-z_]+", "the name of a space privilege, such as space_read_data")]


class Zone(Section):
    """The Onezone in which spaces, groups, tokens and shares are made."""

    url: ServiceUrl = Field(description="The zone's address.", examples=["https://datahub.egi.eu"])
    token: Secret = Field(
        description="An access token of the service's user in this zone.",
        examples=[{"file": "/etc/spacecast/zone.token"}],
    )


class Provider(Section):
    """The Oneprovider that has the data: it gets the storages, supports the spaces and imports the files."""

    url: ServiceUrl = Field(description="The provider's address.", examples=["https://oneprovider.example.org"])
    panel_url: ServiceUrl | None = Field(
        default=None,
        description="The address of the provider's Onepanel, where it is another one (such as"
        " `https://host:9443`). `null`: the provider's address, which passes panel requests on.",
    )
    token: Secret = Field(
        description="An access token of a user who may change the provider's cluster (`cluster_update`);"
        " often the same user's.",
        examples=[{"file": "/etc/spacecast/provider.token"}],
    )

    @property
    def panel_address(self) -> str:
        """The address under which the panel is reached."""
        return self.panel_url or self.url


class Invite(Section):
    """The limits of the invite token with which others join a dataset's group."""

    usage_limit: Annotated[Whole, Field(ge=1)] = Field(default=50, description="How often a token can be used.")
    valid_for: Annotated[Duration, at_least("1h"), at_most("3650d")] = Field(
        default=90 * DAY_SECONDS, description="How long a token can be used, from the time it is made."
    )


class Share(Section):
    """The public page of a dataset."""

    description: ReadableFile | None = Field(
        default=None,
        description="A Jinja2 template (Markdown) for the page's text. `null`: the one that comes with Spacecast.",
    )


class StorageImport(Section):
    """How the provider looks for files in a dataset's folder."""

    continuous_scan_interval: Annotated[Duration, at_least("1s"), AfterValidator(whole_seconds)] = Field(
        default=60.0,
        description="While a dataset is live: the time from the end of one scan to the start of the next,"
        " in whole seconds.",
    )
    max_depth: Annotated[Whole, Field(ge=1, le=65_535)] = Field(
        default=65_535, description="How many levels of sub-folders are imported."
    )
    detect_modifications: YesNo = Field(default=True, description="Whether a scan looks for changed files.")
    detect_deletions: YesNo = Field(default=True, description="Whether a scan looks for deleted files.")


class Waits(Section):
    """How long conditions are awaited before a step counts as failed for now and is tried again later."""

    visibility: Annotated[Duration, at_least("1s")] = Field(
        default=120.0, description="Until what was made at the zone is known at the provider."
    )
    import_scan: Annotated[Duration, at_least("1s")] | None = Field(
        default=None, description="Until a scan of a dataset's folder has ended. `null`: as long as it takes."
    )


class Onedata(Section):
    """The Onedata services and what is made in them."""

    zone: Zone
    provider: Provider
    ca_bundle: ReadableFile | None = Field(
        default=None,
        description="A PEM file of certificate authorities, where the services use a private one. `null`:"
        " the public ones.",
    )
    manager_group: OnedataId | None = Field(
        default=None, description="Id of the group that owns the spaces. `null`: the token's user owns them."
    )
    user_group: OnedataId | None = Field(
        default=None,
        description="Id of the group below which each dataset's group is made. `null`: they stand alone.",
    )
    space_size: Annotated[Size, at_least("1MB")] = Field(
        default=10 * 2**40, description="The size with which the provider supports each space."
    )
    fit_space_size: YesNo = Field(
        default=False,
        description="Whether a space gets the size of its files once the acquisition has ended and the import is"
        " verified; space_size again when it goes on.",
    )
    mount_points: dict[RemotePath, RemotePath] = Field(
        default_factory=dict,
        description="Where the provider sees our folders, if elsewhere: `{path here: path there}`. The"
        " longest path that fits is used.",
    )
    invite: Invite = Field(default_factory=Invite)
    group_privileges: tuple[SpacePrivilege, ...] = Field(
        default=("space_view", "space_read_data"),
        min_length=1,
        description="What the members of a dataset's group may do in its space. The default lets them read.",
    )
    names: Names = Field(default_factory=Names)
    share: Share = Field(default_factory=Share)
    storage_import: StorageImport = Field(default_factory=StorageImport)
    waits: Waits = Field(default_factory=Waits)

    def path_at_provider(self, path: PurePosixPath) -> PurePosixPath:
        """Give the path under which the provider sees a path of ours."""
        return map_path(path, self.mount_points)

"""What an earlier tool has published: objects in Onedata without our marker, and its block in the metadata file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacecast.onedata import ImportSettings, PanelClient, ProviderClient, ZoneClient
from support.world import wait_for


@dataclass(frozen=True)
class Published:
    """The ids of what was made, and the block as it was written."""

    space_id: str
    storage_id: str
    group_id: str | None
    share_id: str | None
    block: dict[str, str]


def publish(world: Any, folder: Path, *, name: str, without: Sequence[str] = (), mount_point: str = "") -> Published:
    """Publish a folder as the earlier tool does and write its block; `without` names objects that are not made."""
    onedata, ca = world.onedata, world.onedata.ca_file
    url = onedata.providers[0].url
    with (
        ZoneClient.connect(onedata.zone_url, lambda: onedata.token, ca_bundle=ca) as zone,
        ProviderClient.connect(url, lambda: onedata.token, ca_bundle=ca) as provider,
        PanelClient.connect(url, lambda: onedata.token, ca_bundle=ca) as panel,
    ):
        space_id = zone.create_space(name, group_id=onedata.manager_group)
        storage_id = panel.add_storage(name, mount_point=mount_point or f"{folder}/", qos_parameters={})
        token = zone.create_support_token(space_id)
        panel.support_space(token=token, storage_id=storage_id, size_bytes=10**9, import_settings=ImportSettings())
        block = {"Onezone": onedata.zone_url, "Space": space_id}
        group_id, share_id = None, None
        if "group" not in without:
            group_id = zone.create_group(name, parent_id=onedata.user_group)
            zone.add_group_to_space(space_id, group_id, privileges=["space_view", "space_add_support"])
        if group_id is not None and "token" not in without:
            made = zone.create_invite_token(
                f"Invite token for {name}", group_id=group_id, usage_limit=None, valid_until=None
            )
            block["InviteToken"] = made.token
        if "share" not in without:
            root_id = wait_for("the space at the provider", lambda: _root_id(provider, space_id), 20)
            share_id = provider.create_share(name, root_id, description="by hand")
            block["PublicURL"] = zone.share(share_id).public_url
    return Published(space_id, storage_id, group_id, share_id, block)


def _root_id(provider: ProviderClient, space_id: str) -> str | None:
    from spacecast.onedata import NotVisibleYet  # noqa: PLC0415 - needed here alone

    try:
        return provider.space(space_id).root_id
    except NotVisibleYet:
        return None


def fs2od_config(world: Any) -> dict[str, Any]:
    """Give a config of fs2od for this world, which keeps its block apart and gives all names two prefixes."""
    onedata = world.onedata
    return {
        "watchedDirectories": [str(world.root)],
        "metadataFiles": ["SPA.yml"],
        "metadataFileTags": {"onedata": "Onedata2", "space": "Space"},
        "fs2odMetadataFile": {"enabled": True, "filename": ".fs2od", "storeAccessInfo": True},
        "institutionName": "Test facility",
        "datasetPrefix": "emc_",
        "testMode": True,
        "testModePrefix": "test123_",
        "continousFileImport": {"enabled": True, "runningFileName": ".acquiring", "scanInterval": 5},
        "userGroupId": onedata.user_group,
        "managerGroupId": onedata.manager_group,
        "implicitSpaceSize": 10995116277760,
        "restAccess": {
            "onezone": {"host": onedata.zone_url, "apiToken": onedata.token},
            "oneproviders": [{"host": onedata.providers[0].url, "apiToken": onedata.token, "isPrimary": True}],
        },
    }


def kept_apart(block: dict[str, str]) -> bytes:
    """Give the file `.fs2od` with a block, as it looks after some runs."""
    own = "    DeniedProviders: []\n    LastProgramRun: '2024-03-12T10:20:30.123456'\n"
    return b"Onedata2:\n" + "".join(f"    {k}: {v}\n" for k, v in block.items()).encode() + own.encode()


def written(block: dict[str, str], key: str = "Onedata2") -> bytes:
    """Give a metadata file with this block, without quotes as the earlier tool writes it."""
    return f"Project: demo\n{key}:\n".encode() + "".join(f"  {k}: {v}\n" for k, v in block.items()).encode()

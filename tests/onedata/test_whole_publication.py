"""One dataset from nothing to a share and back, with our clients against the embedded Onedata over HTTPS."""

import time

import pytest
import requests

from spacecast.onedata import (
    AlreadyThere,
    Gone,
    ImportSettings,
    NotVisibleYet,
    StillInUse,
    file_uuid,
    list_files,
    space_id_from_seed,
)
from support.contract import check_exchanges
from support.onedata_deployment import MARKER, supported_space

READ_ONLY = ("space_view", "space_read_data")


def test_a_dataset_is_published_step_by_step_and_taken_down_again(deployment, folder):
    space_id, storage_id = supported_space(deployment, folder, "seed-1")
    the_space_is_supported(deployment, folder, space_id, storage_id)
    space = deployment.wait_for("the space is visible", lambda: deployment.provider.space(space_id), NotVisibleYet)
    ended = deployment.wait_for("the scan has ended", lambda: ended_import(deployment, space_id))
    assert not ended.has_failed_files
    group_id = the_group_may_read_only(deployment, space_id)
    token_id = the_invite_is_found_again(deployment, group_id)
    share_id = the_share_is_public(deployment, space)
    the_metadata_is_set(deployment, space)
    a_later_file_is_imported(deployment, space_id, folder)

    deployment.provider.delete_share(share_id)
    deployment.zone.delete_token(token_id)
    deployment.zone.delete_group(group_id)
    nothing_is_left_after_the_end(deployment, space_id, storage_id)
    with pytest.raises(Gone):
        deployment.zone.share(share_id)
    assert check_exchanges(deployment.sandbox.log) == []


def ended_import(deployment, space_id, *, later_than=-1):
    info = deployment.panel.import_info(space_id)
    return info if info.has_ended and info.total_scans > later_than else None


def the_space_is_supported(deployment, folder, space_id, storage_id):
    zone, panel = deployment.zone, deployment.panel
    knows_seeds = zone.configuration().release >= (21, 2, 1)
    assert (space_id == space_id_from_seed("seed-1")) is knows_seeds
    assert zone.space(space_id).providers == {deployment.provider_id: 10**9}
    assert zone.space(space_id).description == ("marker" if knows_seeds else None)
    assert panel.storage(storage_id).mount_point == str(folder)
    assert panel.storage(storage_id).qos_parameters["spacecast"] == "u-marker"
    assert space_id in panel.supported_spaces()
    support = panel.support(space_id)
    assert support.has_import
    assert storage_id in (support.storage_id, *support.local_storages)


def the_group_may_read_only(deployment, space_id):
    zone, parent = deployment.zone, deployment.sandbox.user_group
    group_id = zone.create_group("dataset 1", parent_id=parent)
    assert group_id in zone.child_groups(parent)
    assert zone.child_group(parent, group_id).name == "dataset 1"
    zone.add_group_to_space(space_id, group_id, privileges=[*READ_ONLY, "space_write_data"])
    with pytest.raises(AlreadyThere):
        zone.add_group_to_space(space_id, group_id, privileges=READ_ONLY)
    zone.change_space_group_privileges(space_id, group_id, revoke=["space_write_data"])
    assert zone.space_group_privileges(space_id, group_id) == set(READ_ONLY)
    return group_id


def the_invite_is_found_again(deployment, group_id):
    zone, name, valid_until = deployment.zone, f"dataset 1 {group_id[:8]}", int(time.time()) + 1000
    limits = {"group_id": group_id, "usage_limit": 5, "valid_until": valid_until, "custom_metadata": MARKER}
    invite = zone.create_invite_token(name, **limits)
    with pytest.raises(AlreadyThere):
        zone.create_invite_token(name, **limits)
    found = zone.token_by_name(name)
    assert (found.token, found.group_id, found.usage_limit) == (invite.token, group_id, 5)
    assert found.valid_until == valid_until
    assert found.custom_metadata == MARKER
    return invite.token_id


def the_share_is_public(deployment, space):
    zone, provider = deployment.zone, deployment.provider
    assert provider.direct_share_ids(space.root_id) == ()
    share_id = provider.create_share("dataset 1", space.root_id, description="# Dataset")
    assert provider.direct_share_ids(space.root_id) == (share_id,)
    share = zone.share(share_id)
    assert (share.name, share.description, share.space_id) == ("dataset 1", "# Dataset", space.space_id)
    assert file_uuid(share.root_file_id) == file_uuid(space.root_id)
    page = requests.get(share.public_url, verify=str(deployment.sandbox.ca_file), timeout=10)
    assert page.status_code == 200
    return share_id


def the_metadata_is_set(deployment, space):
    provider = deployment.provider
    assert provider.json_metadata(space.root_id) is None
    provider.put_json_metadata(space.root_id, {"a": [1, "ä"]})
    assert provider.json_metadata(space.root_id) == {"a": [1, "ä"]}


def a_later_file_is_imported(deployment, space_id, folder):
    panel, release = deployment.panel, deployment.zone.configuration().release
    before = panel.import_info(space_id).total_scans
    (folder / "later.txt").write_text("later")
    # 20.02 does not count scans: there they are told apart by the second in which they ended.
    time.sleep(0 if release >= (21, 2) else 1.1)
    panel.force_start_import(space_id)
    deployment.wait_for("the scan has ended", lambda: ended_import(deployment, space_id, later_than=before))
    panel.change_import(space_id, ImportSettings(continuous=True))
    assert panel.support(space_id).continuous_scan
    if release >= (21, 2, 1):
        assert dict(provider_listing(deployment, space_id)) == {
            "SPA.yml": 5,
            "raw/ä 1.mrc": 1000,
            "later.txt": 5,
        }


def nothing_is_left_after_the_end(deployment, space_id, storage_id):
    zone, panel = deployment.zone, deployment.panel
    with pytest.raises(StillInUse):
        panel.delete_storage(storage_id)
    panel.revoke_support(space_id)
    assert space_id not in panel.supported_spaces()
    deployment.wait_for("the storage is free", lambda: panel.delete_storage(storage_id) or True, StillInUse)
    zone.delete_space(space_id)
    with pytest.raises(Gone):
        zone.space(space_id)
    with pytest.raises(Gone):
        panel.storage(storage_id)


def provider_listing(deployment, space_id):
    """List with the walk of our own and, where the zone tells the scope, with the official client: they agree."""
    ours = list(
        list_files(
            deployment.sandbox.zone_http_url,
            deployment.token,
            space_id=space_id,
            space_name="dataset 1",
            provider=deployment.provider,
        )
    )
    assert sorted(deployment.provider.files_below(space_id)) == sorted(ours)
    if deployment.zone.configuration().release >= (21, 2, 4):
        assert sorted(deployment.list_files(space_id)) == sorted(ours)
    return ours

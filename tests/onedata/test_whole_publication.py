"""One dataset from nothing to a share and back, with our clients against the embedded Onedata over HTTPS."""

import threading
import time
from pathlib import PurePosixPath

import pytest
import requests

from spacecast.onedata import (
    AlreadyThere,
    Conflict,
    Gone,
    ImportSettings,
    InvalidIdentifier,
    NotVisibleYet,
    PanelClient,
    ProviderClient,
    StillInUse,
    Unauthorized,
    ZoneClient,
    file_uuid,
    list_files,
    space_id_from_seed,
)
from spacecast.sandbox.onedata import Delays, OnedataSandbox
from spacecast.transport import await_condition
from support.contract import check_exchanges

DELAYS = {"propagation_seconds": 0.05, "first_scan_seconds": 0.05, "verdict_cache_seconds": 0.1}
MARKER = {"spacecast": "u-marker"}
READ_ONLY = ("space_view", "space_read_data")


class Deployment:
    """The sandbox of one release with our three clients."""

    def __init__(self, sandbox, clients):
        self.sandbox = sandbox
        self.zone, self.provider, self.panel = clients
        self.provider_id = sandbox.providers[0].id

    def token(self):
        return self.sandbox.token

    def wait_for(self, name, check, *not_yet):
        return await_condition(name, check, total_seconds=20, wait=threading.Event().wait, not_yet=not_yet)

    def list_files(self, space_id):
        return list_files(
            self.sandbox.zone_url,
            self.token,
            space_id=space_id,
            space_name="dataset 1",
            provider=self.provider,
            ca_bundle=self.sandbox.ca_file,
        )


@pytest.fixture(scope="module", params=["21.02", "21.02.1", "25.0", "20.02"])
def deployment(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sandbox")
    with OnedataSandbox(folder, release=request.param, delays=Delays(**DELAYS)) as sandbox:
        urls = (sandbox.zone_url, sandbox.providers[0].url, sandbox.providers[0].url)
        kinds = (ZoneClient, ProviderClient, PanelClient)
        clients = [
            kind.connect(url, lambda: sandbox.token, ca_bundle=sandbox.ca_file)
            for kind, url in zip(kinds, urls, strict=True)
        ]
        yield Deployment(sandbox, clients)
        for client in clients:
            client.close()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "dataset 1"
    (folder / "raw").mkdir(parents=True)
    (folder / "SPA.yml").write_text("a: 1\n")
    (folder / "raw" / "ä 1.mrc").write_bytes(b"x" * 1000)
    return folder


def supported_space(deployment, folder, seed):
    zone, panel = deployment.zone, deployment.panel
    space_id = zone.create_space(
        "dataset 1", description="marker", seed=seed, group_id=deployment.sandbox.manager_group
    )
    storage_id = panel.add_storage("dataset 1", mount_point=str(folder), qos_parameters=MARKER)
    supported = panel.support_space(
        token=zone.create_support_token(space_id),
        storage_id=storage_id,
        size_bytes=10**9,
        import_settings=ImportSettings(),
    )
    assert supported == space_id
    return space_id, storage_id


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
            PurePosixPath("SPA.yml"): 5,
            PurePosixPath("raw/ä 1.mrc"): 1000,
            PurePosixPath("later.txt"): 5,
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


def test_a_second_creation_with_the_same_seed_finds_the_first(deployment, folder):
    if deployment.zone.configuration().release < (21, 2):
        return
    supported_space(deployment, folder, "seed-2")
    with pytest.raises(AlreadyThere):
        deployment.zone.create_space("dataset 1", seed="seed-2")


def test_one_storage_supports_one_space_once(deployment, folder):
    zone, panel = deployment.zone, deployment.panel
    space_id, storage_id = supported_space(deployment, folder, "seed-3")
    settings = ImportSettings()
    with pytest.raises(AlreadyThere):
        panel.support_space(
            token=zone.create_support_token(space_id),
            storage_id=storage_id,
            size_bytes=10**9,
            import_settings=settings,
        )
    other = zone.create_space("dataset 2")
    with pytest.raises(Conflict):
        panel.support_space(
            token=zone.create_support_token(other), storage_id=storage_id, size_bytes=10**9, import_settings=settings
        )


def test_replication_is_asked_for_and_found_again(deployment, folder):
    provider = deployment.provider
    space_id, _ = supported_space(deployment, folder, "seed-4")
    space = deployment.wait_for("the space is visible", lambda: provider.space(space_id), NotVisibleYet)
    requirement = provider.create_qos_requirement(space.root_id, "anyStorage")
    assert requirement in provider.qos_summary(space.root_id).requirements
    assert provider.qos_requirement(requirement).replicas == 1
    assert [found.provider_id for found in provider.storages_matching(space_id, "anyStorage")] == [
        deployment.provider_id
    ]
    provider.delete_qos_requirement(requirement)
    transfer = provider.create_replication(space.root_id, deployment.provider_id)
    assert deployment.wait_for(
        "the transfer is over", lambda: found if (found := provider.transfer(transfer)).is_over else None
    )
    assert transfer in provider.transfers(space_id, "ended")


def test_the_preflight_facts_are_read(deployment):
    zone, provider, panel = deployment.zone, deployment.provider, deployment.panel
    user = zone.user()
    assert user.user_id == deployment.sandbox.service_user.id
    assert panel.user().may_change_cluster
    assert panel.configuration().provider_id == provider.configuration().provider_id == deployment.provider_id
    assert provider.configuration().zone_domain == zone.configuration().domain
    assert zone.group(deployment.sandbox.manager_group).name == "managers"
    assert deployment.sandbox.manager_group in zone.user_groups()
    assert "group_add_space" in zone.group_privileges(deployment.sandbox.manager_group, user.user_id)
    assert set(READ_ONLY) <= zone.known_space_privileges()
    assert "group_add_child" in zone.known_group_privileges()
    assert all(client.is_healthy() for client in (zone, provider, panel))


def test_a_token_that_nobody_knows_is_refused_everywhere(deployment):
    sandbox = deployment.sandbox
    for kind, url in ((ZoneClient, sandbox.zone_url), (PanelClient, sandbox.providers[0].url)):
        with (
            kind.connect(url, lambda: "MDAxNOBODY", ca_bundle=sandbox.ca_file) as client,
            pytest.raises(Unauthorized, match="Put a valid access token"),
        ):
            client.user()


def test_what_a_token_reaches_is_told(deployment, folder):
    space_id, _ = supported_space(deployment, folder, "seed-5")
    scope = deployment.zone.infer_scope(deployment.token())
    assert scope.spaces[space_id].name == "dataset 1"
    assert deployment.provider_id in scope.spaces[space_id].supports
    with pytest.raises(InvalidIdentifier):
        deployment.list_files("../other")

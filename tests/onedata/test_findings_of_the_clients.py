"""What the clients find and refuse at the embedded Onedata of each release over HTTPS."""

import pytest

from spacecast.onedata import (
    AlreadyThere,
    Conflict,
    ImportSettings,
    InvalidIdentifier,
    NotVisibleYet,
    PanelClient,
    Unauthorized,
    ZoneClient,
)
from support.onedata_deployment import supported_space

READ_ONLY = ("space_view", "space_read_data")


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

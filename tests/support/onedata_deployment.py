"""The embedded Onedata in one release, with our three clients."""

import threading

from spacecast.onedata import (
    ImportSettings,
    list_files,
)
from spacecast.transport import await_condition

MARKER = {"spacecast": "u-marker"}


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

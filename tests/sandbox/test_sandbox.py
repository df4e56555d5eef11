import socket

import pytest
import requests

from spacecast.sandbox.onedata import OnedataSandbox
from support.onedata_sandbox import Caller, quick_delays


def test_without_https_everything_is_offered_over_plain_http(folder):
    with OnedataSandbox(https=False, delays=quick_delays()) as sandbox:
        assert sandbox.ca_file is None
        caller = Caller(sandbox, sandbox.token)
        space_id = caller.publish(folder)
        share = caller.share(space_id)
        assert share["publicUrl"] == f"{sandbox.zone_http_url}/share/{share['shareId']}"
        assert "notes.txt" in caller.session.get(share["publicUrl"]).text
        caller.close()


def test_without_a_folder_the_certificate_is_temporary():
    with OnedataSandbox(delays=quick_delays()) as sandbox:
        kept = sandbox.ca_file
        assert kept.exists()
    assert not kept.exists()


def test_ports_can_be_given(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with OnedataSandbox(tmp_path, ports={"zone-http": port}) as sandbox:
        assert sandbox.zone_http_url == f"http://127.0.0.1:{port}"
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(f"{sandbox.zone_http_url}/api/v3/onezone/configuration").status_code == 200


def test_a_provider_may_see_folders_elsewhere(tmp_path, folder):
    mounts = {"/volumes/data": tmp_path}
    with OnedataSandbox(tmp_path, delays=quick_delays(), mounts=mounts) as sandbox:
        caller = Caller(sandbox, sandbox.token)
        space_id = caller.publish(f"/volumes/data/{folder.name}")
        notes = caller.file_ids(space_id)["notes.txt"]
        assert caller.provider("GET", f"/data/{notes}/content").content == b"0123456789"
        with pytest.raises(AssertionError, match="storageTestFailed"):
            caller.add_storage("/volumes/data/none")
        caller.close()


def test_users_and_tokens_can_be_made(sandbox, call_as):
    user = sandbox.add_user("somebody", cluster_privileges=["cluster_view"])
    assert call_as(user.token).zone("GET", "/user").json()["userId"] == user.id
    assert user.token not in repr(user)
    old = sandbox.add_token(user.id, caveats=[{"type": "time", "validUntil": 1}])
    assert call_as(old).zone("GET", "/user").status_code == 401


def test_the_service_user_may_do_what_publishing_needs(service, sandbox):
    path = f"/groups/{sandbox.manager_group}/effective_users/{sandbox.service_user.id}/privileges"
    assert "group_add_space" in service.zone("GET", path).json()["privileges"]
    assert "cluster_update" in service.panel("GET", "/user").json()["clusterPrivileges"]


def test_tokens_stand_in_no_repr_of_the_sandbox(sandbox):
    assert sandbox.token not in repr(vars(sandbox))
    assert sandbox.token not in repr(sandbox.state)


@pytest.mark.parametrize("length", [1, 60, 100, 120])
def test_a_request_of_which_only_the_beginning_came_is_none(sandbox, length):
    headers = b"Host: zone\r\nX-Auth-Token: t\r\nContent-Length: 40\r\n"
    whole = b"PUT /api/v3/onezone/spaces/a/groups/b HTTP/1.1\r\n" + headers + b"\r\n{"
    before = len(list(sandbox.log))
    port = int(sandbox.zone_http_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(whole[:length])
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
    assert len(list(sandbox.log)) == before

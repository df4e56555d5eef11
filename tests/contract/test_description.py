"""The sandbox is held to the description of the API, and the description finds what is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from spacecast.sandbox.onedata import OnedataSandbox
from spacecast.sandbox.onedata.privileges import GROUP_ALL, SPACE_ALL
from support.contract import DESCRIPTION, check_exchanges
from support.onedata_sandbox import Caller, last_segment, quick_delays


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    with OnedataSandbox(tmp_path, delays=quick_delays()) as sandbox:
        made = Caller(sandbox, sandbox.token)
        yield made
        made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    (made / "notes.txt").write_bytes(b"0123456789")
    return made


def tell_the_whole_story(caller: Caller, folder: Path) -> None:
    """Everything that publishing a dataset asks for, and some refusals."""
    sandbox = caller.sandbox
    for path in ("/configuration", "/health", "/user", "/spaces/privileges", "/groups/privileges"):
        caller.zone("GET", path)
    for path in ("/configuration", "/health", "/user", "/cluster", "/provider", "/provider/nagios"):
        caller.panel("GET", path)
    guest = Caller(sandbox, None)
    guest.provider("GET", "/configuration")
    caller.provider("GET", "/spaces")
    space_id = caller.publish(folder)
    caller.zone("GET", f"/spaces/{space_id}")
    caller.zone("PATCH", f"/spaces/{space_id}", {"description": "told"})
    group_id = last_segment(caller.zone("POST", f"/groups/{sandbox.user_group}/children", {"name": "the group"}))
    caller.zone("PUT", f"/spaces/{space_id}/groups/{group_id}", {"privileges": ["space_view"]})
    caller.zone("PUT", f"/spaces/{space_id}/groups/{group_id}", {"privileges": ["space_view"]})
    caller.zone("PATCH", f"/spaces/{space_id}/groups/{group_id}/privileges", {"grant": ["space_read_data"]})
    for path in ("groups", f"groups/{group_id}", f"groups/{group_id}/privileges", "users", "shares", "providers"):
        caller.zone("GET", f"/spaces/{space_id}/{path}")
    invite = {"inviteToken": {"inviteType": "userJoinGroup", "groupId": group_id}}
    caller.zone("POST", "/user/tokens/named", {"name": "an invite", "type": invite, "usageLimit": 3})
    caller.zone("POST", "/user/tokens/named", {"name": "an invite", "type": invite})
    caller.zone("GET", "/user/tokens/named/name/an%20invite")
    caller.zone("POST", "/tokens/infer_access_token_scope", {"token": sandbox.token})
    share = caller.share(space_id, description="# told")
    caller.provider("GET", f"/shares/{share['shareId']}")
    caller.provider("GET", f"/data/{space_id}", {"attributes": ["directShareIds", "name"]})
    caller.provider("GET", f"/data/{space_id}/children?limit=1")
    caller.provider("GET", f"/data/{space_id}/files", {"attributes": ["size"], "limit": 10})
    files = caller.file_ids(space_id)
    caller.provider("GET", f"/data/{files['notes.txt']}/content", headers={"Range": "bytes=0-3"})
    caller.provider("GET", f"/data/{files['notes.txt']}/distribution")
    metadata = f"/data/{share['rootFileId']}/metadata/json"
    caller.provider("GET", metadata)
    caller.provider("PUT", metadata.replace(share["rootFileId"], caller.root_id(space_id)), {"title": "told"})
    caller.provider("POST", f"/lookup-file-id/dataset%20one@{space_id}/notes.txt")
    caller.provider("POST", f"/spaces/{space_id}/evaluate_qos_expression", {"expression": "anyStorage"})
    caller.rescan(space_id)
    caller.panel("PATCH", f"/provider/spaces/{space_id}", {"autoStorageImportConfig": {"continuousScan": True}})
    guest.zone("GET", f"/shares/data/{share['rootFileId']}/children")
    guest.provider("GET", f"/data/{share['rootFileId']}/children")
    guest.zone("GET", f"/shares/{share['shareId']}/public")
    guest.close()
    storage_id = caller.panel("GET", f"/provider/spaces/{space_id}").json()["storageId"]
    caller.panel("DELETE", f"/provider/storages/{storage_id}")
    caller.panel("DELETE", f"/provider/spaces/{space_id}")
    caller.panel("GET", f"/provider/spaces/{space_id}")
    caller.panel("DELETE", f"/provider/storages/{storage_id}")
    caller.zone("DELETE", f"/spaces/{space_id}")


def test_what_publishing_asks_and_what_the_sandbox_answers_is_described(caller, folder):
    tell_the_whole_story(caller, folder)
    assert len(caller.sandbox.log) > 60
    assert check_exchanges(caller.sandbox.log) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "found"),
    [
        ("GET", "/nothing/here", None, "no such operation"),
        ("GET", "/user?colour=red", None, "unknown query parameter colour"),
        ("POST", "/user/spaces", {"name": "one", "descripton": "x"}, "'descripton' was unexpected"),
        ("POST", "/user/spaces", {"name": "x"}, "too short"),
        ("POST", "/user/spaces", None, "the body is missing"),
        ("GET", "/user", {"a": 1}, "there must be no body"),
        ("PUT", "/spaces/a/groups/b", {"privileges": ["space_fly"]}, "'space_fly' is not one of"),
    ],
)
def test_a_wrong_request_is_found(caller, method, path, body, found):
    caller.zone(method, path, body)
    problems = check_exchanges(caller.sandbox.log)
    assert problems
    assert found in problems[0]


def test_a_request_without_credentials_is_found(caller):
    del caller.session.headers["X-Auth-Token"]
    caller.zone("GET", "/user")
    caller.zone("GET", "/configuration")
    assert check_exchanges(caller.sandbox.log) == ["GET /api/v3/onezone/user: no credentials"]


def test_a_usage_limit_in_the_wrong_place_is_found(caller):
    invite = {"inviteType": "userJoinGroup", "groupId": caller.sandbox.user_group, "usageLimit": 3}
    caller.zone("POST", "/user/tokens/named", {"name": "an invite", "type": {"inviteToken": invite}})
    assert len(check_exchanges(caller.sandbox.log)) == 1


def test_the_sandbox_knows_the_privileges_of_the_description():
    schemas = yaml.load(DESCRIPTION.read_bytes(), Loader=yaml.CSafeLoader)["components"]["schemas"]
    assert set(SPACE_ALL) == set(schemas["SpacePrivilege"]["enum"])
    assert set(GROUP_ALL) == set(schemas["GroupPrivilege"]["enum"])

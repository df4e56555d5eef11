"""Older and newer releases answer differently, as far as a client can see."""

import pytest

from spacecast.sandbox.onedata import OnedataSandbox
from spacecast.sandbox.onedata.identifiers import space_id_from_seed
from support.onedata_sandbox import Caller, problem, quick_delays


@pytest.fixture
def caller(request, tmp_path):
    with OnedataSandbox(tmp_path, delays=quick_delays(), release=request.param) as sandbox:
        made = Caller(sandbox, sandbox.token)
        yield made
        made.close()


def only(*releases):
    return pytest.mark.parametrize("caller", releases, indirect=True)


def add_storage(caller, folder):
    body = {"dataset one": {"type": "posix", "mountPoint": str(folder), "importedStorage": True, "readonly": True}}
    return caller.panel("POST", "/provider/storages", body)


@only("20.02")
def test_the_oldest_adds_a_storage_without_telling_its_id(caller, folder):
    added = add_storage(caller, folder)
    assert (added.status_code, added.content) == (204, b"")
    assert len(caller.panel("GET", "/provider/storages").json()["ids"]) == 1


@only("20.02")
def test_the_oldest_ignores_seed_and_description(caller):
    space_id = caller.create_space(idGeneratorSeed="seed", description="marker")
    assert space_id != space_id_from_seed("seed")
    assert "description" not in caller.zone("GET", f"/spaces/{space_id}").json()


@only("20.02")
def test_the_oldest_speaks_its_own_dialect_about_files(caller, folder):
    add_storage(caller, folder)
    space_id = caller.create_space()
    storage_id = caller.panel("GET", "/provider/storages").json()["ids"][0]
    caller.request_support(space_id, storage_id)
    shown = caller.provider("GET", f"/spaces/{space_id}").json()
    assert ("fileId" in shown, "dirId" in shown) == (True, False)
    assert caller.provider("GET", f"/data/{space_id}").json()["type"] == "dir"
    share = {"name": "one", "rootFileId": shown["fileId"]}
    assert problem(caller.provider("POST", "/shares", share))[1] == "missingAtLeastOneValue"
    share_id = caller.provider("POST", "/shares", {"name": "one", "fileId": shown["fileId"]}).json()["shareId"]
    assert caller.provider("GET", f"/shares/{share_id}").json()["fileType"] == "dir"
    assert caller.provider("GET", f"/data/{space_id}/qos/summary").status_code == 404
    assert caller.provider("GET", f"/data/{space_id}/qos_summary").json()["status"] == "fulfilled"
    assert caller.provider("GET", f"/data/{space_id}/files").status_code == 404
    assert "totalScans" not in caller.import_info(space_id)


@only("20.02", "21.02.1")
def test_scopes_cannot_be_inferred_before_21_02_4(caller):
    asked = caller.zone("POST", "/tokens/infer_access_token_scope", {"token": caller.sandbox.token})
    assert asked.status_code == 404


@only("21.02.1")
def test_before_21_02_5_attributes_have_their_old_names_only(caller, folder):
    space_id = caller.publish(folder)
    shown = caller.provider("GET", f"/data/{space_id}").json()
    assert ("file_id" in shown, "fileId" in shown) == (True, False)
    assert "dirId" not in caller.provider("GET", f"/spaces/{space_id}").json()


@only("25.0")
def test_the_newest_has_new_names_only_and_a_context_in_errors(caller, folder):
    space_id = caller.publish(folder)
    shown = caller.provider("GET", f"/data/{space_id}").json()
    assert ("file_id" in shown, "fileId" in shown) == (False, True)
    assert "ctx" in caller.zone("GET", "/spaces/none").json()["error"]

import time

import pytest

from spacecast.sandbox.onedata import OnedataSandbox, identifiers
from spacecast.sandbox.onedata.identifiers import decode_file_id, file_id, root_uuid
from support.onedata_sandbox import Caller, eventually, problem, quick_delays


def test_a_user_without_a_supported_space_is_unauthorized_there(service):
    status, error_id, details = problem(service.provider("GET", "/spaces"))
    assert (status, error_id, details["authError"]["id"]) == (401, "unauthorized", "userNotSupported")


def test_a_public_answer_is_refused_too_when_the_credentials_sent_along_are_refused(service, guest):
    assert guest.provider("GET", "/configuration").status_code == 200
    assert service.provider("GET", "/configuration").status_code == 401


def test_the_refusal_is_remembered_for_a_while(tmp_path, folder):
    with OnedataSandbox(tmp_path, delays=quick_delays(verdict_cache_seconds=0.4)) as sandbox:
        caller = Caller(sandbox, sandbox.token)
        assert caller.provider("GET", "/spaces").status_code == 401
        space_id = caller.publish(folder)
        assert caller.provider("GET", f"/spaces/{space_id}").status_code == 401
        eventually(lambda: caller.provider("GET", f"/spaces/{space_id}").status_code == 200)
        caller.close()


def test_the_provider_learns_a_moment_later_what_the_zone_knows(tmp_path, folder):
    with OnedataSandbox(tmp_path, delays=quick_delays(propagation_seconds=0.3)) as sandbox:
        caller = Caller(sandbox, sandbox.token)
        first = caller.publish(folder)
        eventually(lambda: caller.provider("GET", f"/spaces/{first}").status_code == 200)
        second = caller.create_space("second")
        other = sandbox.ca_file.parent / "other"
        other.mkdir()
        caller.request_support(second, caller.add_storage(other, "second"))
        assert problem(caller.provider("GET", f"/spaces/{second}"))[:2] == (403, "forbidden")
        eventually(lambda: caller.provider("GET", f"/spaces/{second}").status_code == 200)
        caller.panel("DELETE", f"/provider/spaces/{second}")
        storage_id = caller.panel("GET", "/provider/storages").json()["ids"][-1]
        assert problem(caller.panel("DELETE", f"/provider/storages/{storage_id}"))[1] == "storageInUse"
        eventually(lambda: caller.panel("DELETE", f"/provider/storages/{storage_id}").status_code == 204)
        caller.close()


def test_a_provider_that_is_cut_off_learns_nothing_until_it_is_connected_again(service, sandbox, folder, tmp_path):
    service.publish(folder)
    sandbox.providers[0].cut_off()
    time.sleep(0.01)
    late = service.create_space("late")
    (tmp_path / "late").mkdir()
    service.request_support(late, service.add_storage(tmp_path / "late", "late"))
    assert service.provider("GET", f"/spaces/{late}").status_code == 403
    provider = service.zone("GET", f"/providers/{sandbox.providers[0].id}").json()
    assert provider["online"] is False
    sandbox.providers[0].reconnect()
    assert service.provider("GET", f"/spaces/{late}").status_code == 200


def test_a_member_asking_for_a_space_not_supported_here_learns_so(service, sandbox, folder):
    service.publish(folder)
    space_id = service.create_space("elsewhere")
    expected = {"spaceId": space_id, "providerId": sandbox.providers[0].id}
    for path in (f"/spaces/{space_id}", f"/data/{space_id}/children"):
        assert problem(service.provider("GET", path)) == (400, "spaceNotSupportedBy", expected)
    assert problem(service.provider("GET", "/spaces/none"))[0] == 404


def test_strangers_and_guests_see_no_files(service, guest, stranger, sandbox, call_as, folder, tmp_path):
    space_id = service.publish(folder)
    assert problem(guest.provider("GET", f"/data/{space_id}/children"))[0] == 401
    assert problem(stranger.provider("GET", f"/data/{space_id}/children"))[0] == 401
    user = sandbox.add_user("neighbour")
    other = service.create_space("other")
    (tmp_path / "other").mkdir()
    service.request_support(other, service.add_storage(tmp_path / "other", "other"))
    service.zone("PUT", f"/spaces/{other}/users/{user.id}")
    assert problem(call_as(user.token).provider("GET", f"/data/{space_id}/children"))[:2] == (403, "forbidden")


def test_attributes_come_in_both_spellings_unless_asked_for_by_name(service, folder):
    space_id = service.publish(folder)
    every = service.provider("GET", f"/data/{service.file_ids(space_id)['notes.txt']}").json()
    assert every["fileId"] == every["file_id"]
    assert (every["name"], every["type"], every["size"]) == ("notes.txt", "REG", 10)
    assert every["posixPermissions"] == every["mode"] == "644"
    assert every["parentFileId"] == service.root_id(space_id)
    some = {"attributes": ["name", "size", "path"]}
    asked = service.provider("GET", f"/data/{every['fileId']}", some).json()
    assert asked == {"name": "notes.txt", "size": 10, "path": "/dataset one/notes.txt"}
    old = service.provider("GET", f"/data/{every['fileId']}?attribute=mode").json()
    assert old == {"mode": "644"}
    wrong = service.provider("GET", f"/data/{every['fileId']}", {"attributes": ["colour"]})
    assert problem(wrong)[:2] == (400, "badValueListNotAllowed")


def test_a_file_that_is_gone_is_400_enoent(service, folder):
    space_id = service.publish(folder)
    gone = file_id("a" * 32, space_id)
    assert problem(service.provider("GET", f"/data/{gone}")) == (400, "posix", {"errno": "enoent"})


def test_qos_expressions_choose_storages_and_come_back_normalised(service, folder, sandbox):
    space_id = service.create_space()
    storage_id = service.add_storage(folder, qosParameters={"tier": "3"})
    service.request_support(space_id, storage_id)

    def matching(expression):
        path = f"/spaces/{space_id}/evaluate_qos_expression"
        found = service.provider("POST", path, {"expression": expression})
        return [each["id"] for each in found.json()["matchingStorages"]]

    assert matching("anyStorage") == matching("tier > 2 & tier<=3") == [storage_id]
    assert matching(f"anyStorage \\ providerId={sandbox.providers[0].id}") == []
    made = service.provider("POST", "/qos_requirements", {
        "fileId": service.root_id(space_id), "expression": "tier = 3 | geo = PL", "replicasNum": 1,
    })  # fmt: skip
    shown = service.provider("GET", f"/qos_requirements/{made.json()['qosRequirementId']}").json()
    assert (shown["expression"], shown["status"]) == ("(tier=3|geo=PL)", "fulfilled")
    impossible = {"fileId": service.root_id(space_id), "expression": "anyStorage", "replicasNum": 2}
    service.provider("POST", "/qos_requirements", impossible)
    summary = service.provider("GET", f"/data/{space_id}/qos/summary").json()
    assert (sorted(summary["requirements"].values()), summary["status"]) == (["fulfilled", "impossible"], "impossible")
    syntax = service.provider("POST", "/qos_requirements", {**impossible, "expression": "tier >"})
    assert problem(syntax)[1] == "invalidQosExpression"


def test_a_transfer_brings_a_file_to_another_provider(tmp_path, folder):
    with OnedataSandbox(tmp_path, providers=2, delays=quick_delays()) as sandbox:
        caller = Caller(sandbox, sandbox.token)
        space_id = caller.publish(folder)
        (tmp_path / "second").mkdir()
        plain = {"importedStorage": False, "readonly": False}
        storage_id = caller.add_storage(tmp_path / "second", "second", at=1, **plain)
        assert caller.request_support(space_id, storage_id, at=1).status_code == 201
        notes = caller.file_ids(space_id)["notes.txt"]
        target = sandbox.providers[1].id

        def distribution():
            found = caller.provider("GET", f"/data/{notes}/distribution").json()["distributionPerProvider"]
            return found[target]["distributionPerStorage"][storage_id]["blocks"]

        assert distribution() == []
        request = {"type": "replication", "dataSourceType": "file", "fileId": notes}
        made = caller.provider("POST", "/transfers", {**request, "replicatingProviderId": target})
        shown = caller.provider("GET", f"/transfers/{made.json()['transferId']}").json()
        assert (shown["replicationStatus"], shown["evictionStatus"]) == ("completed", "skipped")
        assert distribution() == [[0, 10]]
        ended = caller.provider("GET", f"/spaces/{space_id}/transfers?state=ended").json()
        assert ended == {"transfers": [made.json()["transferId"]], "nextPageToken": None}
        caller.close()


def test_a_second_imported_storage_for_a_space_is_refused(tmp_path, folder):
    with OnedataSandbox(tmp_path, providers=2, delays=quick_delays()) as sandbox:
        caller = Caller(sandbox, sandbox.token)
        space_id = caller.publish(folder)
        first = caller.panel("GET", "/provider/storages").json()["ids"][0]
        refused = caller.request_support(space_id, caller.add_storage(folder, at=1), at=1)
        status, error_id, details = problem(refused)
        assert (status, error_id) == (409, "spaceAlreadySupportedWithImportedStorage")
        assert details == {"spaceId": space_id, "storageId": first}
        caller.close()


def test_file_ids_carry_a_checksum_and_the_root_can_be_computed(service, folder):
    space_id = service.publish(folder)
    assert service.root_id(space_id) == file_id(root_uuid(space_id), space_id)
    reference = decode_file_id(service.root_id(space_id))
    assert (reference.file_uuid, reference.space_id, reference.share_id) == (f"space_{space_id}", space_id, None)


def test_the_checksum_is_the_one_of_the_standard():
    assert identifiers._crc16_arc(b"123456789") == 0xBB3D


def test_a_file_id_with_a_wrong_digit_is_none(service, folder):
    good = service.root_id(service.publish(folder))
    with pytest.raises(identifiers.BadFileIdError):
        decode_file_id(good[:-1] + ("0" if good[-1] != "0" else "1"))

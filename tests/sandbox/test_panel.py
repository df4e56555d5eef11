import pytest

from spacecast.sandbox.onedata import FaultRule, HalfMade
from support.onedata_sandbox import is_wrapped, problem


def parameters(folder, **more):
    return {"type": "posix", "mountPoint": str(folder), "importedStorage": True, "readonly": True, **more}


def test_the_panel_tells_the_callers_privileges(service, stranger, guest):
    assert "cluster_update" in service.panel("GET", "/user").json()["clusterPrivileges"]
    assert problem(stranger.panel("GET", "/user"))[:2] == (403, "forbidden")
    assert problem(guest.panel("GET", "/user"))[0] == 401


def test_a_member_without_cluster_update_may_only_read(sandbox, call_as, folder):
    viewer = call_as(sandbox.add_user("viewer", cluster_privileges=["cluster_view"]).token)
    assert viewer.panel("GET", "/provider/storages").json() == {"ids": []}
    assert problem(viewer.panel("POST", "/provider/storages", {"st": parameters(folder)}))[0] == 403


def test_a_body_is_parsed_before_anybody_is_asked_who_he_is(guest):
    assert problem(guest.panel("POST", "/provider/storages", {"st": {"type": "posix"}})) == (
        400,
        "missingRequiredValue",
        {"key": "st.mountPoint"},
    )
    assert problem(guest.panel("POST", "/provider/spaces", {}))[0] == 400


def test_a_storage_answers_with_its_id_and_shows_its_parameters(service, sandbox, folder):
    storage_id = service.add_storage(folder, qosParameters={"marker": "u-1", "tier": "3"})
    shown = service.panel("GET", f"/provider/storages/{storage_id}").json()
    assert (shown["mountPoint"], shown["readonly"], shown["importedStorage"]) == (str(folder), True, True)
    assert shown["qosParameters"] == {
        "marker": "u-1",
        "tier": 3,
        "storageId": storage_id,
        "providerId": sandbox.providers[0].id,
    }
    assert service.panel("GET", "/provider/storages").json() == {"ids": [storage_id]}


def test_storages_may_have_the_same_name_and_folder(service, folder):
    assert service.add_storage(folder) != service.add_storage(folder)


def test_a_storage_that_fails_is_a_map_and_those_beside_it_are_made(service, folder):
    body = {"good one": parameters(folder), "bad one": parameters(folder / "none"), "x": parameters(folder)}
    answer = service.panel("POST", "/provider/storages", body)
    assert answer.status_code == 400
    outcome = answer.json()
    assert outcome["bad one"]["error"]["id"] == "storageTestFailed"
    assert outcome["bad one"]["error"]["details"] == {"operation": "access"}
    assert outcome["x"]["error"]["id"] == "badValueName"
    assert service.panel("GET", "/provider/storages").json() == {"ids": [outcome["good one"]["id"]]}


def test_readonly_needs_an_imported_storage(service, folder):
    answer = service.panel("POST", "/provider/storages", {"st": parameters(folder, importedStorage=False)})
    assert answer.json()["st"]["error"]["id"] == "requiresImportedStorage"


@pytest.mark.parametrize(
    ("change", "error_id", "key"),
    [
        ({"timeout": 0}, "badValueTooLow", "st.timeout"),
        ({"qosParameters": {"a": 1}}, "badValueString", "st.qosParameters.a"),
        ({"readonly": "yes"}, "badValueBoolean", "st.readonly"),
        ({"type": "ceph"}, "badValueNotAllowed", "st.type"),
        ({"mountPoint": 1}, "badValueString", "st.mountPoint"),
    ],
)
def test_a_wrong_storage_parameter_is_named(service, folder, change, error_id, key):
    answer = service.panel("POST", "/provider/storages", {"st": parameters(folder, **change)})
    status, found, details = problem(answer)
    assert (status, found, details["key"]) == (400, error_id, key)
    assert not is_wrapped(answer)


def test_changing_a_storage_can_fail_with_status_200(service, folder, tmp_path):
    storage_id = service.add_storage(folder, "st")
    path = f"/provider/storages/{storage_id}"
    other = tmp_path / "other"
    other.mkdir()
    changed = service.panel("PATCH", path, {"st": {"type": "posix", "mountPoint": str(other), "name": "new"}})
    assert (changed.json()["verificationPassed"], changed.json()["name"]) == (True, "new")
    failed = service.panel("PATCH", path, {"new": {"type": "posix", "mountPoint": "/none/at/all"}})
    assert failed.status_code == 200
    assert (failed.json()["verificationPassed"], failed.json()["mountPoint"]) == (False, str(other))
    assert problem(service.panel("PATCH", path, {"st": {"type": "posix"}}))[1] == "badValueNotAllowed"


def test_support_answers_with_a_path_as_location_and_the_id(service, folder, sandbox):
    space_id, storage_id = service.create_space(), service.add_storage(folder)
    answer = service.request_support(space_id, storage_id, accountingEnabled=False)
    assert (answer.status_code, answer.json()) == (201, {"id": space_id})
    assert answer.headers["Location"] == f"/api/v3/onepanel/provider/spaces/{space_id}"
    shown = service.panel("GET", f"/provider/spaces/{space_id}").json()
    assert shown["storageId"] == storage_id
    assert shown["storageImport"]["mode"] == "auto"
    assert shown["storageImport"]["autoStorageImportConfig"]["maxDepth"] == 65535
    at_zone = service.zone("GET", f"/spaces/{space_id}").json()
    assert at_zone["providers"] == {sandbox.providers[0].id: 10**10}


def test_support_happens_once(service, folder):
    space_id, storage_id = service.create_space(), service.add_storage(folder)
    service.request_support(space_id, storage_id)
    again = service.request_support(space_id, storage_id)
    assert problem(again)[:2] == (409, "relationAlreadyExists")
    assert is_wrapped(again)


def test_an_imported_storage_supports_one_space_only(service, folder):
    storage_id = service.add_storage(folder)
    service.request_support(service.create_space(), storage_id)
    refused = service.request_support(service.create_space(), storage_id)
    assert problem(refused)[:2] == (400, "storageInUse")
    assert problem(service.panel("DELETE", f"/provider/storages/{storage_id}"))[:2] == (400, "storageInUse")


@pytest.mark.parametrize(
    ("change", "error_id"),
    [
        ({"size": 999_999}, "badValueTooLow"),
        ({"storageId": "none"}, "badValueIdNotFound"),
        ({"token": "MDAxnonsense"}, "badValueToken"),
    ],
)
def test_wrong_support_is_refused_in_a_wrapper(service, folder, change, error_id):
    space_id, storage_id = service.create_space(), service.add_storage(folder)
    body = {"token": service.support_token(space_id), "size": 10**9, "storageId": storage_id, **change}
    answer = service.panel("POST", "/provider/spaces", body)
    assert problem(answer)[:2] == (400, error_id)
    assert is_wrapped(answer)


def test_an_access_token_is_no_support_token(service, folder, sandbox):
    body = {"token": sandbox.token, "size": 10**9, "storageId": service.add_storage(folder)}
    _, _, details = problem(service.panel("POST", "/provider/spaces", body))
    assert (details["key"], details["tokenError"]["id"]) == ("token", "notAnInviteToken")


def test_a_space_not_supported_is_a_wrapped_403_and_an_unknown_one_a_wrapped_404(service):
    foreign = service.panel("GET", f"/provider/spaces/{service.create_space()}")
    unknown = service.panel("GET", "/provider/spaces/none")
    assert (problem(foreign)[:2], is_wrapped(foreign)) == ((403, "forbidden"), True)
    assert (problem(unknown)[:2], is_wrapped(unknown)) == ((404, "notFound"), True)


def test_a_half_made_support_has_no_import_and_is_mended_by_doing_it_again(service, folder, sandbox):
    sandbox.faults.add(FaultRule(HalfMade(), method="POST", path="/provider/spaces$"))
    space_id, storage_id = service.create_space(), service.add_storage(folder)
    answer = service.request_support(space_id, storage_id)
    assert (answer.status_code, answer.content) == (503, b"")
    path = f"/provider/spaces/{space_id}"
    assert "storageImport" not in service.panel("GET", path).json()
    assert problem(service.panel("GET", f"{path}/storage-import/auto/info"))[0] == 404
    mending = {"autoStorageImportConfig": {"continuousScan": True}}
    assert problem(service.panel("PATCH", path, mending))[0] == 500
    assert service.panel("DELETE", path).status_code == 204
    assert service.request_support(space_id, storage_id).status_code == 201
    assert "storageImport" in service.panel("GET", path).json()


def test_a_support_shrinks_to_what_is_occupied_at_most(service, folder):
    (folder / "big.bin").write_bytes(b"x" * 1_500_000)
    space_id = service.publish(folder)
    path = f"/provider/spaces/{space_id}"
    occupied = service.panel("GET", path).json()["spaceOccupancy"]
    assert occupied > 1_500_000
    assert problem(service.panel("PATCH", path, {"size": 1_000_001})) == (
        400,
        "badValueTooLow",
        {"key": "size", "limit": occupied},
    )
    assert service.panel("PATCH", path, {"size": 2_000_000}).status_code == 204


def test_revoking_gives_the_storage_back(service, folder):
    space_id = service.publish(folder)
    storage_id = service.panel("GET", f"/provider/spaces/{space_id}").json()["storageId"]
    assert service.panel("DELETE", f"/provider/spaces/{space_id}").status_code == 204
    assert service.zone("GET", f"/spaces/{space_id}").json()["providers"] == {}
    assert service.panel("GET", "/provider/spaces").json() == {"ids": []}
    assert service.panel("DELETE", f"/provider/storages/{storage_id}").status_code == 204
    assert sorted(path.name for path in folder.iterdir()) == ["SPA.yml", "notes.txt", "raw"]

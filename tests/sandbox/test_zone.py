import pytest

from spacecast.sandbox.onedata.identifiers import space_id_from_seed
from support.onedata_sandbox import last_segment, problem


def test_everybody_learns_what_zone_it_is(guest, sandbox):
    answer = guest.zone("GET", "/configuration")
    assert answer.status_code == 200
    assert answer.json()["version"] == "21.02.7"
    assert sandbox.zone_url == f"https://{answer.json()['domain']}"


def test_the_caller_is_told_who_he_is(service, sandbox):
    assert service.zone("GET", "/user").json()["userId"] == sandbox.service_user.id


def test_a_guest_is_unauthorized_and_a_forged_token_too(guest, call_as, sandbox):
    assert problem(guest.zone("GET", "/user")) == (401, "unauthorized", {})
    status, error_id, details = problem(call_as(sandbox.token[:-4] + "AAAA").zone("GET", "/user"))
    assert (status, error_id, details["authError"]["id"]) == (401, "unauthorized", "tokenInvalid")
    assert problem(call_as("nonsense").zone("GET", "/configuration"))[2]["authError"]["id"] == "badToken"


@pytest.mark.parametrize("header", ["X-Auth-Token", "Authorization", "Macaroon"])
def test_a_token_is_taken_from_each_of_three_headers(guest, sandbox, header):
    value = f"Bearer {sandbox.token}" if header == "Authorization" else sandbox.token
    assert guest.zone("GET", "/user", headers={header: value}).status_code == 200


def test_an_unknown_path_is_an_empty_404_and_a_wrong_method_405(service):
    assert (answer := service.zone("GET", "/nothing")).status_code == 404
    assert answer.content == b""
    assert service.zone("PUT", "/user").status_code == 405


def test_another_content_type_is_refused_with_an_empty_415(service):
    answer = service.zone("POST", "/user/spaces", data=b"name: x", headers={"Content-Type": "text/yaml"})
    assert (answer.status_code, answer.content) == (415, b"")


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"'])
def test_a_body_that_is_no_json_object_is_malformed(service, body):
    answer = service.zone("POST", "/user/spaces", data=body, headers={"Content-Type": "application/json"})
    assert problem(answer)[:2] == (400, "malformedData")


@pytest.mark.parametrize("name", ["x", " ab", "ab ", "-ab", "a/b", "a:b", "a\nb", "a@b", "x" * 129, "a,b", "ab\n", ""])
def test_a_bad_name_is_refused_without_details(service, name):
    assert problem(service.zone("POST", "/user/spaces", {"name": name})) == (400, "badValueName", {})


@pytest.mark.parametrize("name", ["ab", "(ab)", "a b.c-d_e", "x" * 128, "Proteïn 2024", "数据"])
def test_a_good_name_is_taken(service, name):
    assert service.zone("POST", "/user/spaces", {"name": name}).status_code == 201


def test_a_name_that_is_missing_is_named(service):
    assert problem(service.zone("POST", "/user/spaces", {})) == (400, "missingRequiredValue", {"key": "name"})


def test_a_space_is_created_with_an_absolute_location_and_no_body(service, sandbox):
    answer = service.zone("POST", f"/groups/{sandbox.manager_group}/spaces", {"name": "a space"})
    assert answer.status_code == 201
    assert answer.content == b""
    prefix = f"{sandbox.zone_url}/api/v3/onezone/groups/{sandbox.manager_group}/spaces/"
    assert answer.headers["Location"].startswith(prefix)
    shown = service.zone("GET", f"/spaces/{last_segment(answer)}").json()
    assert shown["name"] == "a space"
    assert shown["providers"] == {}


def test_the_same_seed_makes_one_space_with_a_known_id(service):
    space_id = service.create_space(idGeneratorSeed="marker-1", description="marker")
    assert space_id == space_id_from_seed("marker-1")
    again = service.zone("POST", "/user/spaces", {"name": "other", "idGeneratorSeed": "marker-1"})
    assert problem(again) == (409, "alreadyExists", {})
    assert service.zone("DELETE", f"/spaces/{space_id}").status_code == 204
    assert service.create_space(idGeneratorSeed="marker-1") == space_id


def test_names_of_spaces_are_not_unique(service):
    assert service.create_space("same") != service.create_space("same")


def test_an_unknown_space_is_404_for_everybody_and_a_foreign_one_401_or_403(service, guest, stranger):
    space_id = service.create_space()
    for caller in (service, guest, stranger):
        assert problem(caller.zone("GET", "/spaces/none"))[:2] == (404, "notFound")
    assert problem(guest.zone("GET", f"/spaces/{space_id}"))[0] == 401
    assert problem(stranger.zone("GET", f"/spaces/{space_id}"))[:2] == (403, "forbidden")


def test_forbidden_wins_over_a_bad_body(service, stranger):
    space_id = service.create_space()
    assert problem(stranger.zone("PATCH", f"/spaces/{space_id}", {}))[0] == 403
    status, error_id, details = problem(service.zone("PATCH", f"/spaces/{space_id}", {"unknown": 1}))
    assert (status, error_id) == (400, "missingAtLeastOneValue")
    assert "name" in details["keys"]


def test_unknown_keys_are_ignored(service):
    space_id = service.create_space(descripton="mistyped")
    assert service.zone("GET", f"/spaces/{space_id}").json()["description"] == ""


def test_only_administrators_list_everything(service, call_as, sandbox):
    assert problem(service.zone("GET", "/spaces"))[0] == 403
    admin = call_as(sandbox.add_user("admin", zone_admin=True).token)
    assert service.create_space() in admin.zone("GET", "/spaces").json()["spaces"]


def test_a_child_group_has_its_creator_as_member_and_its_parent_above(service, sandbox, stranger):
    made = service.zone("POST", f"/groups/{sandbox.user_group}/children", {"name": "dataset one"})
    child = last_segment(made)
    assert made.status_code == 201
    assert f"/groups/{sandbox.user_group}/children/" in made.headers["Location"]
    assert child in service.zone("GET", f"/groups/{sandbox.user_group}/children").json()["groups"]
    shown = service.zone("GET", f"/groups/{sandbox.user_group}/children/{child}").json()
    assert (shown["name"], shown["type"]) == ("dataset one", "team")
    assert child in service.zone("GET", "/user/groups").json()["groups"]
    assert problem(stranger.zone("GET", f"/groups/{child}"))[0] == 403


def test_a_group_joins_a_space_with_the_privileges_told_and_only_once(service, sandbox):
    space_id = service.create_space()
    group_id = last_segment(service.zone("POST", f"/groups/{sandbox.user_group}/children", {"name": "gg"}))
    path = f"/spaces/{space_id}/groups/{group_id}"
    told = {"privileges": ["space_view", "space_read_data"]}
    assert service.zone("PUT", path, told).status_code == 201
    assert service.zone("GET", f"{path}/privileges").json()["privileges"] == ["space_read_data", "space_view"]
    status, error_id, details = problem(service.zone("PUT", path, told))
    assert (status, error_id) == (409, "relationAlreadyExists")
    assert details == {
        "childType": "od_group",
        "childId": group_id,
        "parentType": "od_space",
        "parentId": space_id,
    }


def test_without_privileges_a_group_may_write_too(service, sandbox):
    space_id, group_id = service.create_space(), sandbox.add_group("gg", sandbox.service_user.id)
    service.zone("PUT", f"/spaces/{space_id}/groups/{group_id}")
    held = service.zone("GET", f"/spaces/{space_id}/groups/{group_id}/privileges").json()["privileges"]
    assert "space_write_data" in held


def test_privileges_must_be_a_list_of_known_ones(service, sandbox):
    path = f"/spaces/{service.create_space()}/groups/{sandbox.user_group}"
    assert problem(service.zone("PUT", path, {"privileges": None}))[1] == "badValueListOfStrings"
    assert problem(service.zone("PUT", path, {"privileges": ["space_fly"]}))[1] == "badValueListNotAllowed"
    assert problem(service.zone("PUT", path.replace(sandbox.user_group, "none")))[1] == "badValueIdNotFound"


def test_privileges_of_a_group_are_mended_by_grant_and_revoke(service, sandbox):
    path = f"/spaces/{service.create_space()}/groups/{sandbox.user_group}"
    service.zone("PUT", path)
    change = {"grant": ["space_view_qos"], "revoke": ["space_write_data", "space_view_transfers"]}
    assert service.zone("PATCH", f"{path}/privileges", change).status_code == 204
    held = service.zone("GET", f"{path}/privileges").json()["privileges"]
    assert held == ["space_read_data", "space_view", "space_view_qos"]
    assert problem(service.zone("PATCH", f"{path}/privileges", {}))[1] == "missingAtLeastOneValue"


def test_members_of_a_child_group_reach_the_spaces_of_the_parent(service, sandbox, call_as):
    user = sandbox.add_user("colleague")
    child = sandbox.add_group("child", user.id)
    space_id = service.create_space()
    colleague = call_as(user.token)
    assert problem(colleague.zone("GET", f"/spaces/{space_id}"))[0] == 403
    sandbox.state.groups[sandbox.manager_group].children.add(child, ["group_view"], 0.0)
    assert colleague.zone("GET", f"/spaces/{space_id}").status_code == 200
    assert colleague.zone("GET", "/user/effective_spaces").json()["spaces"] == [space_id]
    assert colleague.zone("GET", "/user/spaces").json()["spaces"] == []


def test_deleting_a_group_takes_it_out_of_its_spaces(service, sandbox):
    space_id, group_id = service.create_space(), sandbox.add_group("gg", sandbox.service_user.id)
    service.zone("PUT", f"/spaces/{space_id}/groups/{group_id}")
    assert service.zone("DELETE", f"/groups/{group_id}").status_code == 204
    assert group_id not in service.zone("GET", f"/spaces/{space_id}/groups").json()["groups"]
    assert problem(service.zone("DELETE", f"/groups/{group_id}"))[0] == 404


def test_the_scope_of_a_token_needs_no_credentials(service, guest, sandbox, folder):
    space_id = service.publish(folder)
    scope = guest.zone("POST", "/tokens/infer_access_token_scope", {"token": sandbox.token}).json()
    provider = sandbox.providers[0]
    data = scope["dataAccessScope"]
    assert scope["validUntil"] is None
    assert data["spaces"][space_id] == {"name": "dataset one", "supports": {provider.id: {"readonly": True}}}
    assert data["providers"][provider.id]["domain"] == provider.url.removeprefix("https://")


def test_a_trailing_slash_is_tolerated(service):
    assert service.zone("GET", "/user/").status_code == 200

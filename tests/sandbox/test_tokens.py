import time

import pytest

from support.onedata_sandbox import last_segment, problem

INVITE = "userJoinGroup"


def invite(group_id, **more):
    return {"name": "an invite", "type": {"inviteToken": {"inviteType": INVITE, "groupId": group_id}}, **more}


def until(seconds):
    return [{"type": "time", "validUntil": int(time.time()) + seconds}]


@pytest.fixture
def group(sandbox):
    return sandbox.add_group("dataset one", sandbox.service_user.id)


def test_a_named_token_is_shown_again_with_its_text(service, group):
    made = service.zone("POST", "/user/tokens/named", invite(group, usageLimit=5, customMetadata={"m": "x"}))
    assert made.status_code == 201
    assert made.json()["token"].startswith("MDAx")
    assert last_segment(made) == made.json()["tokenId"]
    shown = service.zone("GET", "/user/tokens/named/name/an%20invite").json()
    assert shown["token"] == made.json()["token"]
    assert shown["type"]["inviteToken"] == {"inviteType": INVITE, "groupId": group, "parameters": {}}
    assert shown["metadata"]["usageLimit"] == 5
    assert shown["metadata"]["custom"] == {"m": "x"}


def test_a_usage_limit_inside_the_type_has_no_effect(service, group):
    body = invite(group)
    body["type"]["inviteToken"]["usageLimit"] = 5
    service.zone("POST", "/user/tokens/named", body)
    shown = service.zone("GET", "/user/tokens/named/name/an%20invite").json()
    assert shown["metadata"]["usageLimit"] == "infinity"


def test_a_taken_token_name_is_400_and_not_409(service, group):
    service.zone("POST", "/user/tokens/named", invite(group))
    again = service.zone("POST", "/user/tokens/named", invite(group))
    assert problem(again) == (400, "badValueIdentifierOccupied", {"key": "name"})


@pytest.mark.parametrize(
    ("change", "error_id"),
    [
        ({"name": "x"}, "badValueName"),
        ({"usageLimit": 0}, "badValueTooLow"),
        ({"usageLimit": "many"}, "badValueInteger"),
        ({"privileges": ["group_fly"]}, "badValueListNotAllowed"),
        ({"type": {"inviteToken": {"inviteType": "userJoinParty", "groupId": "x"}}}, "badValueTokenType"),
        ({"type": {"inviteToken": {"inviteType": INVITE}}}, "badValueTokenType"),
        ({"type": {"inviteToken": {"inviteType": INVITE, "groupId": "none"}}}, "inviteTokenTargetIdInvalid"),
        ({"caveats": [{"type": "service", "whitelist": ["opw-*"]}]}, "badValueCaveat"),
        ({"caveats": [{"type": "time"}]}, "badValueCaveat"),
    ],
)
def test_a_wrong_invite_is_refused(service, group, change, error_id):
    assert problem(service.zone("POST", "/user/tokens/named", {**invite(group), **change}))[:2] == (400, error_id)


def test_only_who_may_add_users_may_invite(stranger, group):
    refused = stranger.zone("POST", "/user/tokens/named", invite(group))
    assert problem(refused)[:2] == (400, "inviteTokenSubjectNotAuthorized")


def test_an_invited_user_joins_and_the_uses_are_counted(service, sandbox, call_as, group):
    token = service.zone("POST", "/user/tokens/named", invite(group, usageLimit=1)).json()["token"]
    first = call_as(sandbox.add_user("first").token)
    second = call_as(sandbox.add_user("second").token)
    assert first.zone("POST", "/user/groups/join", {"token": token}).status_code == 201
    assert first.zone("GET", f"/groups/{group}").status_code == 200
    _, error_id, details = problem(second.zone("POST", "/user/groups/join", {"token": token}))
    assert (error_id, details["tokenError"]["id"]) == ("badValueToken", "inviteTokenUsageLimitReached")


def test_an_invite_dies_with_its_group_its_revocation_and_its_deletion(service, sandbox, call_as, group):
    made = service.zone("POST", "/user/tokens/named", invite(group)).json()
    user = call_as(sandbox.add_user("user").token)

    def reason():
        answer = user.zone("POST", "/user/groups/join", {"token": made["token"]})
        return problem(answer)[2]["tokenError"]["id"]

    path = f"/tokens/named/{made['tokenId']}"
    service.zone("PATCH", path, {"revoked": True})
    assert reason() == "tokenRevoked"
    service.zone("PATCH", path, {"revoked": False})
    service.zone("DELETE", f"/groups/{group}")
    assert reason() == "inviteTokenTargetIdInvalid"
    assert service.zone("DELETE", path).status_code == 204
    assert problem(service.zone("GET", path))[0] == 404
    assert reason() == "tokenInvalid"


def test_a_foreign_token_is_not_shown(service, stranger, group):
    token_id = service.zone("POST", "/user/tokens/named", invite(group)).json()["tokenId"]
    assert problem(stranger.zone("GET", f"/tokens/named/{token_id}"))[0] == 403


@pytest.mark.parametrize("caveats", [[], until(40 * 86400)])
def test_a_temporary_token_needs_an_end_within_the_limit(service, caveats):
    refused = service.zone("POST", "/user/tokens/temporary", {"caveats": caveats})
    assert problem(refused) == (400, "tokenTimeCaveatRequired", {"maxTtl": 2592000})


def test_a_temporary_token_has_no_location_and_works(service, call_as):
    made = service.zone("POST", "/user/tokens/temporary", {"caveats": until(60)})
    assert (made.status_code, "Location" in made.headers) == (201, False)
    assert call_as(made.json()["token"]).zone("GET", "/user").status_code == 200


@pytest.mark.parametrize(
    ("caveat", "zone_provider_panel"),
    [
        ({"type": "time", "validUntil": 1}, [401, 401, 401]),
        ({"type": "interface", "interface": "rest"}, [200, 200, 401]),
        ({"type": "interface", "interface": "oneclient"}, [401, 401, 401]),
        ({"type": "service", "whitelist": ["opw-*"]}, [401, 200, 401]),
        ({"type": "service", "whitelist": ["opp-*", "ozw-onezone"]}, [200, 401, 200]),
        ({"type": "data.readonly"}, [401, 200, 401]),
        ({"type": "ip", "whitelist": ["10.0.0.0/8"]}, [401, 401, 401]),
        ({"type": "ip", "whitelist": ["127.0.0.0/8"]}, [200, 200, 200]),
        ({"type": "consumer", "whitelist": ["usr-*"]}, [200, 200, 200]),
    ],
)
def test_a_caveat_limits_a_token(service, guest, call_as, sandbox, folder, caveat, zone_provider_panel):
    service.publish(folder)
    confined = guest.zone("POST", "/tokens/confine", {"token": sandbox.token, "caveats": [caveat]}).json()["token"]
    user = call_as(confined)
    answers = [
        user.zone("GET", "/user"),
        user.provider("GET", "/spaces"),
        user.panel("GET", "/provider/storages"),
    ]
    assert [answer.status_code for answer in answers] == zone_provider_panel
    for answer in answers:
        if answer.status_code == 401:
            assert problem(answer)[2]["authError"]["id"] == "tokenCaveatUnverified"


def test_a_readonly_token_cannot_write_metadata(service, guest, call_as, sandbox, folder):
    space_id = service.publish(folder)
    confined = guest.zone("POST", "/tokens/confine", {"token": sandbox.token, "caveats": [{"type": "data.readonly"}]})
    user = call_as(confined.json()["token"])
    path = f"/data/{service.root_id(space_id)}/metadata/json"
    assert user.provider("PUT", path, {"a": 1}).status_code == 401
    assert problem(user.provider("GET", path)) == (400, "posix", {"errno": "enodata"})


def test_anybody_can_examine_and_verify_a_token(guest, sandbox, service, group):
    examined = guest.zone("POST", "/tokens/examine", {"token": sandbox.token}).json()
    assert examined["subject"]["id"] == sandbox.service_user.id
    assert examined["persistence"] == "named"
    verified = guest.zone("POST", "/tokens/verify_access_token", {"token": sandbox.token}).json()
    assert verified == {"subject": {"type": "user", "id": sandbox.service_user.id}, "ttl": None}
    an_invite = service.zone("POST", "/user/tokens/named", invite(group)).json()["token"]
    refused = guest.zone("POST", "/tokens/verify_access_token", {"token": an_invite})
    assert problem(refused)[:2] == (401, "notAnAccessToken")

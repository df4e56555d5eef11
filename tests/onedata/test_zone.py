import time

import pytest

from spacecast.onedata import AlreadyThere, OutcomeUnclear, space_id_from_seed
from support.http_server import Reply
from support.onedata_bodies import error

SPACE = space_id_from_seed("marker-1")


@pytest.mark.parametrize(
    "location",
    [
        "https://zone.example.org/api/v3/onezone/user/spaces/abc12",
        "https://zone.example.org/api/v3/onezone/user/spaces/abc12/",
        "/api/v3/onezone/groups/xyz/spaces/abc12?x=/y",
        "https://zone.example.org/spaces/spaces/abc12",
    ],
)
def test_the_id_of_a_new_space_is_the_last_segment_of_its_location(server, zone, location):
    server.answers(Reply(201, headers={"Location": location}))
    assert zone.create_space("dataset") == "abc12"


def test_a_hostile_location_is_not_taken_for_an_id(server, zone):
    server.answers(Reply(201, headers={"Location": "https://zone/api/v3/onezone/spaces/a%2Fb"}))
    with pytest.raises(Exception, match="not a valid id from Onezone"):
        zone.create_space("dataset")


def test_a_space_is_made_for_the_user_or_for_a_group(server, zone):
    server.answers(*[Reply(201, headers={"Location": f"https://z/spaces/{SPACE}"})] * 2)
    zone.create_space("dataset")
    assert zone.create_space("dataset", description="marker", seed="marker-1", group_id="managers") == SPACE
    plain, full = server.received
    assert (plain.method, plain.path) == ("POST", "/api/v3/onezone/user/spaces")
    assert plain.json() == {"name": "dataset"}
    assert plain.headers["X-Auth-Token"].startswith("MDAx")
    assert full.path == "/api/v3/onezone/groups/managers/spaces"
    assert full.json() == {"name": "dataset", "description": "marker", "idGeneratorSeed": "marker-1"}


def test_a_space_says_who_supports_it(server, zone):
    details = {"spaceId": "s", "name": "dataset", "providers": {"p1": 1000, "p2": None}, "creationTime": 7, "new": []}
    server.answers(Reply(200, json=details), Reply(200, json=details | {"description": ""}))
    old, new = zone.space("s"), zone.space("s")
    assert old.providers == {"p1": 1000}
    assert old.created_at == 7
    assert old.description is None
    assert not new.description
    assert new.description is not None


def test_groups_are_made_alone_or_below_a_parent(server, zone):
    server.answers(*[Reply(201, headers={"Location": "https://z/groups/parent/children/g1"})] * 2)
    assert zone.create_group("readers") == "g1"
    assert zone.create_group("readers", parent_id="parent") == "g1"
    assert [received.path.removeprefix("/api/v3/onezone/") for received in server.received] == [
        "user/groups",
        "groups/parent/children",
    ]
    assert server.received[1].json() == {"name": "readers", "type": "team"}


def test_a_group_comes_into_a_space_with_explicit_privileges(server, zone):
    server.answers(Reply(201), Reply(409, json=error("relationAlreadyExists", {})))
    zone.add_group_to_space("s", "g", privileges=("space_view", "space_read_data"))
    assert server.received[0].method == "PUT"
    assert server.received[0].json() == {"privileges": ["space_view", "space_read_data"]}
    with pytest.raises(AlreadyThere):
        zone.add_group_to_space("s", "g", privileges=("space_view",))


def test_privileges_are_mended_with_what_differs_only(server, zone):
    server.answers(Reply(200, json={"privileges": ["space_view", "space_write_data"]}), Reply(204))
    assert zone.space_group_privileges("s", "g") == {"space_view", "space_write_data"}
    zone.change_space_group_privileges("s", "g", revoke=["space_write_data"])
    zone.change_space_group_privileges("s", "g")
    assert [received.body for received in server.received] == [b"", b'{"revoke": ["space_write_data"]}']


def test_known_privileges_are_those_of_all_roles_and_need_no_token(server, zone):
    server.answers(Reply(200, json={"member": ["a"], "manager": ["a", "b"], "admin": ["a", "b", "c"]}))
    assert zone.known_space_privileges() == {"a", "b", "c"}
    assert server.received[0].headers["X-Auth-Token"] is None


NAMED = {
    "id": "t1",
    "name": "dataset invite",
    "type": {"inviteToken": {"inviteType": "userJoinGroup", "groupId": "g", "parameters": {}}},
    "caveats": [
        {"type": "ip", "whitelist": []},
        {"type": "time", "validUntil": 200},
        {"type": "time", "validUntil": 99},
    ],
    "metadata": {"custom": {"spacecast": "m"}, "usageLimit": 50, "usageCount": 3, "privileges": None},
    "revoked": False,
    "token": "MDAxINVITE",
}


def test_the_limits_of_an_invite_stand_beside_its_type(server, zone):
    server.answers(Reply(201, json={"tokenId": "t1", "token": "MDAxINVITE"}))
    made = zone.create_invite_token(
        "dataset invite", group_id="g", usage_limit=50, valid_until=99, custom_metadata={"spacecast": "m"}
    )
    assert (made.token_id, made.token) == ("t1", "MDAxINVITE")
    assert "MDAx" not in repr(made)
    assert server.received[0].json() == {
        "name": "dataset invite",
        "type": {"inviteToken": {"inviteType": "userJoinGroup", "groupId": "g"}},
        "caveats": [{"type": "time", "validUntil": 99}],
        "customMetadata": {"spacecast": "m"},
        "usageLimit": 50,
    }


def test_an_invite_without_limits_sends_none(server, zone):
    server.answers(Reply(201, json={"tokenId": "t1", "token": "MDAxINVITE"}))
    zone.create_invite_token("x y", group_id="g", usage_limit=None, valid_until=None, privileges=["group_view"])
    body = server.received[0].json()
    assert body["caveats"] == []
    assert "usageLimit" not in body
    assert body["privileges"] == ["group_view"]


def test_a_taken_token_name_is_something_to_find(server, zone):
    server.answers(Reply(400, json=error("badValueIdentifierOccupied", {"key": "name"})), Reply(200, json=NAMED))
    with pytest.raises(AlreadyThere):
        zone.create_invite_token("dataset (1) ä", group_id="g", usage_limit=1, valid_until=1)
    token = zone.token_by_name("dataset (1) ä")
    assert server.received[1].path.endswith("/user/tokens/named/name/dataset%20%281%29%20%C3%A4")
    assert (token.token_id, token.invite_type, token.group_id, token.token) == (
        "t1",
        "userJoinGroup",
        "g",
        "MDAxINVITE",
    )
    assert (token.valid_until, token.usage_limit, token.usage_count) == (99, 50, 3)
    assert token.custom_metadata == {"spacecast": "m"}
    assert "MDAx" not in repr(token)


def test_an_unlimited_or_other_token_reads_too(server, zone):
    body = NAMED | {"type": {"accessToken": {}}, "caveats": [], "metadata": {"custom": {}, "usageLimit": "infinity"}}
    server.answers(Reply(200, json=body))
    token = zone.named_token("t1")
    assert (token.group_id, token.valid_until, token.usage_limit) == ("", None, None)


def test_an_invite_whose_text_did_not_arrive_is_unclear(server, zone):
    server.answers(Reply(201, json={"tokenId": "t1"}))
    with pytest.raises(OutcomeUnclear):
        zone.create_invite_token("x y", group_id="g", usage_limit=1, valid_until=1)


def test_a_support_token_is_made_for_an_hour(server, zone):
    server.answers(Reply(201, json={"token": "MDAxSUPPORT"}))
    assert zone.create_support_token("s") == "MDAxSUPPORT"
    body = server.received[0].json()
    assert body["type"] == {"inviteToken": {"inviteType": "supportSpace", "spaceId": "s"}}
    assert body["caveats"][0]["validUntil"] == pytest.approx(time.time() + 3600, abs=60)


def test_the_scope_of_a_token_comes_in_one_call(server, zone):
    server.answers(
        Reply(
            200,
            json={
                "validUntil": None,
                "dataAccessScope": {
                    "readonly": True,
                    "spaces": {"s": {"name": "dataset", "supports": {"p": {"readonly": True}}}},
                    "providers": {"p": {"name": "P1", "domain": "p.org", "version": "21.02.7", "online": True}},
                },
            },
        ),
        Reply(200, json={"validUntil": 5, "dataAccessScope": None}),
    )
    scope = zone.infer_scope("MDAxOTHER")
    assert scope.spaces["s"].supports == {"p": True}
    assert (scope.providers["p"].domain, scope.readonly, scope.gives_data) == ("p.org", True, True)
    assert server.received[0].headers["X-Auth-Token"] is None
    assert not zone.infer_scope("MDAxOTHER").gives_data


@pytest.mark.parametrize("status", [404, 405])
def test_an_older_zone_is_asked_piece_by_piece(server, zone, status):
    server.answers(
        Reply(status, body=b"<html>"),
        Reply(200, json={"spaces": ["s"]}),
        Reply(200, json={"spaceId": "s", "name": "dataset", "providers": {"p": 5}}),
        Reply(200, json={"providers": ["p"]}),
        Reply(200, json={"providerId": "p", "name": "P1", "domain": "p.org", "online": True}),
    )
    scope = zone.infer_scope("MDAxOTHER")
    assert scope.spaces["s"].name == "dataset"
    assert scope.spaces["s"].supports == {"p": False}
    assert scope.providers["p"].domain == "p.org"


def test_a_share_is_read_by_everybody_or_as_a_member(server, zone):
    share = {"shareId": "sh", "name": "n", "publicUrl": "https://z/share/sh", "rootFileId": "00AB", "description": "d"}
    server.answers(Reply(200, json=share | {"spaceId": "s"}), Reply(200, json=share), Reply(204))
    assert zone.share("sh").space_id == "s"
    assert zone.public_share("sh").public_url == "https://z/share/sh"
    assert server.received[1].headers["X-Auth-Token"] is None
    zone.change_share("sh", description="new")
    assert server.received[2].json() == {"description": "new"}


def test_a_release_compares_in_order(server, zone):
    for version in ("20.02.19", "21.02.0-alpha28", "21.02.7", "25.0-rc1"):
        server.answers(Reply(200, json={"version": version, "name": None, "domain": "z"}))
    releases = [zone.configuration().release for _ in range(4)]
    assert releases == sorted(releases)
    assert releases[2] == (21, 2, 7)


def test_health_is_yes_no_or_not_known(server, zone):
    server.answers(Reply(200, json={"status": "healthy"}), Reply(500), Reply(404))
    assert [zone.is_healthy() for _ in range(3)] == [True, False, True]

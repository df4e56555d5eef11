import pytest

from spacecast.faults import NeedsPerson, Passing, Unclear
from spacecast.onedata import (
    AlreadyThere,
    Conflict,
    Forbidden,
    Gone,
    InvalidIdentifier,
    NotVisibleYet,
    OnedataFault,
    OutcomeUnclear,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
    ZoneClient,
)
from support.http_server import Close, Reply, unused_port
from support.onedata_bodies import error, on_nodes

HTML = b"<html><body>It works not. MDAxSERVICEUSERTOKENxxxxxxxxxxxxxxxx</body></html>"


def auth_error(inner_id):
    return error("unauthorized", {"authError": {"id": inner_id, "description": "Inner words."}})


READING = [
    (Reply(400, json=error("badValueName")), Refused),
    (Reply(400, json=error("badData", {"key": "x", "hint": "y"})), Refused),
    (Reply(400, json=error("storageInUse")), Conflict),
    (Reply(400, json=error("badValueIdentifierOccupied", {"key": "name"})), AlreadyThere),
    (Reply(400, json=error("relationDoesNotExist", {})), Gone),
    (Reply(400, json=error("posix", {"errno": "enoent"})), Gone),
    (Reply(400, json=error("posix", {"errno": "ENOENT"})), Gone),
    (Reply(400, json=error("posix", {"errno": "eacces"})), Forbidden),
    (Reply(400, json=error("posix", {"errno": "erofs"})), Refused),
    (Reply(400, json=error("posix", {"errno": "eagain"})), Unavailable),
    (Reply(400, json=error("posix")), Refused),
    (Reply(400), Refused),
    (Reply(400, body=HTML), Refused),
    (Reply(400, json=["no", "object"]), Refused),
    (Reply(400, json={"error": None}), Refused),
    (Reply(400, json={"error": "text"}), Refused),
    (Reply(400, json={"error": {"id": None, "details": ["list"], "description": 7}}), Refused),
    (Reply(401), Unauthorized),
    (Reply(401, json=auth_error("tokenRevoked")), Unauthorized),
    (Reply(401, json=error("unauthorized", {"authError": None})), Unauthorized),
    (Reply(401, json=auth_error("noConnectionToOnezone")), Unavailable),
    (Reply(403, json=error("forbidden")), Forbidden),
    (Reply(403, json=error("forbiddenWithHint", {"hint": "ask Ada"})), Forbidden),
    (Reply(403, body=HTML), Forbidden),
    (Reply(404, json=error("notFound")), Gone),
    (Reply(404, json=on_nodes(error("notFound"))), Gone),
    (Reply(405), Refused),
    (Reply(409, json=error("alreadyExists")), AlreadyThere),
    (Reply(409, json=on_nodes(on_nodes(error("relationAlreadyExists")))), AlreadyThere),
    (Reply(415), Refused),
    (Reply(429, headers={"Retry-After": "9"}), RateLimited),
    (Reply(500, json=error("internalServerError", {"reference": "abc"})), Unavailable),
    (Reply(500, body=HTML), Unavailable),
    (Reply(501, json=error("notImplemented")), Refused),
    (Reply(502, body=HTML), Unavailable),
    (Reply(503), Unavailable),
    (Reply(503, json=error("serviceUnavailable")), Unavailable),
    (Reply(504, body=HTML), Unavailable),
    (Reply(307, headers={"Location": "https://elsewhere.example.org/"}), Refused),
    (Reply(200), Unavailable),
    (Reply(200, body=HTML), Unavailable),
    (Reply(200, body=b'{"spaceId": "cut'), Unavailable),
]


@pytest.mark.parametrize(("reply", "kind"), READING)
def test_a_refused_reading_is_the_fault_that_says_what_to_do(server, zone, reply, kind):
    server.answers(reply)
    with pytest.raises(OnedataFault) as caught:
        zone.space("abc")
    assert type(caught.value) is kind
    assert caught.value.status == reply.status
    assert caught.value.operation == "read the space abc"
    assert caught.value.service.startswith("Onezone 127.0.0.1")
    assert "MDAx" not in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(500), OutcomeUnclear),
        (Reply(502, body=HTML), OutcomeUnclear),
        (Reply(503), OutcomeUnclear),
        (Reply(503, json=error("timeout")), OutcomeUnclear),
        (Reply(201), OutcomeUnclear),
        (Reply(201, headers={"Location": "/"}), OutcomeUnclear),
        (Reply(201, body=b"x" * 50, cut_after=3), OutcomeUnclear),
        (Close(), OutcomeUnclear),
        (Reply(429), RateLimited),
        (Reply(409, json=error("alreadyExists")), AlreadyThere),
        (Reply(401), Unauthorized),
        (Reply(404, json=error("notFound")), Gone),
        (Reply(404), Unavailable),
    ],
)
def test_a_creation_that_may_have_happened_is_unclear(server, zone, reply, kind):
    server.answers(reply)
    with pytest.raises(OnedataFault) as caught:
        zone.create_space("dataset")
    assert type(caught.value) is kind
    assert len(server.received) == 1


def test_a_404_that_is_not_onedatas_does_not_mean_that_the_space_is_gone(server, zone):
    for body in (b"", HTML, b"{}"):
        server.answers(Reply(404, body=body))
        with pytest.raises(Unavailable, match="may not be that of the service"):
            zone.space("abc")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(401, json=auth_error("userNotSupported")), NotVisibleYet),
        (Reply(401, json=auth_error("noConnectionToOnezone")), Unavailable),
        (Reply(401, json=auth_error("tokenInvalid")), Unauthorized),
        (Reply(403, json=error("forbidden")), NotVisibleYet),
        (Reply(400, json=error("spaceNotSupportedBy", {"spaceId": "abc", "providerId": "p"})), NotVisibleYet),
        (Reply(404, json=error("notFound")), Gone),
    ],
)
def test_a_provider_that_has_not_learned_of_the_space_is_waited_for(server, provider, reply, kind):
    server.answers(reply)
    with pytest.raises(OnedataFault) as caught:
        provider.space("abc")
    assert type(caught.value) is kind


def test_a_user_who_is_not_supported_is_a_fault_for_a_person_elsewhere(server, panel):
    server.answers(Reply(401, json=auth_error("userNotSupported")))
    with pytest.raises(Unauthorized):
        panel.user()


def test_a_share_that_onezone_may_have_registered_is_unclear(server, provider):
    server.answers(Reply(400, json=error("posix", {"errno": "eagain"})))
    with pytest.raises(OutcomeUnclear):
        provider.create_share("dataset", "00ABC")


def test_the_family_is_split_by_who_has_to_act():
    assert all(issubclass(kind, Passing) for kind in (Unavailable, RateLimited, NotVisibleYet, OutcomeUnclear))
    assert all(issubclass(kind, NeedsPerson) for kind in (Unauthorized, Forbidden, Refused, Conflict))
    assert not any(issubclass(kind, (Passing, NeedsPerson)) for kind in (Gone, AlreadyThere))
    assert [kind for kind in (Unavailable, NotVisibleYet, OutcomeUnclear) if issubclass(kind, Unclear)] == [
        OutcomeUnclear
    ]


def test_retry_after_is_kept(server, zone):
    server.answers(Reply(503, headers={"Retry-After": "9"}))
    with pytest.raises(Unavailable) as caught:
        zone.user()
    assert caught.value.retry_after_seconds == 9.0


def test_details_are_kept_for_the_caller(server, panel):
    details = {"spaceId": "s", "storageId": "other"}
    server.answers(Reply(409, json=on_nodes(error("spaceAlreadySupportedWithImportedStorage", details))))
    with pytest.raises(AlreadyThere) as caught:
        panel.support_space(token="MDAxT", storage_id="st", size_bytes=10**9)
    assert caught.value.error_id == "spaceAlreadySupportedWithImportedStorage"
    assert caught.value.details["storageId"] == "other"


def test_a_service_that_is_down_is_unavailable_even_for_a_creation():
    with ZoneClient.connect(f"http://127.0.0.1:{unused_port()}", lambda: "MDAxT") as zone:
        with pytest.raises(Unavailable, match=r"Could not create the space 'dataset': .*refuses connections") as caught:
            zone.create_space("dataset")
        assert caught.value.status is None


def test_a_missing_privilege_is_named_with_what_to_do(server, zone):
    server.answers(Reply(403, json=error("forbidden")))
    with pytest.raises(Forbidden) as caught:
        zone.create_group("dataset", parent_id="parent")
    assert str(caught.value) == (
        f"Onezone 127.0.0.1:{server.port} refused to create the group 'dataset' in the group parent: the token lacks "
        "the privilege group_add_child in the parent group (403 forbidden). Give it to the token's user, or use "
        "another token."
    )


def test_a_refused_token_is_explained_with_the_inner_reason(server, zone):
    server.answers(Reply(401, json=auth_error("tokenRevoked")))
    with pytest.raises(
        Unauthorized, match=r"does not accept the token \(401 unauthorized tokenRevoked\)\. Inner words"
    ):
        zone.user()


def test_a_refusal_says_key_and_description(server, zone):
    server.answers(Reply(400, json=error("badValueTextTooLarge", {"key": "description"}, "Too\nlong.\x1b[31m")))
    with pytest.raises(Refused, match=r"Too long\. \[31m \(400 badValueTextTooLarge description\)"):
        zone.create_space("dataset")


def test_a_refused_invite_says_why(server, panel):
    nested = {"id": "tokenRevoked", "description": "The token has been revoked."}
    server.answers(Reply(400, json=on_nodes(error("badValueToken", {"key": "token", "tokenError": nested}))))
    with pytest.raises(Refused, match="The token has been revoked"):
        panel.support_space(token="MDAxT", storage_id="st", size_bytes=10**9)


def test_a_description_that_echoes_a_token_is_not_repeated(server, zone):
    server.answers(
        Reply(400, json=error("badData", {"hint": "MDAxAAAAAAAAAAAAAAAAAAAAAAAA"}, "bad MDAxBBBBBBBBBBBBBBBBBBBBBBBB"))
    )
    with pytest.raises(Refused) as caught:
        zone.user()
    assert "MDAx" not in str(caught.value)
    assert str(caught.value).count("[secret]") == 2


@pytest.mark.parametrize("hostile", ["", "../../user", "a/b", "a?b", "a b", "a%2e", "a\n", "ä", "x" * 2000])
def test_an_id_that_cannot_be_one_is_never_sent(server, zone, panel, provider, hostile):
    for call in (
        lambda: zone.space(hostile),
        lambda: zone.add_group_to_space("abc", hostile, privileges=["space_view"]),
        lambda: panel.support(hostile),
        lambda: provider.share(hostile),
        lambda: provider.json_metadata(hostile),
    ):
        with pytest.raises(InvalidIdentifier):
            call()
    assert server.received == []

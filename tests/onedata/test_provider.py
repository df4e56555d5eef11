import pytest

from spacecast.onedata import Gone, OutcomeUnclear, RemoteFile, Unavailable, root_directory_id
from support.http_server import Close, Reply
from support.onedata_bodies import error


def configuration(version):
    return Reply(200, json={"version": version, "providerId": "p", "domain": "p.org", "onezoneDomain": "z.org"})


@pytest.mark.parametrize(
    ("keys", "root_id"),
    [
        ({"dirId": "00AA", "fileId": "00BB"}, "00AA"),
        ({"fileId": "00BB"}, "00BB"),
        ({"dirId": None}, root_directory_id("abc")),
    ],
)
def test_the_root_of_a_space_is_read_or_computed(server, provider, keys, root_id):
    server.answers(Reply(200, json={"name": "dataset", "spaceId": "abc", "providers": [{"providerId": "p"}], **keys}))
    space = provider.space("abc")
    assert space.root_id == root_id
    assert space.provider_ids == ("p",)


def test_all_spaces_are_listed(server, provider):
    server.answers(Reply(200, json=[{"spaceId": "a", "name": "x"}, {"spaceId": "b", "name": "y"}, None]))
    assert [space.name for space in provider.spaces()] == ["x", "y"]


def test_the_id_of_a_share_is_in_the_body_whatever_location_says(server, provider):
    broken = {"Location": "https://p.example.org:443/api/v3/oneprovidershares/wrong"}
    server.answers(Reply(201, json={"shareId": "sh1"}, headers=broken), Reply(201, headers=broken))
    assert provider.create_share("dataset", "00AA", description="d") == "sh1"
    assert server.received[0].json() == {"name": "dataset", "fileId": "00AA", "description": "d"}
    with pytest.raises(OutcomeUnclear):
        provider.create_share("dataset", "00AA")


@pytest.mark.parametrize(
    "body",
    [
        {"file_id": "00AA", "name": "n", "type": "DIR", "mode": "775", "shares": ["sh1"]},
        {"fileId": "00AA", "name": "n", "type": "DIR", "posixPermissions": "775", "directShareIds": ["sh1"]},
        {"fileId": "00AA", "file_id": "00AA", "name": "n", "type": "dir", "mode": "775", "directShareIds": ["sh1"]},
    ],
)
def test_attributes_read_in_every_spelling(server, provider, body):
    server.answers(Reply(200, json=body), Reply(200, json=body))
    attributes = provider.attributes("00AA")
    assert (attributes.file_id, attributes.mode, attributes.is_directory) == ("00AA", "775", True)
    assert provider.direct_share_ids("00AA") == ("sh1",)


def test_listing_asks_in_the_body_since_21_02_5(server, provider):
    page = Reply(200, json={"children": [{"fileId": "00AA", "name": "n", "type": "REG", "size": 5}], "isLast": True})
    server.answers(configuration("21.02.5"), page, page)
    assert provider.children("root").children[0].size_bytes == 5
    provider.children("root", page_token="next")
    assert server.received[1].json() == {"limit": 1000, "attributes": ["fileId", "name", "type", "size"]}
    assert server.received[2].json()["token"] == "next"
    assert len(server.received) == 3


def test_listing_asks_in_the_query_before(server, provider):
    child = {"file_id": "00AA", "name": "n", "type": "REG", "size": 5}
    server.answers(
        configuration("21.02.4"), Reply(200, json={"children": [child], "isLast": False, "nextPageToken": "x"})
    )
    page = provider.children("root")
    assert page.next_token == "x"
    assert page.children[0].file_id == "00AA"
    assert server.received[1].query["attribute"] == ["file_id", "name", "type", "size"]
    assert server.received[1].body == b""


def test_files_below_are_listed_over_all_pages(server, provider):
    server.answers(
        configuration("21.02.7"),
        Reply(200, json={"files": [{"fileId": "1", "path": "a/b", "type": "REG", "size": 1}], "nextPageToken": "t"}),
        Reply(200, json={"files": [{"fileId": "2", "path": "/c", "type": "SYMLNK"}], "nextPageToken": "u"}),
        Reply(200, json={"files": [{"fileId": "3", "path": "d", "type": "REG", "size": 3}], "nextPageToken": None}),
    )
    assert list(provider.files_below("root")) == [
        RemoteFile("a/b", 1),
        RemoteFile("d", 3),
    ]


def test_a_listing_with_inaccessible_folders_is_not_taken_for_whole(server, provider):
    server.answers(configuration("21.02.7"), Reply(200, json={"files": [], "inaccessiblePaths": ["x"]}))
    with pytest.raises(Unavailable, match="no access"):
        list(provider.files_below("root"))


def test_a_path_is_looked_up_by_name_and_id_of_the_space(server, provider):
    server.answers(Reply(200, json={"fileId": "00AA"}))
    assert provider.file_id_at("data set", "abc", "/sub dir/ä#1.mrc") == "00AA"
    assert server.received[0].path.endswith("/lookup-file-id/data%20set%40abc/sub%20dir/%C3%A4%231.mrc")


def test_content_is_read_whole_or_in_part(server, provider):
    server.answers(Reply(200, body=b"0123456789"), Reply(206, body=b"234"), Reply(206, body=b"89"))
    assert provider.content("00AA") == b"0123456789"
    assert provider.content("00AA", first_byte=2, last_byte=4) == b"234"
    assert provider.content("00AA", first_byte=8) == b"89"
    assert [received.headers["Range"] for received in server.received] == [None, "bytes=2-4", "bytes=8-"]


def test_content_that_is_not_there_or_breaks_off_is_a_fault(server, provider):
    server.answers(
        Reply(400, json=error("posix", {"errno": "enoent"})), Reply(200, body=b"0123456789", cut_after=4), Close()
    )
    with pytest.raises(Gone):
        provider.content("00AA")
    with pytest.raises(Unavailable):
        provider.content("00AA")
    with pytest.raises(Unavailable):
        provider.content("00AA")


def test_json_metadata_is_set_read_and_told_from_unset(server, provider):
    server.answers(
        Reply(204),
        Reply(200, json={"a": [1]}),
        Reply(400, json=error("posix", {"errno": "enodata"})),
        Reply(400, json=error("posix", {"errno": "enoent"})),
    )
    provider.put_json_metadata("00AA", {"a": [1]})
    assert server.received[0].json() == {"a": [1]}
    assert provider.json_metadata("00AA") == {"a": [1]}
    assert provider.json_metadata("00AA") is None
    with pytest.raises(Gone):
        provider.json_metadata("00AA")


@pytest.mark.parametrize(("version", "path"), [("20.02.20", "qos_summary"), ("21.02.1", "qos/summary")])
def test_replication_is_summed_up_where_the_release_has_it(server, provider, version, path):
    server.answers(configuration(version), Reply(200, json={"requirements": {"q": "pending"}, "status": "pending"}))
    assert provider.qos_summary("00AA").requirements == {"q": "pending"}
    assert server.received[1].path.endswith(f"/data/00AA/{path}")


def test_a_requirement_is_made_read_and_deleted(server, provider):
    server.answers(
        Reply(201, json={"qosRequirementId": "q1"}),
        Reply(200, json={"fileId": "00AA", "expression": "(a=b)", "replicasNum": 2, "status": "fulfilled"}),
        Reply(204),
    )
    assert provider.create_qos_requirement("00AA", "a = b", replicas=2) == "q1"
    assert provider.qos_requirement("q1").replicas == 2
    provider.delete_qos_requirement("q1")


def test_matching_storages_are_listed(server, provider):
    server.answers(Reply(200, json={"matchingStorages": [{"id": "st", "name": "n", "providerId": "p"}]}))
    assert provider.storages_matching("abc", "anyStorage")[0].provider_id == "p"


@pytest.mark.parametrize(
    ("status", "failed", "over", "succeeded"),
    [
        ("scheduled", 0, False, False),
        ("active", 0, False, False),
        ("completed", 0, True, True),
        ("completed", 1, True, False),
        ("failed", 0, True, False),
        ("cancelled", 0, True, False),
        ("skipped", 0, True, False),
    ],
)
def test_only_a_completed_transfer_without_failures_succeeded(server, provider, status, failed, over, succeeded):
    server.answers(
        Reply(201, json={"transferId": "t"}), Reply(200, json={"replicationStatus": status, "filesFailed": failed})
    )
    transfer = provider.transfer(provider.create_replication("00AA", "p2"))
    assert (transfer.is_over, transfer.succeeded) == (over, succeeded)


def test_transfers_are_listed_over_all_pages(server, provider):
    server.answers(Reply(200, json={"transfers": ["a"], "nextPageToken": "n"}), Reply(200, json={"transfers": ["b"]}))
    assert provider.transfers("abc", "waiting") == ("a", "b")
    assert server.received[1].query == {"state": ["waiting"], "limit": ["1000"], "page_token": ["n"]}

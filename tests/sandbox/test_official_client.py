"""The official client for files in Onedata works against the sandbox as it is, over HTTPS."""

import pytest
from onedatafilerestclient import OnedataFileRESTClient, OnedataRESTError


@pytest.fixture
def client(sandbox):
    made = OnedataFileRESTClient(
        sandbox.zone_url.removeprefix("https://"), sandbox.token, verify_ssl=str(sandbox.ca_file)
    )
    yield made
    made._op_client.session.close()
    made._oz_client._http_client.session.close()


def test_it_lists_spaces_and_directories(client, service, folder):
    space_id = service.publish(folder)
    assert client.list_spaces() == ["dataset one"]
    assert client.get_space_id("dataset one") == space_id
    page = client.list_children("dataset one", attributes=["name", "type", "size"])
    assert page["children"] == [
        {"name": "SPA.yml", "type": "REG", "size": 12},
        {"name": "notes.txt", "type": "REG", "size": 10},
        {"name": "raw", "type": "DIR", "size": 2048},
    ]


def test_it_pages_through_a_directory(client, service, folder):
    service.publish(folder)
    names, token = [], None
    while True:
        page = client.list_children("dataset one", limit=2, continuation_token=token)
        names += [child["name"] for child in page["children"]]
        token = page["nextPageToken"]
        if page["isLast"]:
            break
    assert names == ["SPA.yml", "notes.txt", "raw"]


def test_it_reads_attributes_by_path_and_all_of_them_by_default(client, service, folder):
    service.publish(folder)
    some = client.get_attributes("dataset one", attributes=["size", "type"], file_path="raw/image.mrc")
    assert some == {"size": 2048, "type": "REG"}
    every = client.get_attributes("dataset one", file_path="notes.txt")
    assert every["posixPermissions"] == "644"
    assert every["fileId"] == client.get_file_id("dataset one", file_path="notes.txt")


def test_it_reads_content_whole_in_parts_and_streamed(client, service, folder):
    service.publish(folder)
    expected = bytes(range(256)) * 8
    assert client.get_file_content("dataset one", file_path="raw/image.mrc") == expected
    part = client.get_file_content("dataset one", offset=250, size=10, file_path="raw/image.mrc")
    assert part == expected[250:260]
    assert b"".join(client.iter_file_content("dataset one", file_path="raw/image.mrc")) == expected


def test_it_names_a_missing_file(client, service, folder):
    service.publish(folder)
    with pytest.raises(OnedataRESTError) as failed:
        client.get_file_content("dataset one", file_path="none")
    assert (failed.value.http_code, failed.value.category) == (400, "posix")


def test_it_addresses_spaces_of_the_same_name_by_id(client, service, folder, tmp_path):
    first = service.publish(folder, "twin")
    (tmp_path / "other").mkdir()
    second = service.publish(tmp_path / "other", "twin")
    assert sorted(client.list_spaces()) == sorted([f"twin@{first}", f"twin@{second}"])
    assert client.get_attributes(f"twin@{first}", attributes=["name"], file_path="notes.txt") == {"name": "notes.txt"}

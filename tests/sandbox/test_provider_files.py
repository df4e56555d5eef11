import pytest

from support.onedata_sandbox import problem


def test_directories_are_listed_in_pages(service, tmp_path):
    many = tmp_path / "many"
    many.mkdir()
    for number in range(25):
        (many / f"f{number:02}").touch()
    space_id = service.publish(many)
    found, token, pages = [], "", 0
    while token is not None:
        query = f"limit=10{'&token=' + token if token else ''}"
        page = service.provider("GET", f"/data/{space_id}/children?{query}").json()
        found += [child["name"] for child in page["children"]]
        token, pages = page["nextPageToken"], pages + 1
        assert page["isLast"] is (token is None)
    assert (found, pages) == ([f"f{number:02}" for number in range(25)], 3)
    assert problem(service.provider("GET", f"/data/{space_id}/children?limit=10001"))[1] == "badValueNotInRange"


def test_everything_below_a_directory_is_listed_in_pages(service, folder):
    space_id = service.publish(folder)
    paths, token = [], None
    while True:
        options = {"limit": 1, **({"token": token} if token else {}), "attributes": ["size"]}
        page = service.provider("GET", f"/data/{space_id}/files", options).json()
        paths += [(entry["path"], entry["size"]) for entry in page["files"]]
        token = page["nextPageToken"]
        if token is None:
            break
    assert paths == [("SPA.yml", 12), ("notes.txt", 10), ("raw/image.mrc", 2048)]
    with_directories = service.provider("GET", f"/data/{space_id}/files?include_directories=true&prefix=raw")
    assert [entry["path"] for entry in with_directories.json()["files"]] == ["raw", "raw/image.mrc"]


@pytest.mark.parametrize("space_name", ["dataset%20one", "dataset%20one@{id}"])
def test_a_path_leads_to_an_id(service, folder, space_name):
    space_id = service.publish(folder)
    path = space_name.format(id=space_id)
    found = service.provider("POST", f"/lookup-file-id/{path}/raw/image.mrc").json()["fileId"]
    assert service.provider("GET", f"/data/{found}").json()["name"] == "image.mrc"
    assert service.provider("POST", f"/lookup-file-id/{path}").json()["fileId"] == service.root_id(space_id)
    missing = service.provider("POST", f"/lookup-file-id/{path}/none")
    assert problem(missing) == (400, "posix", {"errno": "enoent"})


@pytest.mark.parametrize(
    ("asked", "status", "content", "told"),
    [
        (None, 200, b"0123456789", None),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=5-100", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
    ],
)
def test_content_comes_whole_or_in_a_range(service, folder, asked, status, content, told):
    notes = service.file_ids(service.publish(folder))["notes.txt"]
    answer = service.provider("GET", f"/data/{notes}/content", headers={"Range": asked} if asked else {})
    assert (answer.status_code, answer.content, answer.headers.get("Content-Range")) == (status, content, told)


def test_content_by_path_below_a_directory(service, folder):
    space_id = service.publish(folder)
    assert service.provider("GET", f"/data/{space_id}/path/raw/image.mrc").content == bytes(range(256)) * 8


def test_a_file_that_grew_is_read_to_the_size_of_the_last_scan(service, folder):
    notes = service.file_ids(service.publish(folder))["notes.txt"]
    (folder / "notes.txt").write_bytes(b"0123456789abc")
    assert service.provider("GET", f"/data/{notes}/content").content == b"0123456789"


def test_nothing_can_be_written_on_a_readonly_storage(service, folder):
    space_id = service.publish(folder)
    notes = service.file_ids(space_id)["notes.txt"]
    answers = [
        service.provider("DELETE", f"/data/{notes}"),
        service.provider("PUT", f"/data/{notes}/content", data=b"x"),
        service.provider("PUT", f"/data/{space_id}/path/new?type=REG", data=b""),
    ]
    assert [problem(answer) for answer in answers] == [(400, "posix", {"errno": "erofs"})] * 3
    assert (folder / "notes.txt").read_bytes() == b"0123456789"


def test_the_mode_is_changed_in_the_database_only(service, folder):
    notes = service.file_ids(service.publish(folder))["notes.txt"]
    assert service.provider("PUT", f"/data/{notes}", {"mode": "0600"}).status_code == 204
    assert service.provider("GET", f"/data/{notes}").json()["mode"] == "600"
    assert (folder / "notes.txt").stat().st_mode & 0o777 == 0o644
    assert problem(service.provider("PUT", f"/data/{notes}", {"mode": "9"}))[0] == 400


def test_json_metadata_are_set_shown_and_removed(service, folder):
    path = f"/data/{service.root_id(service.publish(folder))}/metadata/json"
    assert problem(service.provider("GET", path)) == (400, "posix", {"errno": "enodata"})
    for document in ({"title": "x"}, [1, 2], "text"):
        assert service.provider("PUT", path, document).status_code == 204
        assert service.provider("GET", path).json() == document
    assert service.provider("DELETE", path).status_code == 204
    assert service.provider("GET", path).status_code == 400


def test_extended_attributes_merge(service, folder):
    path = f"/data/{service.root_id(service.publish(folder))}/metadata/xattrs"
    service.provider("PUT", path, {"a": "1", "b": "2"})
    service.provider("PUT", path, {"b": "3"})
    assert service.provider("GET", path).json() == {"a": "1", "b": "3"}
    assert service.provider("DELETE", path, {"keys": ["a"]}).status_code == 204
    assert service.provider("GET", path).json() == {"b": "3"}
    assert problem(service.provider("PUT", path, {"onedata_x": "1"}))[2] == {"errno": "eperm"}

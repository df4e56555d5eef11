import re

import pytest
import requests

from spacecast.sandbox.onedata.identifiers import decode_file_id, file_id, root_uuid
from support.onedata_sandbox import problem

TOKEN_FILE = "SPA.yml"


@pytest.fixture
def shared(service, folder):
    """A published folder with a private and a half-open part, and its share."""
    (folder / "secret.txt").write_text("token inside")
    (folder / "secret.txt").chmod(0o640)
    (folder / "closed").mkdir(mode=0o750)
    (folder / "closed" / "open.txt").write_text("open file in a closed directory")
    (folder / "closed" / "open.txt").chmod(0o644)
    (folder / "closed").chmod(0o750)
    space_id = service.publish(folder)
    return service.share(space_id, "my share", "# Data\n\n* see [docs](https://example.org) `<b>`")


def shared_files(caller, directory_id):
    listed = caller.provider("GET", f"/data/{directory_id}/children").json()["children"]
    return {child["name"]: child["fileId"] for child in listed}


def test_a_share_is_known_to_zone_and_provider(service, sandbox, shared):
    assert shared["publicUrl"] == f"{sandbox.zone_url}/share/{shared['shareId']}"
    assert shared["fileType"] == "dir"
    at_provider = service.provider("GET", f"/shares/{shared['shareId']}").json()
    assert (at_provider["rootFileType"], at_provider["rootFileId"]) == ("DIR", shared["rootFileId"])
    root = service.provider("GET", f"/data/{shared['spaceId']}", {"attributes": ["directShareIds"]}).json()
    assert root == {"directShareIds": [shared["shareId"]]}
    listed = service.zone("GET", f"/spaces/{shared['spaceId']}/shares").json()
    assert listed == {"shares": [shared["shareId"]]}


def test_the_location_of_a_new_share_is_broken_and_the_body_has_the_id(service, sandbox, folder):
    space_id = service.publish(folder)
    made = service.provider("POST", "/shares", {"name": "one", "rootFileId": service.root_id(space_id)})
    assert made.headers["Location"].endswith(f"/api/v3/oneprovidershares/{made.json()['shareId']}")


def test_the_same_directory_can_be_shared_twice(service, shared):
    assert service.share(shared["spaceId"], "my share")["shareId"] != shared["shareId"]


@pytest.mark.parametrize("body", [{"name": "bad/name"}, {"description": "x" * 100_001}])
def test_what_the_zone_refuses_comes_out_as_eagain(service, shared, body):
    request = {"name": "one", "fileId": service.root_id(shared["spaceId"]), **body}
    assert problem(service.provider("POST", "/shares", request)) == (400, "posix", {"errno": "eagain"})


def test_a_share_of_nothing_is_refused(service, shared):
    assert problem(service.provider("POST", "/shares", {"name": "one"}))[1] == "missingAtLeastOneValue"
    by_space = {"name": "one", "fileId": shared["spaceId"]}
    assert problem(service.provider("POST", "/shares", by_space))[1] == "badValueIdentifier"


def test_everybody_reads_the_public_details(guest, shared):
    public = guest.zone("GET", f"/shares/{shared['shareId']}/public").json()
    assert public["name"] == "my share"
    assert "spaceId" not in public
    assert "creator" not in public
    assert guest.zone("GET", f"/shares/{shared['shareId']}").status_code == 401


def test_a_guest_reads_what_others_may_read(guest, shared):
    files = shared_files(guest, shared["rootFileId"])
    assert guest.provider("GET", f"/data/{files['notes.txt']}/content").content == b"0123456789"
    ranged = guest.provider("GET", f"/data/{files['notes.txt']}/content", headers={"Range": "bytes=0-3"})
    assert (ranged.status_code, ranged.content) == (206, b"0123")


def test_a_guest_cannot_read_a_file_that_others_may_not_read(guest, stranger, service, shared):
    files = shared_files(guest, shared["rootFileId"])
    for caller in (guest, service):
        refused = caller.provider("GET", f"/data/{files['secret.txt']}/content")
        assert problem(refused) == (400, "posix", {"errno": "eacces"})


def test_a_guest_neither_lists_nor_passes_a_directory_closed_to_others(guest, service, shared):
    files = shared_files(guest, shared["rootFileId"])
    listing = guest.provider("GET", f"/data/{files['closed']}/children")
    assert problem(listing) == (400, "posix", {"errno": "eacces"})
    inner = shared_files(service, service.file_ids(shared["spaceId"])["closed"])["open.txt"]
    through_share = file_id(decode_file_id(inner).file_uuid, shared["spaceId"], shared["shareId"])
    for path in ("", "/content"):
        assert problem(guest.provider("GET", f"/data/{through_share}{path}"))[2] == {"errno": "eacces"}
    found = guest.provider("GET", f"/data/{shared['rootFileId']}/files").json()
    assert found["inaccessiblePaths"] == ["closed"]
    assert "closed/open.txt" not in [entry["path"] for entry in found["files"]]


def test_what_guests_may_read_is_what_the_last_scan_saw(guest, service, folder, shared):
    spa = shared_files(guest, shared["rootFileId"])[TOKEN_FILE]
    (folder / TOKEN_FILE).chmod(0o640)
    assert guest.provider("GET", f"/data/{spa}/content").status_code == 200
    service.rescan(shared["spaceId"])
    assert guest.provider("GET", f"/data/{spa}/content").status_code == 400


def test_a_guest_sees_nothing_outside_the_share(guest, service, folder):
    space_id = service.publish(folder)
    raw = service.file_ids(space_id)["raw"]
    made = service.provider("POST", "/shares", {"name": "raw only", "fileId": raw}).json()["shareId"]
    share = service.zone("GET", f"/shares/{made}").json()
    assert list(shared_files(guest, share["rootFileId"])) == ["image.mrc"]
    outside = file_id(root_uuid(space_id), space_id, made)
    assert problem(guest.provider("GET", f"/data/{outside}/children"))[2] == {"errno": "enoent"}
    assert guest.provider("GET", f"/data/{raw}/children").status_code == 401


def test_guests_see_only_the_bits_that_concern_them(guest, shared):
    shown = guest.provider("GET", f"/data/{shared['rootFileId']}").json()
    assert (shown["posixPermissions"], shown["parentFileId"]) == ("005", None)


def test_a_deleted_share_leads_nowhere(guest, service, shared):
    assert service.provider("DELETE", f"/shares/{shared['shareId']}").status_code == 204
    assert problem(guest.zone("GET", f"/shares/{shared['shareId']}/public"))[0] == 404
    assert problem(guest.provider("GET", f"/data/{shared['rootFileId']}/children"))[2] == {"errno": "enoent"}


def test_a_share_goes_with_its_space(service, shared):
    service.zone("DELETE", f"/spaces/{shared['spaceId']}")
    assert service.zone("GET", f"/shares/{shared['shareId']}").status_code == 404


def test_the_zone_redirects_to_a_provider_that_is_online(guest, sandbox, shared):
    path = f"/shares/data/{shared['rootFileId']}/children?limit=5"
    answer = guest.zone("GET", path)
    expected = f"{sandbox.providers[0].url}/api/v3/oneprovider/data/{shared['rootFileId']}/children?limit=5"
    assert (answer.status_code, answer.headers["Location"]) == (307, expected)
    sandbox.providers[0].cut_off()
    assert guest.zone("GET", path).status_code == 503


def test_the_public_page_lists_and_serves_the_files_over_plain_http(sandbox, shared):
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(f"{sandbox.zone_http_url}/share/{shared['shareId']}")
        assert page.headers["Content-Type"].startswith("text/html")
        assert "<h2>Data</h2>" in page.text
        assert '<a href="https://example.org">docs</a> <code>&lt;b&gt;</code>' in page.text
        link = re.search(r'href="([^"]+)">notes.txt', page.text)
        assert browser.get(sandbox.zone_http_url + link.group(1)).content == b"0123456789"
        assert 'href="' not in re.search(r"<tr[^>]*><td[^>]*>secret.txt.*?</tr>", page.text).group()
        raw = re.search(r'href="([^"]+)">raw/', page.text)
        assert "image.mrc" in browser.get(sandbox.zone_http_url + raw.group(1)).text
        closed = re.search(r'href="([^"]+)">closed/', page.text)
        inside = browser.get(sandbox.zone_http_url + closed.group(1)).text
        assert "may not be listed" in inside
        assert "open.txt" not in inside


def test_hostile_names_and_descriptions_do_not_become_markup(service, sandbox, tmp_path):
    nasty = tmp_path / "nasty"
    nasty.mkdir()
    (nasty / "<script>alert(1)<").touch()
    (nasty / 'a" onmouseover="x').touch()
    space_id = service.publish(nasty)
    share = service.share(space_id, "share", '<img src=x> [a](javascript:alert) [b](https://x.org/"onclick="y)')
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(f"{sandbox.zone_http_url}/share/{share['shareId']}").text
    assert "<script" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert 'onclick="y' not in re.sub(r">[^<]*<", "><", page)
    assert "onmouseover" not in re.sub(r">[^<]*<", "><", page)


def test_an_unknown_share_is_a_page_that_says_so(sandbox):
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(f"{sandbox.zone_http_url}/share/none")
    assert (page.status_code, "no share behind this link" in page.text) == (404, True)

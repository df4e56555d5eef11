"""Names and addresses from a server are not trusted: nothing outside the target folder is written."""

import pytest
import requests

from spacecast import data
from spacecast.data.choosing import safe_parts
from spacecast.data.fetching import Fetcher

NAME = "20211227125_Demo"


@pytest.fixture
def register(facility):
    """Register a `bytes` entry with any address, as a hostile server would tell of it."""

    def make(uri, key="evil", metadata=None):
        facility.mark("pending")
        source = {
            "structure_family": "bytes",
            "structure": None,
            "mimetype": "application/octet-stream",
            "parameters": {},
            "management": "external",
            "assets": [{"data_uri": uri, "is_directory": False, "parameter": "data_uris", "num": 0, "size": 6}],
        }
        body = {"id": key, "structure_family": "bytes", "metadata": {}, "specs": [], "data_sources": [source]}
        headers = {"Authorization": f"Apikey {facility.tiled.api_key}"}
        api = f"{facility.tiled.url}/api/v1"
        path = f"{facility.container}/{NAME}"
        assert requests.post(f"{api}/register/{path}", json=body, headers=headers, timeout=30).ok
        block = {"spacecast": {"status": "available", "folder": str(facility.root / NAME)}}
        changed = requests.put(f"{api}/metadata/{path}", json={"metadata": block}, headers=headers, timeout=30)
        assert changed.ok, changed.text

    return make


@pytest.mark.parametrize("name", ["../evil.txt", "a/../../evil.txt", "a//evil.txt", "./evil.txt"])
def test_an_address_that_leads_out_of_the_folder_is_refused(facility, register, tmp_path, name):
    facility.acquire()
    (facility.root / "evil.txt").write_text("outside"[:6])
    register(f"file://localhost{facility.root / NAME}/{name}")
    with pytest.raises(data.DownloadFailed, match="nothing was downloaded"):
        data.download(NAME, tmp_path / "place" / "stuff", catalog=None)
    assert not list(tmp_path.rglob("evil.txt"))


def test_an_address_in_another_folder_is_refused(facility, register, tmp_path):
    facility.acquire()
    register("file://localhost/etc/passwd")
    with pytest.raises(data.DownloadFailed, match="not in the dataset's folder"):
        data.download(NAME, tmp_path / "stuff", catalog=None)
    assert not list(tmp_path.rglob("passwd"))


@pytest.mark.parametrize("name", ["C:evil", "a/C:/evil", "..\\evil", "a\0b", "", "a/.."])
def test_names_that_lead_elsewhere_on_any_system_are_refused(name):
    with pytest.raises(data.DownloadFailed, match="no name that is safe"):
        safe_parts(name)


def test_links_in_the_target_are_not_followed_out_of_it(facility, tmp_path):
    facility.acquire()
    facility.publish()
    (tmp_path / "outside").mkdir()
    (tmp_path / "stuff" / "data").mkdir(parents=True)
    (tmp_path / "stuff" / "data" / NAME).symlink_to(tmp_path / "outside")
    with pytest.raises(data.DownloadFailed, match="nothing is written there"):
        data.download(NAME, tmp_path / "stuff", catalog=None)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_link_in_a_files_place_is_replaced_and_not_written_through(facility, tmp_path):
    folder = facility.acquire()
    facility.publish()
    (tmp_path / "precious").write_text("mine")
    place = tmp_path / "stuff" / "data" / NAME
    place.mkdir(parents=True)
    (place / "holder.h5").symlink_to(tmp_path / "precious")
    data.download(f"{NAME}/holder.h5", tmp_path / "stuff", catalog=None)
    assert (tmp_path / "precious").read_text() == "mine"
    assert (place / "holder.h5").read_bytes() == (folder / "holder.h5").read_bytes()


def test_links_in_the_place_of_what_is_on_its_way_are_not_written_through(facility, tmp_path, monkeypatch):
    folder = facility.acquire()
    facility.publish()
    (tmp_path / "precious").write_text("mine")
    stuff = tmp_path / "stuff"
    part_of = Fetcher._part_of

    def with_links(self, file, way):
        part = part_of(self, file, way)
        (stuff / ".partial").mkdir(parents=True, exist_ok=True)
        for place in (part._path, part._tag_file, stuff / "README.txt", stuff / "tiled.yaml"):
            place.unlink(missing_ok=True)
            place.symlink_to(tmp_path / "precious")
        return part

    monkeypatch.setattr(Fetcher, "_part_of", with_links)
    data.download(f"{NAME}/holder.h5", stuff)
    assert (tmp_path / "precious").read_text() == "mine"
    assert (stuff / "data" / NAME / "holder.h5").read_bytes() == (folder / "holder.h5").read_bytes()
    assert "downloaded by Spacecast" in (stuff / "README.txt").read_text()


def test_a_reference_from_somebody_else_takes_no_key_along(facility, monkeypatch):
    monkeypatch.setenv("SPACECAST_API_KEY", "secret")
    there = "https://tiled.example.org/api/v1/metadata/datasets"
    facility.mark("pending")
    assert data.status(f"{facility.address}/{NAME}", server=there, api_key="secret").state == "pending"

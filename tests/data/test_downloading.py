"""Datasets are taken home as files and as a catalog, in one piece or by and by; nothing is written elsewhere."""

import shutil
import sqlite3
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tiled.client import from_uri

from spacecast import data
from spacecast.data import fetching

NAME = "20211227125_Demo"


@pytest.fixture
def published(facility):
    folder = facility.acquire()
    (folder / "notes").mkdir()
    (folder / "notes" / "holder.txt").write_text("it drifts")
    np.save(folder / "mask.npy", np.arange(12).reshape(3, 4))
    facility.publish(Sample={"Name": "ribosome"})
    return folder


@pytest.fixture
def opened():
    clients = []

    def open_catalog(*arguments, **options):
        clients.append(data.from_catalog(*arguments, **options))
        return clients[-1]

    yield open_catalog
    for client in clients:
        client.context.close()


def files_below(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def check_content(local, folder):
    movie = np.frombuffer((folder / "stack.mrc").read_bytes()[1024:], "<f4").reshape(12, 256, 256)
    dataset = local[NAME]
    assert np.array_equal(dataset["stack.mrc"][3], movie[3])
    assert dataset["grid_series.tif"][1].shape == (256, 256)
    assert dataset["mask.npy"].read().tolist() == np.arange(12).reshape(3, 4).tolist()
    assert dataset["holder.h5"]["holder", "time"][:3].tolist() == [0.0, 0.2, 0.4]
    assert list(dataset["spectrum.csv"].read().columns) == ["energy_loss_eV", "counts"]
    assert dataset.metadata["Sample"]["Name"] == "ribosome"


def test_a_search_result_is_taken_home_and_read_without_a_server_also_after_being_moved(
    facility, published, tmp_path, opened
):
    facility.acquire("other")
    facility.publish("other", Sample={"Name": "virus"})
    brought = data.download(data.search("ribosome"), tmp_path / "stuff")
    assert brought.datasets == (NAME,)
    assert files_below(tmp_path / "stuff" / "data" / NAME) == files_below(published)
    assert not (tmp_path / "stuff" / ".partial").exists()
    check_content(opened(tmp_path / "stuff" / "catalog.db", readable_storage=[tmp_path / "stuff" / "data"]), published)
    shutil.move(tmp_path / "stuff", tmp_path / "moved")
    check_content(opened(tmp_path / "moved" / "catalog.db"), published)


def test_a_second_download_joins_the_first_and_fetches_nothing_twice(facility, published, tmp_path, opened):
    facility.acquire("other", seed=7)
    facility.publish("other")
    data.download(NAME, tmp_path / "stuff")
    before = (tmp_path / "stuff" / "data" / NAME / "stack.mrc").stat()
    data.download([data.ref(NAME), data.ref("other", "grid_0002.tif")], tmp_path / "stuff")
    assert (tmp_path / "stuff" / "data" / NAME / "stack.mrc").stat().st_mtime_ns == before.st_mtime_ns
    local = opened(tmp_path / "stuff" / "catalog.db")
    assert sorted(local) == [NAME, "other"]
    assert list(local["other"]) == ["grid_series.tif"]
    assert local["other", "grid_series.tif"][1].shape == (256, 256)
    check_content(local, published)


def test_a_plain_tiled_client_can_be_given(facility, published, tmp_path):
    client = from_uri(facility.address)
    try:
        data.download(client[NAME], tmp_path / "one", catalog=None)
        data.download(client[NAME, "stack.mrc"], tmp_path / "two", catalog=None)
        assert data.status(NAME, server=client).state == "readable"
    finally:
        client.context.close()
    assert files_below(tmp_path / "one" / "data" / NAME) == files_below(published)
    assert [path.name for path in (tmp_path / "two").rglob("*") if path.is_file()] == ["stack.mrc"]
    assert not (tmp_path / "one" / "catalog.db").exists()


def test_what_was_cut_off_is_resumed_and_what_changed_meanwhile_is_not(facility, published, tmp_path, monkeypatch):
    seen = []
    receive = fetching.Fetcher._receive
    cut = [True]

    def receive_and_cut(self, file, way, part):
        seen.append((file.path.name, part.size))
        return receive(self, file, way, part)

    def pieces(self, response):
        for piece in response.iter_raw(100_000):
            if cut:
                cut.pop()
                yield piece
                raise data.ServerAway("the line was cut")
            yield piece

    monkeypatch.setattr(fetching.Fetcher, "_receive", receive_and_cut)
    monkeypatch.setattr(fetching.Fetcher, "_pieces", pieces)
    monkeypatch.setattr(fetching, "_FIRST_PAUSE_SECONDS", 0.01)
    data.download(f"{NAME}/stack.mrc", tmp_path / "stuff", catalog=None)
    assert seen == [("stack.mrc", 0), ("stack.mrc", 100_000)]
    copied = tmp_path / "stuff" / "data" / NAME / "stack.mrc"
    assert copied.read_bytes() == (published / "stack.mrc").read_bytes()
    copied.unlink()
    cut.append(True)
    content = bytes(reversed((published / "stack.mrc").read_bytes()))

    def change_and_cut(self, file, way, part):
        if part.size:
            (published / "stack.mrc").write_bytes(content)
        return receive_and_cut(self, file, way, part)

    monkeypatch.setattr(fetching.Fetcher, "_receive", change_and_cut)
    data.download(f"{NAME}/stack.mrc", tmp_path / "stuff", catalog=None)
    assert copied.read_bytes() == content, "one version, from its beginning to its end"


def test_the_first_failure_ends_it_and_names_the_file(facility, published, tmp_path):
    content = (published / "stack.mrc").read_bytes()
    (published / "stack.mrc").unlink()
    with pytest.raises(data.DownloadFailed, match=f"{NAME}/stack.mrc.*goes on from there"):
        data.download(NAME, tmp_path / "stuff", catalog=None)
    assert not (tmp_path / "stuff" / "data" / NAME / "stack.mrc").exists()
    (published / "stack.mrc").write_bytes(content[:-1])
    with pytest.raises(data.DownloadFailed, match="the catalog says"):
        data.download(NAME, tmp_path / "stuff", catalog=None)
    (published / "stack.mrc").write_bytes(content)
    data.download(NAME, tmp_path / "stuff", catalog=None)
    assert files_below(tmp_path / "stuff" / "data" / NAME) == files_below(published)


def test_a_zip_has_the_same_folder_and_opens_after_being_unpacked(facility, published, tmp_path, opened):
    data.download(NAME, tmp_path / "stuff.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["stuff.zip"]
    with zipfile.ZipFile(tmp_path / "stuff.zip") as packed:
        assert packed.testzip() is None
        packed.extractall(tmp_path / "unpacked")
    assert files_below(tmp_path / "unpacked" / "stuff" / "data" / NAME) == files_below(published)
    check_content(opened(tmp_path / "unpacked" / "stuff" / "catalog.db"), published)


def test_a_read_only_medium_and_an_older_catalog_are_opened_in_a_copy(facility, published, tmp_path, opened):
    data.download(NAME, tmp_path / "stuff")
    shutil.move(tmp_path / "stuff", tmp_path / "moved")
    catalog = tmp_path / "moved" / "catalog.db"
    downgrade = ["catalog", "downgrade-database", f"sqlite:///{catalog}", "9bc9b57294b9"]
    subprocess.run([sys.executable, "-m", "tiled", *downgrade], check=True, capture_output=True)
    with sqlite3.connect(catalog) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    before = catalog.read_bytes()
    check_content(opened(catalog), published)
    assert catalog.read_bytes() == before


def test_a_medium_that_cannot_be_written_is_read_after_being_moved(facility, published, tmp_path, opened, monkeypatch):
    data.download(NAME, tmp_path / "stuff")
    shutil.move(tmp_path / "stuff", tmp_path / "moved")
    real = sqlite3.connect

    def read_only(database, **options):
        if Path(str(database)) == tmp_path / "moved" / "catalog.db":
            return real(f"file:{database}?mode=ro", uri=True)
        return real(database, **options)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    before = (tmp_path / "moved" / "catalog.db").read_bytes()
    check_content(opened(tmp_path / "moved" / "catalog.db"), published)
    assert (tmp_path / "moved" / "catalog.db").read_bytes() == before


def test_the_data_is_found_below_any_of_the_folders_that_may_be_read(facility, published, tmp_path, opened):
    data.download(NAME, tmp_path / "stuff")
    (tmp_path / "elsewhere").mkdir()
    for storage in (tmp_path / "stuff", [tmp_path / "elsewhere", tmp_path / "stuff" / "data"], str(tmp_path)):
        local = opened(tmp_path / "stuff" / "catalog.db", readable_storage=storage)
        assert local[NAME, "mask.npy"].read().shape == (3, 4), storage
    shutil.move(tmp_path / "stuff" / "data", tmp_path / "elsewhere" / "data")
    local = opened(tmp_path / "stuff" / "catalog.db", readable_storage=[tmp_path / "elsewhere" / "data"])
    assert local[NAME, "mask.npy"].read().shape == (3, 4)


def test_several_download_into_one_folder_at_the_same_time(facility, published, tmp_path, opened):
    names = ["stack.mrc", "holder.h5", "spectrum.csv", "stack.mrc"]
    with ThreadPoolExecutor(4) as pool:
        for brought in [pool.submit(data.download, f"{NAME}/{name}", tmp_path / "stuff") for name in names]:
            assert brought.result().files == 1
    assert sorted(opened(tmp_path / "stuff" / "catalog.db")[NAME]) == ["holder.h5", "spectrum.csv", "stack.mrc"]
    assert not (tmp_path / "stuff" / ".partial").exists()


def test_what_was_cut_off_stays_while_something_else_is_downloaded(facility, published, tmp_path, monkeypatch):
    pieces, seen = fetching.Fetcher._pieces, []

    def cut(self, response):
        for piece in response.iter_raw(100_000):
            yield piece
            raise KeyboardInterrupt

    monkeypatch.setattr(fetching.Fetcher, "_pieces", cut)
    with pytest.raises(KeyboardInterrupt):
        data.download(f"{NAME}/stack.mrc", tmp_path / "stuff", catalog=None)
    monkeypatch.setattr(fetching.Fetcher, "_pieces", pieces)
    data.download(f"{NAME}/spectrum.csv", tmp_path / "stuff", catalog=None)
    receive = fetching.Fetcher._receive
    monkeypatch.setattr(fetching.Fetcher, "_receive", lambda *given: seen.append(given[-1].size) or receive(*given))
    data.download(f"{NAME}/stack.mrc", tmp_path / "stuff", catalog=None)
    assert seen == [100_000]
    copied = tmp_path / "stuff" / "data" / NAME / "stack.mrc"
    assert copied.read_bytes() == (published / "stack.mrc").read_bytes()


def test_a_dataset_that_is_not_all_there_is_named_in_what_a_search_brings(facility, published, tmp_path):
    (facility.root / "gone").mkdir()
    facility.publish("gone")
    for name, status in (("coming", "pending"), ("stopped", "blocked"), ("gone", "removed")):
        facility.mark(status, "no right to read it", name=name)
    brought = data.download(from_uri(facility.address), tmp_path / "stuff", catalog=None)
    assert dict(brought.left_out) == {
        "coming": "files that are not registered yet: download it again later",
        "stopped": "what is not there yet does not come by itself: no right to read it",
        "gone": "the facility has taken it back. no right to read it",
    }


def test_what_is_no_catalog_is_said(tmp_path):
    with pytest.raises(data.BadReference, match="is not there"):
        data.from_catalog(tmp_path / "catalog.db")
    (tmp_path / "catalog.db").write_text("something else")
    with pytest.raises(data.BadReference, match="no catalog"):
        data.from_catalog(tmp_path / "catalog.db")
    with sqlite3.connect(tmp_path / "newer.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('fedcba987654')")
    connection.close()
    with pytest.raises(data.BadReference, match="newer Tiled"):
        data.from_catalog(tmp_path / "newer.db")

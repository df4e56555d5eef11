"""Datasets are taken home as files and as a catalog, in one piece or by and by; nothing is written elsewhere."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from tiled.client import from_uri

from spacecast import data
from spacecast.data import fetching
from support.downloads import NAME, check_content, files_below


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
    client = from_uri(facility.address)
    try:
        brought = data.download(client, tmp_path / "stuff", catalog=None)
    finally:
        client.context.close()
    assert dict(brought.left_out) == {
        "coming": "files that are not registered yet: download it again later",
        "stopped": "what is not there yet does not come by itself: no right to read it",
        "gone": "the facility has taken it back. no right to read it",
    }

"""A reference outlives the local disk: files come through the public share where the Tiled server has them no more."""

import hashlib
import shutil
from pathlib import PurePosixPath

import numpy as np
import pytest
import tifffile

from spacecast import data
from spacecast.data import downloading
from spacecast.data.shares import Share
from spacecast.sandbox.onedata import OnedataSandbox
from support.onedata_sandbox import Caller, quick_delays

NAME = "20211227125_Demo"


@pytest.fixture(scope="module")
def onedata(tmp_path_factory):
    with OnedataSandbox(tmp_path_factory.mktemp("onedata"), delays=quick_delays()) as running:
        yield running


@pytest.fixture
def shared(facility, onedata, tmp_path, monkeypatch):
    """A published dataset whose files the provider has, and the Tiled server has no more."""
    folder = facility.acquire()
    (folder / "notes").mkdir()
    (folder / "notes" / "holder.txt").write_text("it drifts")
    np.save(folder / "fortran.npy", np.asfortranarray(np.arange(24).reshape(2, 3, 4)))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    caller = Caller(onedata, onedata.token)
    share = caller.share(caller.publish(folder))
    caller.close()
    monkeypatch.setenv("SPACECAST_CA_BUNDLE", str(onedata.ca_file))
    monkeypatch.setenv("SPACECAST_CACHE", str(tmp_path / "cache"))
    facility.publish(facts={"onezone": onedata.zone_url, "share_root": share["rootFileId"]})
    return folder


@pytest.fixture
def expired(shared, onedata):
    """The local copy is gone from the place that Tiled knows; Onedata still has it."""
    kept = {path.relative_to(shared): path.read_bytes() for path in shared.rglob("*") if path.is_file()}
    aside = shared.with_name("elsewhere")
    shared.rename(aside)
    for storage in onedata.state.storages.values():
        if str(storage.mount_point) == str(shared):
            storage.mount_point = aside
    return kept


def test_one_frame_comes_by_a_range(expired, onedata):
    movie = np.frombuffer(expired[PurePosixPath("stack.mrc")][1024:], "<f4").reshape(12, 256, 256)
    opened = data.open(f"{NAME}/stack.mrc")
    assert opened.shape == (12, 256, 256)
    onedata.log.clear()
    assert np.array_equal(opened[3], movie[3])
    assert np.array_equal(opened[-1, 10:20, ::2], movie[-1, 10:20, ::2])
    assert np.array_equal(opened[2:9:3, 5], movie[2:9:3, 5])
    sent = [exchange.headers.get("range") for exchange in onedata.log if exchange.path.endswith("/content")]
    assert f"bytes={1024 + 3 * 262144}-{1024 + 4 * 262144 - 1}" in sent
    assert np.array_equal(opened.read(), movie)
    assert np.array_equal(data.open(f"{NAME}/fortran.npy")[1], np.arange(24).reshape(2, 3, 4)[1])


def test_what_a_program_does_with_an_array_of_the_server_it_does_with_this_one_too(expired, facility, onedata):
    movie = np.frombuffer(expired[PurePosixPath("stack.mrc")][1024:], "<f4").reshape(12, 256, 256)
    # The address of the entry, as Tiled's own client shows it.
    opened = data.open(f"{facility.address}/{NAME}/stack.mrc")
    assert (len(opened), opened.ndim, opened.size, opened.nbytes) == (12, 3, movie.size, movie.nbytes)
    assert np.array_equal(opened.read(np.s_[2:4, 7]), movie[2:4, 7])
    assert np.array_equal(np.asarray(opened), movie)
    assert np.array_equal(opened[np.array([5, 2])], movie[[5, 2]])
    assert np.array_equal(opened[np.array(5)], movie[5])
    onedata.log.clear()
    assert [float(frame.mean()) for frame in opened] == [float(frame.mean()) for frame in movie]
    with pytest.raises(IndexError, match="out of bounds"):
        opened[12]
    fetched = [exchange for exchange in onedata.log if exchange.path.endswith("/content")]
    sizes = {exchange.headers["range"] for exchange in fetched}
    assert len(sizes) == 12, "each frame once, and never all of them to find that there is no thirteenth"


def test_an_image_of_a_series_is_an_array_too(facility):
    folder = facility.acquire()
    facility.publish()
    image = data.open(f"{NAME}/grid_0002.tif")
    assert (image.ndim, len(image)) == (2, 256)
    assert np.array_equal(np.asarray(image), tifffile.imread(folder / "grid_0002.tif"))


def test_what_lies_in_no_one_piece_is_opened_from_a_cache(expired):
    holder = data.open(f"{NAME}/holder.h5")
    assert holder["holder", "time"][:3].tolist() == [0.0, 0.2, 0.4]
    assert data.open(f"{NAME}/grid_0002.tif").read().shape == (256, 256)
    holder.context.close()


def test_a_download_takes_everything_from_the_share(expired, tmp_path):
    data.download(NAME, tmp_path / "stuff", catalog=None)
    copied = tmp_path / "stuff" / "data" / NAME
    assert {path.relative_to(copied): path.read_bytes() for path in copied.rglob("*") if path.is_file()} == expired


def test_much_is_fetched_from_the_share_from_the_start(shared, tmp_path, monkeypatch, onedata):
    monkeypatch.setattr(downloading, "_MANY_FILES", 3)
    onedata.log.clear()
    data.download(NAME, tmp_path / "stuff", catalog=None)
    contents = [exchange for exchange in onedata.log if exchange.service == "provider" and "/content" in exchange.path]
    assert len({exchange.path for exchange in contents}) == sum(path.is_file() for path in shared.rglob("*"))
    assert not any("x-auth-token" in exchange.headers or "authorization" in exchange.headers for exchange in contents)


def test_without_a_share_it_says_who_can_help(facility):
    folder = facility.acquire()
    facility.publish()
    (folder / "stack.mrc").unlink()
    with pytest.raises(data.ServerAway, match="no public share"):
        data.open(f"{NAME}/stack.mrc")


def test_a_name_outside_latin_1_is_read_as_data_and_missed_only_when_it_is_gone(facility):
    folder = facility.acquire()
    np.save(folder / "日本_a.npy", np.arange(6).reshape(2, 3))
    (folder / "日本_b.csv").write_text("time,x\n0,1\n")
    shutil.copy(folder / "holder.h5", folder / "日本_c.h5")
    facility.publish()
    assert data.open(f"{NAME}/日本_a.npy").read().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert data.open(f"{NAME}/日本_b.csv").read()["x"].tolist() == [1]
    assert list(data.open(f"{NAME}/日本_c.h5")) == ["holder"]
    for path in folder.glob("日本*"):
        path.unlink()
        with pytest.raises(data.ServerAway, match="no public share"):
            data.open(f"{NAME}/{path.name}")


def test_a_share_that_lacks_the_file_says_so(expired, onedata, facility):
    with Share.of(data.status(NAME).facts) as share, pytest.raises(data.DownloadFailed, match="not in the dataset's"):
        share.read(PurePosixPath("nowhere/a.tif"), 0, 1)
    with pytest.raises(data.DownloadFailed, match="no address of a Onezone"):
        Share("file:///etc", hashlib.sha256().hexdigest())

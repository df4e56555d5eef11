"""Waiting ends when the catalog says so, at once where it streams, and with the daemon's own reason."""

import ssl
import threading
import time
from contextlib import suppress

import numpy as np
import pytest
import trustme
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from spacecast import data
from spacecast.data.listening import Listener
from spacecast.data.server import Server
from spacecast.sandbox.tiled import TiledSandbox
from support.tiled_server import prepared_catalog

NAME = "20211227125_Demo"


def in_background(call):
    """Run a call in a thread; gives a function that waits for its end and returns its result and when it came."""
    result = []

    def run():
        try:
            result.append(call())
        except Exception as error:  # noqa: BLE001 - given to the test
            result.append(error)
        result.append(time.monotonic())

    thread = threading.Thread(target=run)
    thread.start()

    def ended():
        thread.join(30)
        assert not thread.is_alive()
        return result

    return ended


def test_a_reference_is_waited_for_before_anything_of_it_exists(facility):
    said = []
    ended = in_background(lambda: data.wait(data.ref(NAME, "stack.mrc"), timeout=60, tell=said.append))
    folder = facility.acquire()
    facility.mark("pending")
    facility.publish()
    status, _when = ended()
    assert status.state == "readable", status
    movie = np.frombuffer((folder / "stack.mrc").read_bytes()[1024:], "<f4").reshape(12, 256, 256)
    assert np.array_equal(data.open(status.ref)[3], movie[3])
    assert said, "it says what it waits for"
    assert NAME in said[0]


def test_several_are_waited_for_at_once_and_come_in_their_order(facility):
    facility.acquire()
    facility.publish()
    wanted = [data.ref(NAME, name) for name in ("spectrum.csv", "stack.mrc", "grid_0002.tif")]
    found = data.wait(wanted, timeout=30)
    assert [status.ref for status in found] == wanted
    assert found[2].frame == 1


def test_a_dataset_that_is_blocked_ends_the_waiting_with_the_daemons_reason(facility):
    facility.mark("blocked", "SPA.yml: line 1: this is no YAML. Correct the file")
    with pytest.raises(data.Blocked, match=r"SPA\.yml: line 1"):
        data.wait(NAME, timeout=30)


def test_one_that_was_taken_back_ends_it_too(facility):
    facility.acquire()
    facility.publish()
    facility.mark("removed", "on request of the group")
    with pytest.raises(data.Withdrawn, match="on request of the group"):
        data.wait(f"{NAME}/stack.mrc", timeout=30)


def test_the_address_of_a_files_entry_stands_for_the_file(facility, tmp_path):
    facility.acquire()
    facility.publish()
    address = f"{facility.address}/{NAME}/stack.mrc"
    assert data.wait(address, timeout=0).state == "readable"
    assert data.open(address).shape == (12, 256, 256)
    data.download(address, tmp_path / "stuff", catalog=None)
    assert [path.name for path in (tmp_path / "stuff" / "data" / NAME).iterdir()] == ["stack.mrc"]


def test_what_never_comes_is_told_with_what_is_known(facility):
    with pytest.raises(TimeoutError, match=r"its metadata file is not in the folder|does not know"):
        data.wait(NAME, timeout=0.3)
    facility.mark("pending")
    assert data.wait(NAME, timeout=30, stage="known").state == "pending"
    with pytest.raises(data.WaitedInVain, match="pending") as caught:
        data.wait(NAME, timeout=0.3)
    assert caught.value.status.state == "pending"


def test_a_file_that_is_no_data_is_not_waited_for_in_vain(facility):
    folder = facility.acquire()
    (folder / "notes.txt").write_text("the holder drifts")
    facility.publish()
    with pytest.raises(data.NotReadable, match="download"):
        data.wait(f"{NAME}/notes.txt", timeout=30)
    assert data.wait(f"{NAME}/notes.txt", timeout=30, stage="downloadable").state == "downloadable"


def test_a_file_that_is_left_out_is_not_waited_for_in_vain_either(facility, tmp_path):
    folder = facility.acquire()
    (folder / "sample#3.txt").write_text("a")
    (folder / "movie.mrc.part").write_text("a")
    facility.publish()
    with pytest.raises(data.NotReadable, match=r"does not come, however long one waits.*Rename it"):
        data.wait(f"{NAME}/sample#3.txt", stage="downloadable")
    with pytest.raises(data.NotReadable, match="registered under its final name"):
        data.open(f"{NAME}/movie.mrc.part")
    with pytest.raises(data.DownloadFailed, match=r"cannot be downloaded.*Rename it"):
        data.download(f"{NAME}/sample#3.txt", tmp_path / "stuff", catalog=None)


@pytest.fixture
def restarted(tmp_path, tmp_path_factory, make_facility):
    """A facility whose server no other test uses: one that comes back may find its port taken."""
    prepared = prepared_catalog(tmp_path_factory)
    with TiledSandbox(tmp_path / "tiled", readable_storage=[tmp_path], prepared_catalog=prepared) as tiled:
        yield make_facility(tiled, tmp_path, "datasets")


def test_a_restart_of_the_server_is_sat_out(restarted):
    facility = restarted
    facility.mark("pending")
    said = []
    ended = in_background(lambda: data.wait(NAME, timeout=90, tell=said.append))
    facility.tiled.stop()
    try:
        while not any("does not answer" in text for text in said):
            time.sleep(0.02)
    finally:
        facility.tiled.start()
    facility.acquire()
    facility.publish()
    assert ended()[0].state == "readable"


def test_a_wrong_server_or_key_is_said_at_once(facility, monkeypatch):
    monkeypatch.delenv("SPACECAST_URL")
    monkeypatch.setenv("TILED_PROFILES", "/nonexistent")
    with pytest.raises(data.NoServer, match="SPACECAST_URL"):
        data.wait(NAME, timeout=30)
    with pytest.raises(data.NotAllowed, match="SPACECAST_API_KEY"):
        data.wait(NAME, timeout=30, server=facility.address, api_key="wrong")


def test_a_key_does_not_go_to_another_server_than_its_own(facility, monkeypatch):
    monkeypatch.setenv("SPACECAST_API_KEY", "secret")
    monkeypatch.setenv("SPACECAST_URL", "https://tiled.example.org/api/v1/metadata/datasets")
    facility.mark("pending")
    assert data.status(f"{facility.address}/{NAME}").state == "pending", "asked as a guest"


def test_waiting_can_be_ended_from_outside(facility):
    stop = threading.Event()
    ended = in_background(lambda: data.wait(NAME, stop=stop))
    stop.set()
    assert isinstance(ended()[0], data.WaitedInVain)


def until_it_is_left(connection):
    with suppress(ConnectionClosed):
        connection.recv()


def test_a_stream_behind_the_facilitys_own_authority_is_heard(tmp_path, monkeypatch):
    authority, heard = trustme.CA(), threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SPACECAST_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with serve(until_it_is_left, "127.0.0.1", 0, ssl=context) as streaming:
        thread = threading.Thread(target=streaming.serve_forever)
        thread.start()
        address = f"https://127.0.0.1:{streaming.socket.getsockname()[1]}/api/v1/metadata/datasets"
        with Server(address, None) as server, Listener(server, lambda *_change: heard.set()) as listener:
            listener.listen_to(("datasets",))
            assert heard.wait(30)
        streaming.shutdown()
        thread.join()


@pytest.fixture
def plain(tmp_path, tmp_path_factory, make_facility):
    """A facility whose server does not stream, and tells guests nothing."""
    options = {"streaming": False, "anonymous": False, "prepared_catalog": prepared_catalog(tmp_path_factory)}
    with TiledSandbox(tmp_path / "tiled", readable_storage=[tmp_path], **options) as tiled:
        yield make_facility(tiled, tmp_path, "datasets")


def test_a_server_that_does_not_stream_is_asked_again_and_again(plain, monkeypatch):
    monkeypatch.setenv("SPACECAST_API_KEY", plain.tiled.api_key)
    plain.mark("pending")
    ended = in_background(lambda: data.wait(NAME, timeout=60))
    plain.acquire()
    plain.publish()
    assert ended()[0].state == "readable"
    monkeypatch.delenv("SPACECAST_API_KEY")
    with pytest.raises(data.NotAllowed, match="wants an API key"):
        data.status(NAME)

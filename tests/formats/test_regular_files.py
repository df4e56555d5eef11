"""What a registered path leads to by now is opened only if it is the file itself."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest

from spacecast.formats.regular_files import Irregular, open_regular
from support.tiled_server import described

# One server for all of these: in the same worker.
pytestmark = pytest.mark.xdist_group("reading-back")


@pytest.fixture
def folder(tmp_path):
    return tmp_path.resolve()


def test_a_regular_file_is_opened(folder):
    (folder / "a").write_bytes(b"abc")
    with open_regular(folder / "a") as file:
        assert file.read() == b"abc"


def test_a_link_in_the_files_place_is_not_followed(folder):
    (folder / "secret").write_bytes(b"abc")
    (folder / "a").symlink_to("secret")
    with pytest.raises(Irregular, match="a is, or lies behind, a symbolic link"):
        open_regular(folder / "a")


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_link_in_any_folders_place_is_not_followed(folder, depth):
    real = folder.joinpath(*["real", "sub", "sub"][: depth + 1])
    real.mkdir(parents=True)
    (real / "a").write_bytes(b"abc")
    (folder / "link").symlink_to("real")
    with pytest.raises(Irregular, match="symbolic link"):
        open_regular(folder.joinpath("link", *["sub"] * depth, "a"))


def test_a_pipe_or_a_folder_in_the_files_place_is_refused_at_once(folder):
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(Irregular, match=f"{name} is not a regular file"):
            open_regular(folder / name)


def test_a_file_that_is_gone_and_a_socket_are_plain_errors(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        for name in ("socket", "gone", "gone/a"):
            with pytest.raises(OSError, match="No such"):
                open_regular(folder / name)


def test_nothing_stays_open(folder):
    (folder / "a").write_bytes(b"abc")
    (folder / "link").symlink_to("a")
    before = len(list(Path("/proc/self/fd").iterdir()))
    open_regular(folder / "a").close()
    for name in ("link", "link/b", "gone/b", "."):
        with pytest.raises((Irregular, OSError)):
            open_regular(folder / name)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def refusal(tiled, entry):
    response = entry.context.http_client.get(f"{tiled.sandbox.url}/api/v1/array/full/{entry.path_parts[-1]}")
    assert response.status_code == 422
    return response.json()["detail"]


def test_the_server_gives_nothing_out_through_a_link_that_took_the_files_place(tiled, tmp_path):
    path = tiled.folder() / "a.npy"
    np.save(path, np.zeros(4, "u1"))
    np.save(tmp_path / "secret.npy", np.frombuffer(b"SECR", "u1"))
    entry = tiled.open(path)
    assert bytes(entry.read()) == bytes(4)
    path.unlink()
    path.symlink_to(tmp_path / "secret.npy")
    assert "a.npy is, or lies behind, a symbolic link" in refusal(tiled, entry)


def test_the_server_gives_nothing_out_through_a_link_that_took_a_folders_place(tiled, tmp_path):
    folder = tiled.folder()
    (folder / "sub").mkdir()
    path = folder / "sub" / "a.npy"
    np.save(path, np.zeros((4, 2), "u1"))
    entry = tiled.open_as(described(path), [path])
    np.save(tmp_path / "a.npy", np.ones((4, 2), "u1"))
    path.unlink()
    (folder / "sub").rmdir()
    (folder / "sub").symlink_to(tmp_path)
    assert "symbolic link" in refusal(tiled, entry)

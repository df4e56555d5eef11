import copy
import json
import os
import pickle
import threading

import pytest

from spacecast.config import Secret, SecretUnreadable
from spacecast.config.secret_sources import LONGEST_SECRET_BYTES
from support.config_files import SECRET, secret_file


@pytest.fixture
def foreign_group(monkeypatch):
    """Make this process one that is neither root nor in the file's group."""
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(os, "getegid", lambda: 1234)
    monkeypatch.setattr(os, "getgroups", lambda: [1235])


def test_a_file_gives_its_content_without_the_line_end(tmp_path):
    assert Secret("file", str(secret_file(tmp_path))).reveal() == SECRET


def test_a_changed_file_is_read_again(tmp_path):
    path = secret_file(tmp_path)
    secret = Secret("file", str(path))
    before = secret.reveal(), secret.version()
    path.write_text("another-one")
    assert secret.reveal() == "another-one"
    assert secret.version() != before[1]


def test_a_replaced_file_is_read_again_even_with_the_old_times_and_size(tmp_path):
    path = secret_file(tmp_path, value="a" * 20)
    secret = Secret("file", str(path))
    secret.reveal()
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    replacement = secret_file(tmp_path, "new", value="b" * 20)
    os.utime(replacement, ns=times)
    replacement.rename(path)
    assert secret.reveal() == "b" * 20


def test_an_unchanged_file_is_not_read_again(tmp_path):
    path = secret_file(tmp_path)
    secret = Secret("file", str(path))
    secret.reveal()
    access_time = path.stat().st_atime_ns
    secret.reveal()
    assert path.stat().st_atime_ns == access_time


def test_an_environment_variable_gives_its_value_as_it_is_now():
    environ = {"TILED_API_KEY": f" {SECRET}\n"}
    secret = Secret("env", "TILED_API_KEY", environ)
    assert secret.reveal() == SECRET
    environ["TILED_API_KEY"] = "other"
    assert secret.reveal() == "other"


def test_a_credential_comes_from_the_folder_that_systemd_names(tmp_path):
    # systemd grants access by ACL, which shows as a group permission.
    secret_file(tmp_path, "zone-token", mode=0o440)
    assert Secret("credential", "zone-token", {"CREDENTIALS_DIRECTORY": str(tmp_path)}).reveal() == SECRET


def test_a_credential_without_systemd_says_how_to_get_one():
    with pytest.raises(SecretUnreadable, match=r"LoadCredential=zone-token:PATH .* Use a file when starting by hand"):
        Secret("credential", "zone-token", {}).reveal()


def test_a_credential_s_name_cannot_leave_its_folder(tmp_path):
    with pytest.raises(SecretUnreadable, match="a credential's name"):
        Secret("credential", "../etc/passwd", {"CREDENTIALS_DIRECTORY": str(tmp_path)}).reveal()


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o620, 0o610, 0o644, 0o666, 0o777])
def test_a_file_that_is_open_to_others_is_refused_with_the_remedy(tmp_path, mode):
    path = secret_file(tmp_path, mode=mode)
    with pytest.raises(
        SecretUnreadable, match=rf"\(mode {mode:04o}\) is open to other users. Close it: chmod 600 {path}"
    ):
        Secret("file", str(path)).reveal()


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_file_for_the_owner_and_the_own_group_is_fine(tmp_path, mode):
    assert Secret("file", str(secret_file(tmp_path, mode=mode))).reveal() == SECRET


def test_a_file_that_a_foreign_group_can_read_is_refused(tmp_path, foreign_group):
    with pytest.raises(SecretUnreadable, match="is open to other users"):
        Secret("file", str(secret_file(tmp_path, mode=0o640))).reveal()


def test_a_file_that_is_opened_to_others_later_is_refused_then(tmp_path):
    path = secret_file(tmp_path)
    secret = Secret("file", str(path))
    secret.reveal()
    path.chmod(0o644)
    with pytest.raises(SecretUnreadable, match="is open to other users"):
        secret.reveal()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"one\ntwo\n", "on one line"),
        (b"a\x00b", "printable ASCII"),
        ("ž".encode(), "printable ASCII"),
        (b"x" * LONGEST_SECRET_BYTES, "too long"),
    ],
)
def test_a_content_that_is_no_secret_is_refused_without_showing_it(tmp_path, content, why):
    path = secret_file(tmp_path)
    path.write_bytes(content)
    with pytest.raises(SecretUnreadable, match=why) as caught:
        Secret("file", str(path)).reveal()
    assert "two" not in str(caught.value)


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, why in (("none", "No such file"), ("", "Is a directory"), ("pipe", "not a regular file")):
        secret = Secret("file", str(tmp_path / name))
        with pytest.raises(SecretUnreadable, match=why):
            secret.reveal()


def test_a_missing_variable_is_named():
    with pytest.raises(SecretUnreadable, match="variable ZONE_TOKEN is not set"):
        Secret("env", "ZONE_TOKEN", {}).reveal()


def test_a_secret_shows_its_place_and_never_its_value(tmp_path):
    secret = Secret("file", str(secret_file(tmp_path)))
    secret.reveal()
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>80}", repr([secret]), repr({"token": secret})]
    assert all(SECRET not in text and str(tmp_path) in text for text in shown)
    assert not hasattr(secret, "__dict__")


def test_a_pickled_secret_holds_its_place_and_finds_its_value_again(tmp_path):
    secret = Secret("file", str(secret_file(tmp_path)))
    secret.reveal()
    pickled = pickle.dumps(secret)
    assert SECRET.encode() not in pickled
    assert pickle.loads(pickled).reveal() == SECRET
    assert copy.deepcopy(secret) == secret


def test_a_secret_does_not_become_json_by_accident(tmp_path):
    with pytest.raises(TypeError):
        json.dumps(Secret("file", str(secret_file(tmp_path))))


def test_secrets_are_equal_when_their_place_is():
    assert Secret("env", "A") == Secret("env", "A")
    assert len({Secret("env", "A"), Secret("env", "A"), Secret("file", "A")}) == 2


def test_threads_see_the_old_or_the_new_value_while_it_is_rotated(tmp_path):
    path = secret_file(tmp_path, value="old-" * 8)
    secret = Secret("file", str(path))
    seen: set[str] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(secret.reveal())

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for round_number in range(50):
        secret_file(tmp_path, "next", value=("new-" if round_number % 2 else "old-") * 8).rename(path)
    stop.set()
    for reader in readers:
        reader.join()
    assert seen <= {"old-" * 8, "new-" * 8}
    assert secret.reveal() == "new-" * 8

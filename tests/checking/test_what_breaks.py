"""What usually breaks is named, with its remedy, by `check`, `status` or the log: each is broken here for real."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from click.testing import CliRunner

from spacecast.cli.main import main
from spacecast.ledger import State
from spacecast.sandbox.onedata import FaultRule, Status, sandbox
from spacecast.sandbox.onedata.certificates import make_certificates
from support.config_files import secret_file
from support.http_server import unused_port
from support.torture_files import small_disk
from support.world import made, wait_for

_AGO = datetime.now(UTC) - timedelta(days=400)


@pytest.fixture
def world(tmp_path):
    with made(tmp_path) as world:
        yield world


def said_by(world, command):
    """Run a command and return its exit code and everything that it says."""
    # The machine's own authorities are not those of the embedded services.
    result = CliRunner().invoke(main, [command, "--config", str(world.config_path)], env={"COLUMNS": "400"})
    return result.exit_code, result.output


def assert_check_says(world, code, *words):
    found, text = said_by(world, "check")
    assert found == code, text
    assert [word for word in words if word not in text] == []


def assert_status_says(world, *words, state=State.BLOCKED):
    """Have a dataset published, and see that it is not, and why."""
    with world.engine():
        world.drop("run1")
        world.await_state("run1", state)
        wait_for(f"status to say {words}", lambda: all(word in said_by(world, "status")[1] for word in words), 30)


def secret(world, name, value):
    return {"file": str(secret_file(world.folder, name, value))}


def test_a_wrong_token(world):
    world.values["onedata"]["zone"]["token"] = secret(world, "wrong.token", "wrongToken1234")
    assert_check_says(world, 1, "does not accept the token (401", "Make an access token in Onezone", "wrong.token")
    assert_status_says(world, "does not accept the token (401", "Put a valid", "where the config says it is read from")


def test_a_token_that_has_expired(world):
    ended = {"type": "time", "validUntil": world.onedata.state.now() - 60}
    token = world.onedata.add_token(world.onedata.service_user.id, caveats=[ended])
    world.values["onedata"]["provider"]["token"] = secret(world, "old.token", token)
    assert_check_says(world, 1, "Make an access token in Onezone", "old.token", "onedata.provider.token")


def test_a_token_that_expires_soon(world):
    soon = {"type": "time", "validUntil": world.onedata.state.now() + 3 * 86_400 + 3600}
    token = world.onedata.add_token(world.onedata.service_user.id, caveats=[soon])
    world.values["onedata"]["zone"]["token"] = secret(world, "soon.token", token)
    assert_check_says(world, 0, "ends in 3 days", "Make an access token in Onezone", "soon.token")


def test_a_missing_privilege(world):
    onlooker = world.onedata.add_user("onlooker", cluster_privileges=["cluster_view"])
    few = world.onedata.add_group("few", world.onedata.service_user.id, ["group_view"])
    world.values["onedata"]["provider"]["token"] = secret(world, "onlooker.token", onlooker.token)
    world.values["onedata"]["manager_group"] = few
    assert_check_says(
        world, 1, "cluster_update", "Members > onlooker", "group_add_space", "Give it there: Groups > few"
    )
    assert_status_says(world, "lacks the privilege")


def test_a_wrong_path_mapping(world):
    world.values["onedata"]["mount_points"] = {str(world.root): "/volumes/elsewhere"}
    assert_check_says(world, 0, "the provider has to see it as /volumes/elsewhere")
    assert_status_says(world, "/volumes/elsewhere/run1", "storageTestFailed", "onedata.mount_points")


def test_tiled_is_down(world):
    world.values["tiled"] = {
        "url": f"http://127.0.0.1:{unused_port()}",
        "api_key": secret(world, "tiled.key", "0123456789abcdef"),
        "path": ["tests"],
    }
    assert_check_says(world, 1, "as if it were not running", "tiled.url")
    assert_status_says(world, "is not answering since", "goes on by itself", state=State.RETRYING)


def test_the_disk_is_full(world, tmp_path):
    with small_disk(tmp_path / "disk", 2 * 1024 * 1024) as disk:
        world.values["state_folder"] = str(disk / "state")
        (disk / "state").mkdir(mode=0o700)
        assert_check_says(world, 0, "when it is full, nothing is published", "Make room on the file system of")
        ballast = disk / "ballast"
        with world.engine():
            fill(ballast)
            world.drop("run1")
            text = world.situation_after("ledger unusable")
            ballast.unlink()
        assert "disk is full" in text


def fill(path):
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def test_the_limit_of_watches_is_reached(world):
    """Run the daemon where the kernel gives it four watches: in a user namespace of its own."""
    for number in range(8):
        (world.folder / f"root{number}").mkdir()
    world.values["watch"] = [{"folder": str(world.folder / "root*")}]
    limit = "/proc/sys/user/max_inotify_watches"
    script = f'echo 4 > {limit} && exec "$@"'
    if shutil.which("unshare") is None or os.system(f"unshare -Ur sh -c '{script}' - true 2>/dev/null"):
        pytest.skip("no user namespace with limits of its own can be made here")
    command = [sys.executable, "-m", "spacecast", "run", "--config", str(world.config_path)]
    with (
        world.log_file.open("ab") as out,
        subprocess.Popen(["unshare", "-Ur", "sh", "-c", script, "-", *command], stdout=out, stderr=out) as process,
    ):
        try:
            text = world.situation_after("trouble with folders")
        finally:
            process.terminate()
            process.wait(20)
    (line,) = [json.loads(line) for line in text.splitlines() if "trouble with folders" in line][:1]
    assert line["kind"] == "watch-limit"
    assert "sysctl fs.inotify.max_user_watches=" in line["reason"]


def test_the_certificate_has_expired(tmp_path, monkeypatch):
    def expired(folder):
        with monkeypatch.context() as patch:
            issue = trustme.CA.issue_cert
            ended = {"not_before": _AGO, "not_after": _AGO + timedelta(days=30)}
            patch.setattr(trustme.CA, "issue_cert", lambda self, *names: issue(self, *names, **ended))
            return make_certificates(folder)

    monkeypatch.setattr(sandbox, "make_certificates", expired)
    with made(tmp_path) as world:
        words = ("certificate has expired", "Have it renewed by whoever runs the service")
        assert_check_says(world, 1, *words)
        assert_status_says(world, *words)


def test_the_clock_is_wrong(world):
    body = {"version": "21.02.7", "name": "late", "domain": world.onedata.state.zone_domain}
    late = Status(200, body, headers={"Date": "Sat, 01 Jan 2000 00:00:00 GMT"})
    world.onedata.faults.add(FaultRule(late, service="zone", path="/configuration$", times=None))
    assert_check_says(world, 0, "this machine's clock is", "ahead of the service's", "timedatectl set-ntp true")


def test_a_typing_error_in_the_config(world):
    world.values["onedata"]["provder"] = world.values["onedata"].pop("provider")
    assert_check_says(world, 2, "spacecast.yaml:", "onedata.provder", "did you mean `provider`?")


def test_a_typing_error_in_the_config_while_the_daemon_runs(world):
    with world.daemon() as process:
        world.situation_after('"event": "started"')
        world.values["limits"] = {"link_wokers": 3}
        assert world.config_path.exists()
        process.send_signal(1)
        text = world.situation_after("config refused")
        wait_for("the daemon to go on", lambda: process.poll() is None, 5)
    assert "did you mean `link_workers`?" in text

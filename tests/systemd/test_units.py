import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "systemd"
# 10 x the highest exposure that `systemd-analyze security` may report.
EXPOSURE_THRESHOLD = 18

# What the daemon does to a metadata file, and whether the kernel gave it the lease meanwhile.
REPLACE = textwrap.dedent("""
    import os, sys
    from spacecast.metadata.lease import read_lease
    from spacecast.metadata.operations import SYSTEM
    from spacecast.metadata.replace import replace_file
    from spacecast.metadata.target import Stamp

    directory = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
    file = os.open("SPA.yml", os.O_RDONLY, dir_fd=directory)
    with read_lease(SYSTEM, file, "SPA.yml") as lease:
        print("leased" if lease.is_held else "not leased")
    stamp = Stamp.of(os.fstat(file))
    print(replace_file(directory, "SPA.yml", expected=b"old", expected_stamp=stamp, new=b"new").method)
""")

needs_root = pytest.mark.skipif(
    shutil.which("setpriv") is None or os.geteuid() != 0, reason="setpriv is not installed, or this is not root"
)
needs_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
needs_sysusers = pytest.mark.skipif(
    shutil.which("systemd-sysusers") is None or shutil.which("systemd-tmpfiles") is None or os.geteuid() != 0,
    reason="systemd-sysusers and systemd-tmpfiles are not installed, or this is not root",
)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def unit(tmp_path):
    """Copy the unit with a command that exists on this machine."""
    text = (FOLDER / "spacecast.service").read_text()
    assert "ExecStart=/usr/bin/spacecast run --config /etc/spacecast/spacecast.yaml\n" in text
    path = tmp_path / "spacecast.service"
    path.write_text(text.replace("ExecStart=/usr/bin/spacecast ", f"ExecStart={shutil.which('true')} "))
    return path


@needs_analyze
def test_systemd_finds_nothing_to_say_about_the_unit(unit):
    done = run("systemd-analyze", "verify", str(unit))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_analyze
def test_a_misspelt_key_would_be_noticed(unit):
    unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHouse="))
    assert "ProtectHouse" in run("systemd-analyze", "verify", str(unit)).stderr


@needs_analyze
def test_the_exposure_of_the_service_is_at_most_1_8(unit):
    done = run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_THRESHOLD}", str(unit))
    assert done.returncode == 0, done.stdout
    assert float(re.search(r"exposure level for spacecast.service: ([0-9.]+)", done.stdout)[1]) <= 1.8


def test_the_unit_keeps_to_what_systemd_252_knows():
    text = (FOLDER / "spacecast.service").read_text()
    assert "\nType=notify\n" in text
    assert "\nExecReload=/bin/kill -HUP $MAINPID\n" in text
    assert not re.search(r"^(ReloadSignal|ImportCredential)=", text, re.MULTILINE)


def test_the_calls_that_keep_a_file_s_owner_are_allowed_again_after_the_privileged_ones_are_taken():
    text = (FOLDER / "spacecast.service").read_text()
    assert text.index("SystemCallFilter=~@privileged") < text.index("\nSystemCallFilter=@chown\n")


@needs_sysusers
def test_the_user_is_made_and_secrets_are_closed_to_others(tmp_path):
    secrets = tmp_path / "etc" / "spacecast"
    secrets.mkdir(parents=True)
    for name in ("zone.token", "tiled.key", "spacecast.yaml"):
        (secrets / name).write_text("x")
        (secrets / name).chmod(0o666)
    assert run("systemd-sysusers", f"--root={tmp_path}", str(FOLDER / "spacecast.sysusers.conf")).returncode == 0
    made = run("systemd-tmpfiles", "--create", f"--root={tmp_path}", str(FOLDER / "spacecast.tmpfiles.conf"))
    assert (made.returncode, made.stderr) == (0, "")
    user, group = map(
        int, re.search(r"^spacecast:x:(\d+):(\d+):", (tmp_path / "etc/passwd").read_text(), re.MULTILINE).groups()
    )
    for path, mode, owner, of_group in (
        ("etc/spacecast", 0o750, 0, group),
        ("etc/spacecast/zone.token", 0o640, 0, group),
        ("etc/spacecast/tiled.key", 0o640, 0, group),
        ("etc/spacecast/spacecast.yaml", 0o640, 0, group),
        ("etc/spacecast/credentials", 0o700, 0, 0),
        ("var/lib/spacecast", 0o700, user, group),
    ):
        status = (tmp_path / path).stat()
        assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (mode, owner, of_group), path


@needs_root
def test_its_capabilities_suffice_to_replace_the_file_of_somebody_else(tmp_path):
    tmp_path.chmod(0o755)
    folder = tmp_path / "dataset"
    folder.mkdir(mode=0o700)
    file = folder / "SPA.yml"
    file.write_bytes(b"old")
    file.chmod(0o600)
    for path in (folder, file):
        os.chown(path, 4001, 4002)
    text = (FOLDER / "spacecast.service").read_text()
    names = re.search(r"^AmbientCapabilities=(.*)$", text, re.MULTILINE)[1].lower().replace("cap_", "+").split()
    granted = ",".join(["-all", *names])
    account = ["--reuid=4003", "--regid=4003", "--clear-groups", f"--inh-caps={granted}", f"--ambient-caps={granted}"]
    bound = [f"--bounding-set={granted}", "--no-new-privs"]
    done = run("setpriv", *account, *bound, sys.executable, "-c", REPLACE, str(folder))
    assert (done.returncode, done.stdout.split()) == (0, ["leased", "exchange"]), done.stderr
    status = file.stat()
    assert (file.read_bytes(), status.st_uid, status.st_gid, status.st_mode & 0o777) == (b"new", 4001, 4002, 0o600)

"""What `spacecast install` writes is what systemd takes, and shuts the service in."""

import re
import shutil
import subprocess

import pytest

from support.installing import configure, run

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None or shutil.which("systemd-sysusers") is None,
    reason="systemd is not installed",
)


def test_systemd_finds_nothing_to_say_about_what_was_written(root, values):
    values["watch"].append({"folder": "/home/em/100% data"})
    configure(root, values)
    assert run(root, "--write", "--data-group", "emdata").exit_code == 0
    # The targets and slices that the unit stands on.
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    verified = subprocess.run(
        ["systemd-analyze", "verify", f"--root={root}", "spacecast.service"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    about_us = [line for line in verified.stderr.splitlines() if "spacecast" in line]
    assert (about_us, verified.returncode) == ([], 0)
    assert exposure(root) <= 1.9


@pytest.mark.parametrize(
    ("words", "watched"), [(["--data-group", "emdata"], "/data/datasets"), ([], "/home/em/datasets")]
)
def test_the_exposure_stays_as_low_with_a_data_group_or_a_folder_below_home(root, values, words, watched):
    values["watch"] = [{"folder": watched}]
    configure(root, values)
    assert run(root, "--write", *words).exit_code == 0
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    assert exposure(root) <= 1.8


def exposure(root):
    analyzed = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--root={root}", "spacecast.service"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return float(re.search(r"exposure level for spacecast.service: ([0-9.]+)", analyzed.stdout)[1])


def test_the_user_of_ones_choice_is_made(root, values):
    configure(root, values)
    run(root, "--write", "--user", "caster", "--group", "em")
    done = subprocess.run(
        ["systemd-sysusers", f"--root={root}"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    group = re.search(r"^em:x:(\d+):", (root / "etc/group").read_text(), re.MULTILINE)[1]
    assert re.search(rf"^caster:x:\d+:{group}:", (root / "etc/passwd").read_text(), re.MULTILINE)

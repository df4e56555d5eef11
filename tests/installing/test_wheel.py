"""The wheel is all that is needed: built without a network, installed into a fresh environment, used from there."""

import os
import subprocess
import sys
import sysconfig
import zipfile

import pytest

from spacecast import __version__
from support.config_files import small_config, write_config


def done(*command, codes=(0,), **options):
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, **options)
    assert result.returncode in codes, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tree, tmp_path_factory):
    """Build the wheel."""
    folder = tmp_path_factory.mktemp("dist")
    done(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=tree)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def program(wheel, tmp_path_factory):
    """Install the wheel into an environment that has what it depends on, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("environment")
    done(sys.executable, "-m", "venv", "--without-pip", str(folder))
    options = ["--no-index", "--no-deps", "--disable-pip-version-check"]
    done(sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install", *options, str(wheel))
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin/spacecast"


@pytest.fixture
def run(program, tmp_path):
    """Give a function that runs the installed program outside the checkout and returns what it says."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SPACECAST"))}
    return lambda *words, **options: done(str(program), *words, cwd=tmp_path, env=clean, **options)


def test_it_holds_the_units_the_samples_and_the_licence(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "spacecast/systemd/spacecast.service",
        "spacecast/systemd/spacecast.sysusers.conf",
        "spacecast/systemd/spacecast.tmpfiles.conf",
        "spacecast/config/spacecast.yaml",
        "spacecast/config/spacecast.schema.json",
        "spacecast/sandbox/tiled.yaml",
        "spacecast/py.typed",
        f"spacecast-{__version__}.dist-info/licenses/LICENSE",
    } <= names
    assert [name for name in names if not name.startswith(("spacecast/", "spacecast-"))] == []


def test_the_program_tells_its_version(run):
    assert run("--version") == f"spacecast, version {__version__}\n"


def test_the_service_is_installed_from_it(run, program, tree, tmp_path):
    values = small_config(tmp_path)
    config = write_config(tmp_path, values)
    words = ("--write", "--root", str(tmp_path / "machine"), "--program", "/usr/bin/x")
    # 1, since nothing of a service may lie below /tmp.
    run("install", "--config", str(config), *words, codes=(0, 1))
    unit = tmp_path / "machine/etc/systemd/system/spacecast.service"
    assert unit.read_text().endswith((tree / "systemd/spacecast.service").read_text())
    assert str(tmp_path / "datasets") in (unit.parent / "spacecast.service.d/10-config.conf").read_text()


def test_the_sample_config_comes_from_it(run, tree, tmp_path):
    run("install", "--write", "--root", str(tmp_path / "machine"), "--program", "/usr/bin/x")
    sample = tmp_path / "machine/etc/spacecast/spacecast.yaml"
    assert sample.read_text() == (tree / "config/spacecast.yaml").read_text()

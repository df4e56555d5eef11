from pathlib import Path

import pytest

from support.config_files import small_config
from support.installing import PROGRAM


@pytest.fixture(scope="session")
def tree():
    """Give the root of the source tree."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path):
    """Give the root of a machine with a program and a config on it."""
    root = tmp_path / "machine"
    for path in (root / PROGRAM[1:], root / "bin/kill"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return root


@pytest.fixture
def values(tmp_path):
    """Give the values of a config as a facility has it."""
    values = small_config(tmp_path)
    values["state_folder"] = "/var/lib/spacecast"
    values["watch"] = [{"folder": "/data/datasets"}, {"folder": "/data/users/*/datasets"}]
    values["onedata"]["zone"]["token"] = {"file": "/etc/spacecast/zone.token"}
    values["onedata"]["provider"]["token"] = {"credential": "provider-token"}
    return values

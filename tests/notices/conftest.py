"""A mail server on loopback, ledgers, and a facility of their own for those tests that want one."""

from pathlib import Path

import pytest

from spacecast.config import load
from spacecast.ledger import open_ledger
from support import mail_server
from support.config_files import small_config, write_config
from support.world import made


@pytest.fixture
def world(tmp_path):
    with made(tmp_path) as world:
        yield world


@pytest.fixture
def mail():
    with mail_server.running() as server:
        yield server


@pytest.fixture
def ledger(tmp_path):
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield ledger
    ledger.close()


@pytest.fixture
def config_with(tmp_path):
    """Give a config with this section `notify`."""

    def made_config(**notify):
        return load(write_config(tmp_path, {**small_config(tmp_path), "notify": notify}))

    return made_config


@pytest.fixture
def tree() -> Path:
    """Give the root of the source tree."""
    return Path(__file__).resolve().parents[2]

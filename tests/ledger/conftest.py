import shutil
from pathlib import Path

import pytest

from support.ledgers import NAMES, filled


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Give the file of a ledger with many datasets."""
    return filled(tmp_path_factory.mktemp("template") / "ledger.sqlite", NAMES)


@pytest.fixture
def file(template, tmp_path):
    """Give a copy of it in a state folder of its own."""
    (tmp_path / "state").mkdir()
    return Path(shutil.copy(template, tmp_path / "state"))

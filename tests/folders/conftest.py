from pathlib import Path

import pytest

from support.folders import Clocks, Record


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "datasets"
    folder.mkdir()
    return folder


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def record() -> Record:
    return Record()

"""What holds for every test."""

from collections.abc import Iterator

import pytest
import structlog

from support.clock import Clock
from support.tiled_server import Served, serving


@pytest.fixture(autouse=True)
def logging_of_its_own() -> Iterator[None]:
    """Each test begins and ends with logging as it is before anybody sets it up, whatever stream a test gave it."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def tiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One real Tiled server for all tests of formats and catalog that a worker runs; each has folders of its own."""
    with serving(tmp_path_factory) as served:
        yield served


@pytest.fixture
def clock():
    """A clock that stands still until a test moves it."""
    return Clock()

"""What holds for every test."""

from collections.abc import Iterator

import pytest
import structlog

from spacecast.sandbox.tiled import TiledSandbox
from support import tiled_server
from support.clock import Clock


@pytest.fixture(autouse=True)
def logging_of_its_own() -> Iterator[None]:
    """Each test begins and ends with logging as it is before anybody sets it up, whatever stream a test gave it."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def shared_tiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TiledSandbox]:
    """One real Tiled server for all tests of a worker that need none of their own: one takes seconds to start.

    Each test has folders of its own, and containers or entries with names of its own.
    """
    with tiled_server.server(tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="session")
def tiled(shared_tiled: TiledSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tiled_server.Served]:
    """The shared server with a client and a folder for data."""
    with tiled_server.looked_at(shared_tiled, tmp_path_factory.mktemp("storage")) as served:
        yield served


@pytest.fixture
def clock():
    """A clock that stands still until a test moves it."""
    return Clock()

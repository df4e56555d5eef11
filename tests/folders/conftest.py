from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.folders import Clocks, Record
from support.watching import WatcherListener


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


@pytest.fixture
def listen(root) -> Iterator[Callable[..., WatcherListener]]:
    listeners: list[WatcherListener] = []

    def start(**options) -> WatcherListener:
        listeners.append(WatcherListener(**options))
        listeners[-1].settle(root)
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.watcher.stop(10.0)

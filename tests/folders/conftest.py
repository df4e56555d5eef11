from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spacecast.folders import Discovery, WatchedFolder
from support.folders import Clocks, Record, make_dataset
from support.following import Heard
from support.turns import make_discovery
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
def discovery(root, record, clocks) -> Discovery:
    return make_discovery(WatchedFolder(str(root)), record, clocks)


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


@pytest.fixture
def hear() -> Iterator[Callable[..., Heard]]:
    started: list[Heard] = []

    def start(**options) -> Heard:
        started.append(Heard(**options))
        return started[-1]

    yield start
    for heard in started:
        heard.follower.stop(10.0)


@pytest.fixture
def live(root) -> Path:
    return make_dataset(root, "live").parent

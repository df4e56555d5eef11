"""How long to torture, with which pauses, and the figures of it.

`SPACECAST_TORTURE=<number of kills>` asks for everything; without it a fixed small selection runs.
"""

import os
from itertools import count

import pytest

from support.torture import shrink_waits, trial
from support.torture_figures import Figures, summary
from support.trust import trust_few

_numbers = count(1)


@pytest.fixture(scope="session")
def kills():
    """How many times a daemon is killed in all."""
    return int(os.environ.get("SPACECAST_TORTURE") or 0)


@pytest.fixture(scope="session")
def is_long(kills):
    return kills > 0


@pytest.fixture(scope="module")
def hurried():
    with pytest.MonkeyPatch.context() as patch:
        shrink_waits(patch)
        trust_few(patch)
        yield


@pytest.fixture(scope="session")
def tiled(shared_tiled):
    """Each trial has its own place in the server."""
    return shared_tiled


@pytest.fixture
def cataloged(tiled):
    """Give a world for a trial whose datasets are registered with the server, too."""
    return lambda folder: trial(folder, tiled, tiled_path=f"trial-{next(_numbers)}")


@pytest.fixture
def figures(record_property):
    return Figures(record_property)


def pytest_terminal_summary(terminalreporter):
    lines = summary(terminalreporter.stats)
    if lines:
        terminalreporter.section("torture")
        for line in lines:
            terminalreporter.write_line(line)

"""How long to torture, with which pauses, and the figures of it.

`SPACECAST_TORTURE=<number of kills>` asks for everything; without it a fixed small selection runs.
"""

import os

import pytest

from support.torture import shrink_waits
from support.torture_figures import Figures, summary


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
        yield


@pytest.fixture
def figures(record_property):
    return Figures(record_property)


def pytest_terminal_summary(terminalreporter):
    lines = summary(terminalreporter.stats)
    if lines:
        terminalreporter.section("torture")
        for line in lines:
            terminalreporter.write_line(line)

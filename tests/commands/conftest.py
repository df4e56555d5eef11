"""Commands in this process beside an engine in this process: quick, and as real as two processes on one ledger."""

import pytest

from support.world import made


@pytest.fixture
def world(tmp_path):
    with made(tmp_path) as world:
        yield world

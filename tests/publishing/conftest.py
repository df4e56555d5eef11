"""Each test has a facility of its own."""

import pytest

from support.world import made


@pytest.fixture
def world(tmp_path):
    with made(tmp_path) as world:
        yield world

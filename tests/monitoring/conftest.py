"""A daemon whose figures are asked for; one for all tests that only ask."""

import pytest

from support.asking import await_answer, listening
from support.world import made

HOSTILE = "<img src=x onerror=alert(1)>\u202egnp"


@pytest.fixture
def world(tmp_path):
    with made(tmp_path) as world:
        yield world


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Give a world in which three datasets were published, one is blocked, and the daemon runs; and who asks it."""
    with made(tmp_path_factory.mktemp("monitoring")) as world:
        asker = listening(world)
        with world.engine():
            await_answer(asker)
            for name in ("first", "second", HOSTILE, "---"):
                world.drop(name)
            for path in sorted(world.root.iterdir()):
                world.await_state(path.name)
            yield world, asker

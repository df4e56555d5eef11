"""What holds for every test."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logging_of_its_own() -> Iterator[None]:
    """Each test begins and ends with logging as it is before anybody sets it up, whatever stream a test gave it."""
    yield
    structlog.reset_defaults()

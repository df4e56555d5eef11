from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tree():
    """Give the root of the source tree."""
    return Path(__file__).resolve().parents[2]

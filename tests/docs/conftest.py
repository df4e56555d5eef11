"""The pages for people, as they stand in the tree."""

from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
PAGES = sorted([TREE / "README.md", TREE / "CHANGELOG.md", *(TREE / "docs").rglob("*.md")])


def pytest_generate_tests(metafunc):
    """A test that asks for `page` runs for each one."""
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", PAGES, ids=[str(page.relative_to(TREE)) for page in PAGES])


@pytest.fixture
def tree() -> Path:
    """Give the root of the source tree."""
    return TREE


@pytest.fixture
def pages() -> list[Path]:
    """Give all pages."""
    return PAGES

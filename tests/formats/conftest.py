import pytest

from support.tiled_server import serving


@pytest.fixture(scope="module")
def tiled(tmp_path_factory):
    with serving(tmp_path_factory) as served:
        yield served

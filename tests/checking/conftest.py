import pytest

from spacecast.sandbox.onedata import OnedataSandbox
from support.preflight import values_for


@pytest.fixture
def onedata(tmp_path):
    folder = tmp_path / "onedata"
    folder.mkdir()
    with OnedataSandbox(folder) as sandbox:
        yield sandbox


@pytest.fixture
def values(tmp_path, onedata):
    return values_for(tmp_path, onedata)

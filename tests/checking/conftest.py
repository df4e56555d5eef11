import pytest

from spacecast.sandbox.onedata import OnedataSandbox


@pytest.fixture
def onedata(tmp_path):
    folder = tmp_path / "onedata"
    folder.mkdir()
    with OnedataSandbox(folder) as sandbox:
        yield sandbox

"""A dataset folder with a metadata file, open as a directory."""

import os

import pytest

from support.metadata_folder import OLD, Folder


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "dataset"
    path.mkdir()
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    made = Folder(path, descriptor)
    made.file.write_bytes(OLD)
    made.file.chmod(0o644)
    yield made
    os.close(descriptor)

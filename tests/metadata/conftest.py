"""A dataset folder with a metadata file, open as a directory."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from spacecast.metadata import Stamp, replace_file

OLD = b"DataId: 1\n# a comment\n"
NEW = OLD + b'Onedata:\n  Space: "abc"\n'


@dataclass
class Folder:
    path: Path
    descriptor: int
    name: str = "SPA.yml"

    @property
    def file(self):
        return self.path / self.name

    @property
    def content(self):
        return self.file.read_bytes()

    @property
    def stamp(self):
        return Stamp.of(self.file.stat())

    @property
    def names(self):
        return sorted(path.name for path in self.path.iterdir())

    def replace(self, new=NEW, expected=OLD, **demands):
        demands.setdefault("expected_stamp", self.stamp)
        return replace_file(self.descriptor, self.name, expected=expected, new=new, **demands)


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

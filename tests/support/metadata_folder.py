"""A dataset folder with a metadata file in it, open as a directory."""

from dataclasses import dataclass
from pathlib import Path

from spacecast.metadata import Journal, Stamp, replace_file

OLD = b"DataId: 1\n# a comment\n"
NEW = OLD + b'Onedata:\n  Space: "abc"\n'
SAVED = b"DataId: 2\n# saved by the operator\n"


@dataclass
class Folder:
    path: Path
    descriptor: int
    name: str = "SPA.yml"

    @property
    def file(self):
        return self.path / self.name

    @property
    def journal(self):
        return Journal(self.path.parent / "state" / "in-place")

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
        if "expected_stamp" not in demands:
            demands["expected_stamp"] = self.stamp
        return replace_file(self.descriptor, self.name, expected=expected, new=new, **demands)

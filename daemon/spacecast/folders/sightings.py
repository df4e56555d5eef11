"""What one look at a dataset's folder says.

Tuples and not dataclasses: a scan makes and compares a hundred thousand of them in a fraction of a second.
"""

import os
from pathlib import Path
from typing import NamedTuple

Identity = tuple[int, int]
"""Device and inode: what makes a folder the same folder after a rename."""

Paths = frozenset[str] | None
"""What may have changed below a dataset's folder: files and folders by their paths in it, None for anything."""


class Stamp(NamedTuple):
    """What changes when a file is written, replaced, or touched."""

    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """Return the stamp of a file from what `stat` said about it."""
        return cls(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class Sighting(NamedTuple):
    """A dataset's folder as it was at one moment.

    `metadata_name` is None when no metadata file is there; `folder_identity` is None when the folder itself
    is not there. `problem` says for people why the folder must not be used; it is then never opened.
    `trouble` says that the disk did not answer: nothing may be concluded from such a look. `former` is the number under
    which a folder with another name is known, as `Reactions.look_closer` has found out.
    """

    root: Path
    name: str
    metadata_name: str | None = None
    stamp: Stamp | None = None
    running: bool = False
    folder_identity: Identity | None = None
    problem: str | None = None
    trouble: str | None = None
    former: int | None = None

    @property
    def is_dataset(self) -> bool:
        """Whether there is anything to report: a metadata file, or a problem."""
        return self.metadata_name is not None or self.problem is not None

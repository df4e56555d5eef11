"""The file that is to be written: a name in an open folder, opened and compared in one way by everybody."""

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

from spacecast.faults import Fault
from spacecast.metadata.faults import LostRace, Unwritable, fault_of, shown
from spacecast.metadata.operations import FileOperations


class Stamp(NamedTuple):
    """What changes when a file is written, replaced, or touched; equal to the one of `folders`."""

    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Return the stamp of a file from what `stat` said about it."""
        return cls(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@dataclass(frozen=True)
class Target:
    """A file by its name in an open folder, and the calls to reach it."""

    operations: FileOperations
    directory: int
    name: str

    @contextlib.contextmanager
    def opened(self, flags: int = os.O_RDONLY) -> Iterator[int]:
        """Open the file, which must be a regular one with no second name."""
        descriptor = self.operations.open(self.directory, self.name, flags)
        try:
            self._check_kind(self.operations.fstat(descriptor))
            yield descriptor
        finally:
            self.operations.close(descriptor)

    def _check_kind(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise LostRace(f"{shown(self.name)} is not a regular file any more; it is looked at again.")
        if status.st_nlink == 0:  # somebody renamed a file over it just after it was opened
            raise self.lost()
        if status.st_nlink > 1:
            raise Unwritable(
                f"{shown(self.name)} has a second name (hard link), so it is not written. "
                "Replace it by a copy of its own."
            )

    def check(self, descriptor: int, stamp: tuple[int, int, int, int], content: bytes) -> None:
        """Raise LostRace unless the name and the open file are still what the stamp and content say."""
        named = Stamp.of(self.operations.stat(self.directory, self.name))
        opened = Stamp.of(self.operations.fstat(descriptor))
        if not (named == opened == tuple(stamp) and self.reads(descriptor, content)):
            raise self.lost()

    def reads(self, descriptor: int, content: bytes) -> bool:
        """Whether an open file has exactly this content."""
        return self.operations.read(descriptor, len(content) + 1) == content

    def lost(self) -> LostRace:
        """Return the fault that says that somebody else was quicker."""
        return LostRace(f"{shown(self.name)} was saved while its block was being written; it is looked at again.")


@contextlib.contextmanager
def as_faults(name: str, doing: str) -> Iterator[None]:
    """Turn errors of the operating system into faults; `doing` completes "while …"."""
    try:
        yield
    except Fault:
        raise
    except OSError as error:
        raise fault_of(error, name, doing) from error

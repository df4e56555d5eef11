"""What is known of a write into the same file while it goes on, so that one that was cut off is brought to its end.

The journal is a file of the service's own, not one beside the metadata file: where files are written in place the
folder may allow no new ones. It holds both contents, an invite token among them, and is there only for the write.
"""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Journal:
    """A file in the state folder, readable by the service alone; its folder is made when it is needed."""

    file: Path

    def keep(self, old: bytes, new: bytes) -> None:
        """Put both contents on the disk; raises OSError."""
        self.file.parent.mkdir(mode=0o700, exist_ok=True)
        partial = self.file.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(b"%d\n" % len(old) + old + new)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(self.file)
        _sync(self.file.parent)

    def kept(self) -> tuple[bytes, bytes] | None:
        """Return the old and the new content of a write that has not ended, None where there is none."""
        try:
            length, _, contents = self.file.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        return contents[: int(length)], contents[int(length) :]

    def drop(self) -> None:
        """Let go of it: the write has ended, or was undone."""
        self.file.unlink(missing_ok=True)

    def set_aside(self) -> Path:
        """Keep it for a person to look at, and return where."""
        return self.file.replace(self.file.with_suffix(".kept"))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

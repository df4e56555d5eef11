"""One scan: walk a folder on the disk and bring a space's files to what is there."""

import os
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spacecast.sandbox.onedata.imported_files import FileStamp, SpaceFiles, StoredFile


@dataclass
class ScanOptions:
    """What a scan does."""

    longest_depth: int
    detects_modifications: bool
    detects_deletions: bool


@dataclass
class Counters:
    """What a scan found; directories and files alike."""

    created: int = 0
    modified: int = 0
    deleted: int = 0
    unmodified: int = 0
    failed: int = 0


class Scan:
    """A scan of one folder; the counters can be read while it goes on."""

    def __init__(
        self,
        files: SpaceFiles,
        options: ScanOptions,
        *,
        lock: threading.RLock,
        now: int,
        stopped: Callable[[], bool],
    ) -> None:
        self.counters = Counters()
        self._files = files
        self._options = options
        self._lock = lock
        self._now = now
        self._stopped = stopped

    def run(self, folder: Path) -> None:
        """Walk the folder; files that cannot be looked at are counted as failed and left as they were."""
        self._directory(folder, self._files.root, depth=1)

    def _directory(self, folder: Path, directory: StoredFile, depth: int) -> None:
        if self._stopped():
            return
        found = self._look(folder)
        if found is None:
            self.counters.failed += 1
            return
        with self._lock:
            subdirectories = [
                file for name, stamp in sorted(found.items()) if (file := self._bring(directory, name, stamp))
            ]
            if self._options.detects_deletions:
                self._forget_missing(directory, found)
        if depth < self._options.longest_depth:
            for file in subdirectories:
                self._directory(folder / file.name, file, depth + 1)

    def _look(self, folder: Path) -> dict[str, FileStamp] | None:
        """Stat regular files and directories; links and devices are not imported."""
        try:
            with os.scandir(folder) as entries:
                stamps = {entry.name: _stamp(entry.stat(follow_symlinks=False)) for entry in entries}
        except OSError:
            return None
        return {name: stamp for name, stamp in stamps.items() if stat.S_IFMT(stamp.mode) in _IMPORTED}

    def _bring(self, directory: StoredFile, name: str, stamp: FileStamp) -> StoredFile | None:
        """Create or update one file; give it when it is a directory to walk."""
        file = directory.children.get(name)
        if file is not None and file.is_directory != stat.S_ISDIR(stamp.mode):
            self.counters.deleted += self._files.remove(file)
            file = None
        if file is None:
            self.counters.created += 1
            file = self._files.add(directory, name, stamp, self._now)
        elif self._options.detects_modifications and _differs(file, stamp):
            self.counters.modified += 1
            file.stamp = stamp
        else:
            self.counters.unmodified += 1
        return file if file.is_directory else None

    def _forget_missing(self, directory: StoredFile, found: dict[str, FileStamp]) -> None:
        for name in [name for name in directory.children if name not in found]:
            self.counters.deleted += self._files.remove(directory.children[name])


_IMPORTED = (stat.S_IFREG, stat.S_IFDIR)


def _differs(file: StoredFile, stamp: FileStamp) -> bool:
    if file.is_directory:
        # The times of a directory change with its entries, which are looked at themselves.
        return file.stamp.mode != stamp.mode
    return file.stamp != stamp


def _stamp(status: os.stat_result) -> FileStamp:
    return FileStamp(
        mode=status.st_mode,
        size=0 if stat.S_ISDIR(status.st_mode) else status.st_size,
        modified=int(status.st_mtime),
        changed=int(status.st_ctime),
        accessed=0,
        modified_ns=status.st_mtime_ns,
        changed_ns=status.st_ctime_ns,
        user=status.st_uid,
        group=status.st_gid,
    )

"""Where hints wait until the discovery gets to them: each once, and never more than a bounded number."""

import threading
from pathlib import Path

_FOLDER_LIMIT = 4096


class Hints:
    """Folders and whole roots to look at; filled from any thread, emptied by one."""

    def __init__(self, folder_limit: int = _FOLDER_LIMIT) -> None:
        self._folder_limit = folder_limit
        self._lock = threading.Lock()
        self._folders: dict[tuple[Path, str], None] = {}
        self._roots: dict[Path, None] = {}

    def add(self, root: Path, name: str | None) -> None:
        """Note a folder, or with None a whole root; a flood of folders becomes one scan of their roots."""
        with self._lock:
            if name is None:
                self._roots[root] = None
            else:
                self._folders[root, name] = None
            if len(self._folders) > self._folder_limit:
                self._roots.update(dict.fromkeys(folder[0] for folder in self._folders))
                self._folders.clear()

    def take_folder(self) -> tuple[Path, str] | None:
        """Take out the folder that was noted first."""
        if not self._folders:  # asked for each folder of a scan: not worth a lock
            return None
        with self._lock:
            for folder in self._folders:
                del self._folders[folder]
                return folder
        return None

    def take_roots(self) -> list[Path]:
        """Take out all roots."""
        with self._lock:
            roots = list(self._roots)
            self._roots.clear()
            return roots

    def __bool__(self) -> bool:
        return bool(self._folders or self._roots)

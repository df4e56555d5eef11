"""Roots: the folders named in the config, or matched by its patterns, whose sub-folders may be datasets.

A root that is missing, or is the empty place where a file system should be mounted, is a problem of the root.
It never means that its datasets are deleted.
"""

import fnmatch
import glob
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spacecast.folders.descriptors import identity_of, opened_root
from spacecast.folders.sightings import Identity
from spacecast.folders.wording import shown

Events = Literal["auto", "inotify", "poll"]
Known = Mapping[Path, Identity | None]


@dataclass(frozen=True)
class WatchedFolder:
    """One entry of `watch:` in the config: a folder or a pattern, and how to look at what it matches.

    `rescan_interval_seconds` None: the interval follows the cost of a scan.
    """

    folder: str
    events: Events = "auto"
    rescan_interval_seconds: float | None = None


@dataclass(frozen=True)
class Root:
    """A root by its resolved path, and the entry of the config that it comes from."""

    path: Path
    watched: WatchedFolder


@dataclass(frozen=True)
class RootState:
    """A root as it is now. With a problem it is not scanned, and nothing is concluded about its datasets."""

    root: Root
    identity: Identity | None = None
    problem: str | None = None


def expand_roots(watched: Iterable[WatchedFolder], known: Known | None = None) -> list[RootState]:
    """Return the roots of a config as they are now, each once; for `check`, `status` and other one-off looks."""
    roots = Roots(known)
    return [state for entry in watched for state in roots.look(entry)]


class Roots:
    """All roots that have ever been seen, with what each was, so that a lost mount is told from a deletion.

    Safe for use from several threads. `known`: roots in which datasets are expected from an earlier run, with their
    device and inode if on record.
    """

    def __init__(self, known: Known | None = None) -> None:
        self._identities: dict[Path, Identity | None] = dict(known or {})
        self._owners: dict[Path, WatchedFolder] = {}

    def look(self, watched: WatchedFolder) -> list[RootState]:
        """Expand one entry of the config anew: the roots it matches now and those it matched before.

        A folder that several entries match belongs to the first that was looked at.
        """
        states: dict[Path, RootState] = {}
        for match in _matches(watched):
            path = match.root.path
            if match.problem:
                states[path] = match
            elif self._owners.setdefault(path, watched) == watched:
                states[path] = self.check(match.root)
        for path in list(self._identities):
            # Known from an earlier run, and not there now.
            if path not in states and _is_meant(path, watched):
                self._owners.setdefault(path, watched)
        for path, owner in list(self._owners.items()):
            if owner == watched and path not in states:
                states[path] = self.check(Root(path, watched))
        return list(states.values())

    def check(self, root: Root) -> RootState:
        """Return what a single root is now."""
        path = root.path
        try:
            with opened_root(path) as descriptor:
                identity = identity_of(os.fstat(descriptor))
                if self._is_another(path, identity) and _is_empty(descriptor):
                    return RootState(root, identity, _not_mounted(path))
        except OSError as error:
            return RootState(root, problem=_unreachable(path, error))
        self._identities[path] = identity
        return RootState(root, identity)

    def root_of(self, path: Path) -> Root | None:
        """Return the root with this path if it has been seen."""
        owner = self._owners.get(path)
        return Root(path, owner) if owner else None

    def paths(self) -> list[Path]:
        """Return the paths of all roots that have been seen."""
        return list(self._owners)

    def identities(self) -> dict[Path, Identity]:
        """Return device and inode of every root that has been seen, to be given to the next run."""
        return {path: identity for path, identity in list(self._identities.items()) if identity}

    def identity(self, path: Path) -> Identity | None:
        """Return device and inode of a root as they were last seen."""
        return self._identities.get(path)

    def expect(self, path: Path) -> None:
        """Note that datasets are known in a root, so that finding it empty is no proof of anything."""
        self._identities.setdefault(path, None)

    def _is_another(self, path: Path, identity: Identity) -> bool:
        return path in self._identities and self._identities[path] != identity


def _matches(watched: WatchedFolder) -> Iterator[RootState]:
    if not glob.has_magic(watched.folder):
        yield RootState(Root(Path(watched.folder).resolve(), watched))
        return
    fixed = _fixed_part(watched.folder).resolve()
    for match in sorted(glob.glob(watched.folder)):  # noqa: PTH207  Path.glob takes no absolute pattern
        path = Path(match)
        if path.is_dir():
            yield _matched(path, fixed, watched)


def _is_meant(path: Path, watched: WatchedFolder) -> bool:
    """Say whether a resolved path is one that a pattern stands for, there or not."""
    if not glob.has_magic(watched.folder):
        return False
    fixed = _fixed_part(watched.folder)
    meant = (*fixed.resolve().parts, *Path(watched.folder).parts[len(fixed.parts) :])
    return len(meant) == len(path.parts) and all(map(fnmatch.fnmatchcase, path.parts, meant))


def _matched(path: Path, fixed: Path, watched: WatchedFolder) -> RootState:
    resolved = path.resolve()
    if resolved.is_relative_to(fixed):
        return RootState(Root(resolved, watched))
    # Whoever owns a folder that a pattern runs through could point us anywhere.
    problem = (
        f"{shown(path)} is a symbolic link that leads out of {shown(fixed)}, so it is not looked into. "
        "If it is meant, name its target in the config under watch."
    )
    return RootState(Root(path, watched), problem=problem)


def _fixed_part(pattern: str) -> Path:
    parts = Path(pattern).parts
    magic = next(position for position, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:magic])


def _is_empty(descriptor: int) -> bool:
    with os.scandir(descriptor) as entries:
        return not any(entry.name[0] != "." and entry.name != "lost+found" for entry in entries)


def _not_mounted(path: Path) -> str:
    return (
        f"{shown(path)} is empty and is not the folder it was before: its file system is probably not mounted. "
        "Its datasets are left as they are. Mount it; if it is meant to be empty, nothing needs to be done."
    )


def _unreachable(path: Path, error: OSError) -> str:
    return (
        f"{shown(path)} cannot be opened: {error.strerror}. Its datasets are left as they are. "
        "Check that it exists, is mounted, and that the service's user may read it."
    )

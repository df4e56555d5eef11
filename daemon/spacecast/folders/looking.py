"""Look at one folder, or at all folders of a root: which are datasets, and has anything changed.

A look costs one `stat` of the metadata file and one test for the running file; nothing is opened or read.
"""

import fnmatch
import glob
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from spacecast.faults import Fault, Passing
from spacecast.folders.descriptors import FOLDER, identity_of, kind_of, opened_root, single_component
from spacecast.folders.faults import RootUnreadable, fault_of
from spacecast.folders.memory import sound_fingerprint
from spacecast.folders.ordering import first_in_natural_order
from spacecast.folders.sightings import Identity, Sighting, Stamp
from spacecast.folders.wording import naming_problem, shown

_SIZE_LIMIT_BYTES = 1024 * 1024
_SIDECAR = re.compile(r"\.spacecast\.[^.]+\Z")  # our own file next to a metadata file, never one itself
_NEVER_A_DATASET = frozenset({"lost+found"})
_Fits = Callable[[str], bool]
_Found = tuple[str, os.stat_result]
IsKnown = Callable[[str, int], bool]


def _nothing_is_known(_name: str, _fingerprint: int) -> bool:
    return False


@dataclass(frozen=True)
class Wanted:
    """What makes a folder a dataset.

    `patterns`: names or shell patterns of the metadata file; the first that exists counts, and of several
    matches of one pattern the first in natural order. `running_file`: while it exists the dataset is live.
    """

    patterns: tuple[str, ...]
    running_file: str = ".running"
    size_limit_bytes: int = _SIZE_LIMIT_BYTES

    @cached_property
    def _rules(self) -> tuple[tuple[str, _Fits | None], ...]:
        return tuple((pattern, _fits(pattern) if glob.has_magic(pattern) else None) for pattern in self.patterns)

    def is_relevant(self, name: str) -> bool:
        """Whether a file of this name can be a metadata file or the running file."""
        return name == self.running_file or any(
            name == pattern if fits is None else fits(name) for pattern, fits in self._rules
        )

    def find(self, root_descriptor: int, folder_name: str) -> _Found | None:
        """Return name and status of the metadata file in a folder of the root, or None; raises OSError."""
        for pattern, fits in self._rules:
            name = pattern if fits is None else _first_match(root_descriptor, folder_name, fits)
            if name is None:
                continue
            try:
                path = f"{folder_name}/{name}"
                return name, os.stat(path, dir_fd=root_descriptor, follow_symlinks=False)
            except (FileNotFoundError, NotADirectoryError):
                continue
        return None

    def is_running(self, root_descriptor: int, folder_name: str) -> bool:
        """Whether the running file exists in a folder of the root; raises OSError where that cannot be told."""
        try:
            os.stat(f"{folder_name}/{self.running_file}", dir_fd=root_descriptor, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True


def _fits(pattern: str) -> _Fits:
    match = re.compile(fnmatch.translate(pattern)).match
    return lambda name: match(name) is not None and name[0] != "." and not _SIDECAR.search(name)


def _first_match(root_descriptor: int, folder_name: str, fits: _Fits) -> str | None:
    try:
        descriptor = os.open(folder_name, FOLDER, dir_fd=root_descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        # The folder may hold a million files, and is listed at each scan.
        with os.scandir(descriptor) as entries:
            return first_in_natural_order(entry.name for entry in entries if fits(entry.name))
    finally:
        os.close(descriptor)


def look(root: Path, name: str, wanted: Wanted) -> Sighting:
    """Return what the folder `name` of `root` is now; `is_dataset` is false when there is nothing to publish.

    Raises RootUnreadable when the root itself cannot be opened, Unusable when `name` is not one component.
    """
    single_component(name)
    try:
        with opened_root(root) as descriptor:
            return _look_below(descriptor, root, name, wanted)
    except OSError as error:
        raise root_unreadable(root, error) from error


def _look_below(descriptor: int, root: Path, name: str, wanted: Wanted) -> Sighting:
    try:
        status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return Sighting(root, name)
    except OSError as error:
        return _troubled(root, name, error)
    if stat.S_ISLNK(status.st_mode):
        return _linked(root, name)
    if not stat.S_ISDIR(status.st_mode):
        return Sighting(root, name)
    identity = identity_of(status)
    sighting = _see(descriptor, root, name, identity, wanted)
    return sighting or Sighting(root, name, folder_identity=identity)


def scan(
    root: Path,
    wanted: Wanted,
    *,
    keep_going: Callable[[], bool] = lambda: True,
    is_known: IsKnown = _nothing_is_known,
) -> Iterator[Sighting]:
    """Yield a sighting for each dataset, each problem and each trouble in a root, in the order of the disk.

    Folders with a leading dot, and folders without a metadata file, are passed over, and so are datasets of which
    `is_known` says, by name and fingerprint, that they lie as they did. Ends early when `keep_going`, asked before
    each folder, says no. Raises RootUnreadable, also halfway.
    """
    try:
        with opened_root(root) as descriptor, os.scandir(descriptor) as entries:
            device = os.fstat(descriptor).st_dev
            for entry in entries:
                if not keep_going():
                    return
                sighting = _see_entry(descriptor, root, entry, device, wanted, is_known)
                if sighting is not None:
                    yield sighting
    except OSError as error:
        raise root_unreadable(root, error) from error


def _see_entry(
    descriptor: int, root: Path, entry: os.DirEntry[str], device: int, wanted: Wanted, is_known: IsKnown
) -> Sighting | None:
    name = entry.name
    if name[0] == "." or name in _NEVER_A_DATASET:
        return None
    try:
        if entry.is_dir(follow_symlinks=False):
            return _see(descriptor, root, name, (device, entry.inode()), wanted, is_known)
        return _linked(root, name) if entry.is_symlink() else None
    except OSError as error:
        return _troubled(root, name, error)


def _see(
    descriptor: int,
    root: Path,
    name: str,
    identity: Identity,
    wanted: Wanted,
    is_known: IsKnown = _nothing_is_known,
) -> Sighting | None:
    try:
        found = wanted.find(descriptor, name)
        if found is None:
            return None
        metadata_name, status = found
        if status.st_dev != identity[0]:
            # A mount point or an overlay: the listing names the inode underneath.
            identity = identity_of(os.stat(name, dir_fd=descriptor, follow_symlinks=False))
        is_running = wanted.is_running(descriptor, name)
    except FileNotFoundError:
        return None
    except OSError as error:
        return _troubled(root, name, error)
    # A plain tuple, which costs a fraction of a Stamp. What could be a problem shows in it: kind and size at least.
    stamp = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    if status.st_nlink == 1 and is_known(
        name, sound_fingerprint(metadata_name, stamp, identity[1], running=is_running)
    ):
        return None
    return Sighting(
        root,
        name,
        metadata_name,
        Stamp(*stamp),
        is_running,
        identity,
        _problem(root, name, found, wanted.size_limit_bytes),
    )


def _problem(root: Path, name: str, found: _Found, size_limit_bytes: int) -> str | None:
    metadata_name, status = found
    naming = naming_problem(name)
    if naming is None and stat.S_ISREG(status.st_mode) and status.st_nlink <= 1 and status.st_size <= size_limit_bytes:
        return None
    if naming is not None:
        return f"A folder in {shown(root)} cannot be published: {naming}."
    return metadata_file_problem(f"{shown(root)}/{name}/{shown(metadata_name)}", status, size_limit_bytes)


def metadata_file_problem(what: str, status: os.stat_result, size_limit_bytes: int) -> str | None:
    """Return for people why a metadata file is not taken, or None when it is."""
    if not stat.S_ISREG(status.st_mode):
        return f"{what} is {kind_of(status)}, not a regular file. Put a regular file in its place."
    # None at all: it was renamed over at this very moment, which the stamps will show.
    if status.st_nlink > 1:
        return (
            f"{what} has {status.st_nlink} names (hard links), so writing to it would change a file elsewhere. "
            "Copy it in place of itself."
        )
    if status.st_size > size_limit_bytes:
        return f"{what} has {status.st_size} bytes; a metadata file has at most {size_limit_bytes}. Make it smaller."
    return None


def _linked(root: Path, name: str) -> Sighting:
    what = f"{shown(root)}/{shown(name)}"
    problem = f"{what} is a symbolic link; links are never followed. Move the folder itself there, or remove the link."
    return Sighting(root, name, problem=problem)


def _troubled(root: Path, name: str, error: OSError) -> Sighting:
    fault = fault_of(error, f"{shown(root)}/{shown(name)}")
    if isinstance(fault, Passing):
        return Sighting(root, name, trouble=f"{fault} It is left as it is and looked at again.")
    return Sighting(root, name, problem=str(fault))


def root_unreadable(root: Path, error: OSError) -> Fault:
    """Return the fault of a root that cannot be listed."""
    return RootUnreadable(
        f"{shown(root)} cannot be listed: {error.strerror}. Its datasets are left as they are. "
        "Check that it is mounted and that the service's user may read it."
    )

"""What is on disk: roots, the datasets in them, whether they are at rest, and how to open them safely.

A dataset is addressed by `(root, name)`: the resolved path of its root and the name of its folder there.
Folder contents are hostile input: nothing here follows a symbolic link below a root.
"""

from spacecast.folders.arrivals import Reactions
from spacecast.folders.discovery import Discovery
from spacecast.folders.disks import DiskHangs, Disks, DiskUser, Silence
from spacecast.folders.faults import Changed, RootUnreadable, Unusable, Vanished
from spacecast.folders.filesystems import FilesystemType, filesystem_type
from spacecast.folders.limits import InotifyLimits, inotify_limits
from spacecast.folders.looking import Wanted, look, scan
from spacecast.folders.opening import DatasetFolder, ReadFile, open_folder
from spacecast.folders.origins import Origin, origin_at
from spacecast.folders.pacing import Pace
from spacecast.folders.problems import Problem
from spacecast.folders.rest import Rest
from spacecast.folders.roots import Known as KnownRoots
from spacecast.folders.roots import Root, RootState, WatchedFolder, expand_roots
from spacecast.folders.sightings import Paths, Sighting, Stamp
from spacecast.folders.survey import ScanFigures
from spacecast.folders.walking import FoundFile, Skipped
from spacecast.folders.watching import Watcher

__all__ = [
    "Changed",
    "DatasetFolder",
    "Discovery",
    "DiskHangs",
    "DiskUser",
    "Disks",
    "FilesystemType",
    "FoundFile",
    "InotifyLimits",
    "KnownRoots",
    "Origin",
    "Pace",
    "Paths",
    "Problem",
    "Reactions",
    "ReadFile",
    "Rest",
    "Root",
    "RootState",
    "RootUnreadable",
    "ScanFigures",
    "Sighting",
    "Silence",
    "Skipped",
    "Stamp",
    "Unusable",
    "Vanished",
    "Wanted",
    "WatchedFolder",
    "Watcher",
    "expand_roots",
    "filesystem_type",
    "inotify_limits",
    "look",
    "open_folder",
    "origin_at",
    "scan",
]

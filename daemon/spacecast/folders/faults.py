"""What can go wrong with a folder or a file on disk, sorted by who can mend it.

::

    Passing
    ├── Vanished        it is not there, or something else has taken its place
    ├── Changed         it changed while it was read: look again
    └── RootUnreadable  the root cannot be listed now; says nothing about the datasets in it
    NeedsPerson
    ├── NotPermitted    the service's user may not read it
    └── Unusable        it is of a kind that is never followed or read (link, device, too large …)
"""

import errno

from spacecast.faults import Fault, NeedsPerson, NotPermitted, Passing


class Vanished(Passing):
    """A folder or file is gone, or is no longer the one that was looked at."""


class Changed(Passing):
    """A file was written while it was read; what was read is not used."""


class RootUnreadable(Passing):
    """A root could not be listed: nothing may be concluded about the datasets in it."""


class Unusable(NeedsPerson):
    """A folder or file that is refused for what it is."""


def fault_of(error: OSError, what: str) -> Fault:
    """Return the fault that an error of the operating system means for `what`, a name for people."""
    if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return Vanished(f"{what} is not there (any more).")
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return Unusable(
            f"{what} is a symbolic link or not a folder; links are never followed. "
            "Put the real folder or file in its place."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return NotPermitted(
            f"{what} may not be read by the service's user: {error.strerror}. "
            "Give that user read permission on it and search permission on its folders."
        )
    if error.errno == errno.ENAMETOOLONG:
        return Unusable(f"{what} has a name that is too long for the file system.")
    return Passing(f"{what} cannot be read now: {error.strerror}.")

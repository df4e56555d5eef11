"""What can be in the way of a scientist: each fault says what it is about and what to do next.

Fault
├── Passing
│   ├── NotReady          it will be there; wait for it
│   │   └── WaitedInVain  … and it was not within the time that was given
│   └── ServerAway        the server does not answer just now
└── NeedsPerson
    ├── NotReadable       it is there, and is no array or table
    ├── Blocked           the facility has to act; the daemon's own reason is in the message
    ├── Withdrawn         the facility has taken it back
    ├── NotAllowed        the key is missing or has no right
    ├── NoServer          nobody said where the catalog is
    ├── BadReference      no dataset or file can be meant by this
    ├── WrongUse          an argument that a function cannot take
    ├── MissingExtra      a package is not installed
    └── DownloadFailed    a file did not arrive, or not as it should be
"""

from typing import TYPE_CHECKING

from spacecast.faults import NeedsPerson, Passing

if TYPE_CHECKING:
    from spacecast.data.status import Status


class NotReady(Passing):
    """It cannot be read yet; `status` tells how it stands."""

    def __init__(self, message: str, *, status: "Status | None" = None) -> None:
        super().__init__(message)
        self.status = status


class WaitedInVain(NotReady, TimeoutError):  # noqa: N818 - these are called faults throughout
    """It did not become ready within the time that was given."""


class ServerAway(Passing):
    """The server does not answer, or only with its own errors; trying again later may help."""


class NotReadable(NeedsPerson):
    """The file is registered, and is no array, table or tree: it can only be downloaded."""


class Blocked(NeedsPerson):
    """The dataset does not come until somebody at the facility has acted."""


class Withdrawn(NeedsPerson):
    """The dataset was published, and the facility has taken it back."""


class NotAllowed(NeedsPerson):
    """The server wants a key, or another one."""


class NoServer(NeedsPerson):
    """It is not known at which server the datasets are."""


class BadReference(NeedsPerson):
    """The text or path names no dataset or file."""


class WrongUse(NeedsPerson, ValueError):  # noqa: N818 - these are called faults throughout
    """An argument is none of what a function takes."""


class MissingExtra(NeedsPerson):
    """A package that this function needs is not installed."""


class DownloadFailed(NeedsPerson):
    """A download was ended by its first failure; what has arrived stays, and the same call goes on from there."""

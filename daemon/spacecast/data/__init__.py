"""For scientists: refer to data at once, wait until it can be read, open it, find it, take it home.

    from spacecast import data

    ref = data.ref("20211227125_Demo", "spectrum_0001.dm4")
    data.wait(ref, timeout=600)
    spectrum = data.open(ref).read()

Where the datasets are is said by `$SPACECAST_URL`, a Tiled profile, or the argument `server` of each function.
"""

from spacecast.data.downloading import Downloaded, download
from spacecast.data.faults import (
    BadReference,
    Blocked,
    DownloadFailed,
    MissingExtra,
    NoServer,
    NotAllowed,
    NotReadable,
    NotReady,
    ServerAway,
    WaitedInVain,
    Withdrawn,
    WrongUse,
)
from spacecast.data.moved import relocate
from spacecast.data.offline import from_catalog
from spacecast.data.opening import Frame, disconnect, open, search  # noqa: A004 - `data.open` is the name
from spacecast.data.refs import Ref, ref
from spacecast.data.roots import RootMap
from spacecast.data.status import Status, status
from spacecast.data.waiting import wait

__all__ = [
    "BadReference",
    "Blocked",
    "DownloadFailed",
    "Downloaded",
    "Frame",
    "MissingExtra",
    "NoServer",
    "NotAllowed",
    "NotReadable",
    "NotReady",
    "Ref",
    "RootMap",
    "ServerAway",
    "Status",
    "WaitedInVain",
    "Withdrawn",
    "WrongUse",
    "disconnect",
    "download",
    "from_catalog",
    "open",
    "ref",
    "relocate",
    "search",
    "status",
    "wait",
]

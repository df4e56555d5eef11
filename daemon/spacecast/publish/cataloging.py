"""The stage *catalog*: Tiled serves the dataset's files, arrays and tables, under a key known from the start."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import structlog

from spacecast.catalog import (
    CatalogClient,
    Obstacle,
    Registered,
    mark,
)
from spacecast.config import Tiled
from spacecast.faults import Fault, NeedsPerson, NotPermitted, Passing
from spacecast.folders import Paths
from spacecast.publish.admission import CATALOG
from spacecast.publish.files_pass import CATALOG_ENTRY, FilesPass
from spacecast.publish.identity import NotOurs
from spacecast.publish.publication import Publication

log = structlog.get_logger()

_SHOWN_FILES = 3


def catalog_files(publication: Publication) -> None:
    """Bring the dataset's entry in Tiled into line with the folder; only what changed is sent.

    Needs nothing of Onedata: what is known of space and share goes into the metadata, the rest later. Raises
    a passing fault while files are there that cannot be read yet, and NotPermitted for what the service's user may not
    read; everything else is registered before. Raises OutOfTurn in the middle where others wait for long.
    """
    tiled, catalog = publication.config.tiled, publication.services.catalog
    if tiled is None or catalog is None:
        return
    try:
        with _pass_over(publication) as paths:
            files = FilesPass(publication, tiled, catalog, paths)
            registered = files.run()
    except NotOurs:
        # What the catalog says of the published dataset stays; a copy has nothing there.
        raise
    except NeedsPerson as fault:
        _say_blocked(publication, tiled, catalog, fault)
        raise
    _remember(publication, tiled, registered)
    if not publication.dataset.live:  # then it is looked through again soon
        _raise_for(publication, files.obstacles)
    _tell(publication, registered, files.growing)


def _pass_over(publication: Publication) -> AbstractContextManager[Paths]:
    """Give what is to be looked at: in a live dataset perhaps only what has just changed, otherwise everything."""
    dataset = publication.dataset
    return publication.services.live.going_through(dataset.root, dataset.name) if dataset.live else nullcontext()


def _raise_for(publication: Publication, obstacles: Sequence[Obstacle]) -> None:
    """Raise where files could not be read: what the disk did not give first, since that goes by itself."""
    name = publication.dataset.name
    unanswered = [one.path for one in obstacles if not one.lacks_permission]
    if unanswered:
        raise Passing(
            f"{len(unanswered)} files of {name} could not be read ({_some(unanswered)}); they are tried again"
        )
    if obstacles:
        closed = [one.path for one in obstacles]
        raise NotPermitted(
            f"{len(closed)} files or folders of {name} may not be read by the service's user ({_some(closed)}); "
            f"everything else is in the catalog. Give that user read permission, or move them out of the dataset"
        )


def _say_blocked(publication: Publication, tiled: Tiled, catalog: CatalogClient, fault: NeedsPerson) -> None:
    """Tell whoever waits for the dataset why it does not come; the catalog itself may be what is in the way."""
    try:
        mark(
            catalog,
            tiled.path,
            publication.dataset.key,
            status="blocked",
            reason=publication.services.without_secrets(str(fault)),
            access_tags=tiled.access_tags,
            stop=publication.stop,
        )
    except Fault as second:
        dataset = publication.dataset
        say = log.bind(dataset=dataset.name, root=str(dataset.root), stage=CATALOG)
        say.debug("catalog does not say why", reason=publication.services.without_secrets(str(second)))


def _remember(publication: Publication, tiled: Tiled, registered: Registered) -> None:
    path = "/".join((*tiled.path, publication.dataset.key))
    facts = {
        "entries": registered.entries,
        "unread": registered.unread_files,
        "files": registered.files,
        "bytes": registered.size_bytes,
    }
    known = publication.known(CATALOG_ENTRY)
    if known is None or dict(known.details) != facts:
        publication.confirm(CATALOG_ENTRY, path, **facts)


def _tell(publication: Publication, registered: Registered, growing: Sequence[str]) -> None:
    name = publication.dataset.name
    if growing and not publication.dataset.live:
        raise Passing(
            f"{len(growing)} files of {name} cannot be read yet ({_some(growing)}): they are still being written. "
            f"They can be downloaded already and are tried again"
        )
    if registered.waiting and not growing:
        publication.note = (
            f"{registered.waiting_files} files are cut off and can only be downloaded: {_some(registered.waiting)}"
        )


def _some(paths: Sequence[str]) -> str:
    return ", ".join(paths[:_SHOWN_FILES]) + (" …" if len(paths) > _SHOWN_FILES else "")

"""The stage *catalog*: Tiled serves the dataset's files, arrays and tables, under a key known from the start."""

import glob
import os
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import structlog

from spacecast.catalog import (
    CatalogClient,
    Obstacle,
    Registered,
    build_plan,
    mark,
    open_inventory,
    register,
    renew_plan,
)
from spacecast.config import Config, Tiled
from spacecast.faults import Fault, NeedsPerson, NotPermitted, Passing
from spacecast.folders import DatasetFolder, Paths, Skipped, open_folder
from spacecast.ledger import Dataset
from spacecast.metadata import publishable, sidecar_name
from spacecast.publish.admission import CATALOG
from spacecast.publish.identity import NotOurs
from spacecast.publish.kept_names import names_are_open
from spacecast.publish.link_share import SHARE
from spacecast.publish.progress import Progress
from spacecast.publish.publication import SPACE, NotYet, Publication
from spacecast.publish.reading import read_document

log = structlog.get_logger()

CATALOG_ENTRY = "catalog-entry"
INVENTORIES = "inventories"
"""The folder of what is known of datasets' files, in the state folder; all of it can be lost."""
# Fewer files than this are looked into once more, should the dataset change after its end.
_WORTH_KEEPING_FILES = 1000
_MOST_OBSTACLES = 1000
_SHOWN_FILES = 3
# An incomplete file that has not changed for so long is not being written any more.
_WRITTEN_SECONDS = 3600.0


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
            registered, growing, obstacles = _register(publication, tiled, catalog, paths)
    except NotOurs:
        # What the catalog says of the published dataset stays; a copy has nothing there.
        raise
    except NeedsPerson as fault:
        _say_blocked(publication, tiled, catalog, fault)
        raise
    _remember(publication, tiled, registered)
    if not publication.dataset.live:  # then it is looked through again soon
        _raise_for(publication, obstacles)
    _tell(publication, registered, growing)


def _pass_over(publication: Publication) -> AbstractContextManager[Paths]:
    """Give what is to be looked at: in a live dataset perhaps only what has just changed, otherwise everything."""
    dataset = publication.dataset
    return publication.services.live.going_through(dataset.root, dataset.name) if dataset.live else nullcontext()


def _register(
    publication: Publication, tiled: Tiled, catalog: CatalogClient, paths: Paths
) -> tuple[Registered, Sequence[PurePosixPath], Sequence[Obstacle]]:
    dataset, turn, closed = publication.dataset, publication.turn, list[Obstacle]()

    def note_closed(skipped: Skipped) -> None:
        if skipped.lacks_permission and len(closed) < _MOST_OBSTACLES:
            closed.append(Obstacle(skipped.path, lacks_permission=True))

    def open_file(path: PurePosixPath) -> BinaryIO:
        turn.gets_on()
        return folder.open(path)

    def note_written(done: int, total: int) -> None:
        publication.tell_progress(CATALOG, Progress("entries written", done, total))
        turn.gets_on()
        if done < total:
            turn.give_way()

    with open_folder(dataset.root, dataset.name, disk=publication.disk) as folder:
        read_document(publication, folder)
        if names_are_open(publication):
            raise NotYet(f"The space of {dataset.name} says under which key it is cataloged; it is looked at first.")
        names = publication.config.metadata.block_names
        said: dict[str, Any] = {
            "metadata": publishable(publication.document, (names.onedata, names.tiled), publication.services.secrets()),
            "facts": _facts(publication),
            "access_tags": tiled.access_tags,
            "stop": publication.stop,
        }
        if publication.known(CATALOG_ENTRY) is None:
            # Reading the headers may take long; the reference answers from now on.
            mark(catalog, tiled.path, dataset.key, status="pending", **said)
        place = inventory_file(publication.config, dataset)
        with open_inventory(place) as inventory:
            choice: dict[str, Any] = {
                "folder": tiled.path_at_server(PurePosixPath(folder.path)),
                "stop": publication.stop,
                "inventory": inventory,
                "left_out": _left_out(publication),
                "token_names": _token_names(publication),
            }
            looks = ((path, folder.files_at(path, note_closed)) for path in paths or ())
            plan = renew_plan(looks, open_file, **choice) if paths is not None else None
            if plan is None:
                found = folder.files(on_skipped=note_closed, ordered=False)
                counted = publication.counting(CATALOG, "files looked at", found)
                plan = build_plan(turn.giving_way(counted), open_file, **choice)
            turn.begin_anew()
            registered = register(
                catalog,
                tiled.path,
                dataset.key,
                plan,
                on_written=note_written,
                **said,
            )
            is_worth_keeping = dataset.live or len(plan.files) >= _WORTH_KEEPING_FILES
        if not is_worth_keeping:
            place.unlink(missing_ok=True)
        # Of a live dataset any file may still grow.
        growing = [path for path in registered.waiting if dataset.live or _is_fresh(folder, path)]
    return registered, growing, (*plan.obstacles, *closed)


def inventory_file(config: Config, dataset: Dataset) -> Path:
    """Return where it is kept what is known of a dataset's files."""
    return Path(config.state_folder) / INVENTORIES / f"{dataset.marker}.sqlite"


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


def _left_out(publication: Publication) -> frozenset[str]:
    # The metadata file and its sidecar carry the token, and so does what an earlier tool has kept apart.
    name = publication.dataset.metadata_name or ""
    settings = publication.config.metadata
    return frozenset({name, sidecar_name(name), settings.running_file, settings.earlier_file or name})


def _token_names(publication: Publication) -> tuple[str, ...]:
    # Copies of the metadata file are called like it, and the file itself may be one that the config names no more.
    settings = publication.config.metadata
    present = [publication.dataset.metadata_name or "", settings.earlier_file or ""]
    return (*settings.files, *map(glob.escape, present))


def _facts(publication: Publication) -> dict[str, Any]:
    """Return what the entry says of the dataset's place in Onedata, as far as it is known by now."""
    facts: dict[str, Any] = {
        "facility": publication.config.facility,
        "dataset": publication.dataset.name,
        "onezone": publication.config.onedata.zone.url.rstrip("/"),
    }
    if publication.known(SPACE):
        facts["space"] = publication.id_of(SPACE)
    if publication.known(SHARE):
        facts["share"] = publication.id_of(SHARE)
        facts["public_url"] = publication.detail(SHARE, "public_url")
        # From here anybody finds every file's id, and so the files themselves once the local copy is gone.
        facts["share_root"] = publication.detail(SHARE, "root_file_id")
    return facts


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


def _is_fresh(folder: DatasetFolder, path: PurePosixPath) -> bool:
    try:
        with folder.open(path) as file:
            return time.time() - os.fstat(file.fileno()).st_mtime < _WRITTEN_SECONDS
    except (Fault, OSError):
        # It has vanished meanwhile, or the disk does not answer: the next pass will see.
        return True


def _tell(publication: Publication, registered: Registered, growing: Sequence[PurePosixPath]) -> None:
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


def _some(paths: Sequence[PurePosixPath]) -> str:
    return ", ".join(map(str, paths[:_SHOWN_FILES])) + (" …" if len(paths) > _SHOWN_FILES else "")

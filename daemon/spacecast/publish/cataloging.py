"""The stage *catalog*: Tiled serves the dataset's files, arrays and tables, under a key known from the start."""

from pathlib import PurePosixPath
from typing import Any

from spacecast.catalog import Registered, build_plan, register
from spacecast.config import Tiled
from spacecast.faults import Passing
from spacecast.folders import open_folder
from spacecast.metadata import parse, publishable, sidecar_name
from spacecast.publish.adoption import SPACE
from spacecast.publish.link_provider import SHARE
from spacecast.publish.publication import Publication

CATALOG_ENTRY = "catalog-entry"
_SHOWN_FILES = 3


def catalog_files(publication: Publication) -> None:
    """Bring the dataset's entry in Tiled into line with the folder; only what changed is sent.

    Needs nothing of Onedata: what is known of space and share goes into the metadata, the rest later. Raises
    a passing fault while files are there that cannot be read yet.
    """
    tiled, catalog = publication.config.tiled, publication.services.catalog
    if tiled is None or catalog is None:
        return
    dataset = publication.dataset
    with open_folder(dataset.root, dataset.name) as folder:
        document = parse(folder.read(dataset.metadata_name or "").data, dataset.metadata_name or "")
        plan = build_plan(
            folder.files(),
            folder.open,
            folder=tiled.path_at_server(PurePosixPath(folder.path)),
            left_out=_left_out(publication),
        )
        names = publication.config.metadata.block_names
        registered = register(
            catalog,
            tiled.path,
            dataset.key,
            plan,
            metadata=publishable(document, (names.onedata, names.tiled), publication.services.secrets()),
            facts=_facts(publication),
            access_tags=tiled.access_tags,
            stop=publication.stop,
        )
    _remember(publication, tiled, registered)


def _left_out(publication: Publication) -> frozenset[str]:
    # The metadata file and its sidecar carry the token.
    name = publication.dataset.metadata_name or ""
    return frozenset({name, sidecar_name(name), publication.config.metadata.running_file})


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
    return facts


def _remember(publication: Publication, tiled: Tiled, registered: Registered) -> None:
    path = "/".join((*tiled.path, publication.dataset.key))
    facts = {"entries": registered.entries, "unread": len(registered.unread)}
    if publication.known(CATALOG_ENTRY) is None or publication.detail(CATALOG_ENTRY, "entries") != registered.entries:
        publication.confirm(CATALOG_ENTRY, path, **facts)
    if registered.waiting and not publication.dataset.live:
        shown = ", ".join(map(str, registered.waiting[:_SHOWN_FILES]))
        raise Passing(
            f"{len(registered.waiting)} files of {publication.dataset.name} cannot be read yet ({shown}): still being "
            f"written, or cut off. They are downloadable already and are tried again"
        )

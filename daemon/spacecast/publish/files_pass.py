"""One pass over a dataset's files: they are looked at, described, and brought into line in Tiled."""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from spacecast.catalog import (
    Ahead,
    CatalogClient,
    Obstacle,
    Plan,
    Registered,
    open_inventory,
    register,
    reserve,
)
from spacecast.config import Config, Tiled
from spacecast.faults import Fault
from spacecast.folders import DatasetFolder, Paths, Skipped, open_folder
from spacecast.ledger import Dataset
from spacecast.metadata import publishable
from spacecast.publish.admission import CATALOG
from spacecast.publish.kept_names import names_are_open
from spacecast.publish.link_share import SHARE
from spacecast.publish.planned_pass import PlannedPass
from spacecast.publish.progress import Progress
from spacecast.publish.publication import SPACE, NotYet, Publication
from spacecast.publish.reading import read_document

CATALOG_ENTRY = "catalog-entry"
INVENTORIES = "inventories"
"""The folder of what is known of datasets' files, in the state folder; all of it can be lost."""
# Fewer files than this are looked into once more, should the dataset change after its end.
_WORTH_KEEPING_FILES = 1000
_MOST_OBSTACLES = 1000
# An incomplete file that has not changed for so long is not being written any more.
_WRITTEN_SECONDS = 3600.0


@dataclass
class FilesPass:
    """A pass over the files of one dataset; over `paths` alone where only they have changed, None for all."""

    publication: Publication
    tiled: Tiled
    catalog: CatalogClient
    paths: Paths
    growing: Sequence[str] = ()
    """What could not be read because it is still being written."""
    obstacles: Sequence[Obstacle] = ()
    """What could not be read for other reasons."""
    _closed: list[Obstacle] = field(default_factory=list)

    def run(self) -> Registered:
        """Register what has changed and return how the dataset stands in Tiled."""
        dataset = self.publication.dataset
        with open_folder(dataset.root, dataset.name, disk=self.publication.disk) as folder:
            plan, registered = self._registered(folder, self._said(folder))
            # Of a live dataset any file may still grow.
            self.growing = [path for path in registered.waiting if dataset.live or _is_fresh(folder, path)]
        self.obstacles = (*plan.obstacles, *self._closed)
        return registered

    def _said(self, folder: DatasetFolder) -> dict[str, Any]:
        publication = self.publication
        read_document(publication, folder)
        if names_are_open(publication):
            name = publication.dataset.name
            raise NotYet(f"The space of {name} says under which key it is cataloged; it is looked at first.")
        names = publication.config.metadata.block_names
        return {
            "metadata": publishable(publication.document, (names.onedata, names.tiled), publication.services.secrets()),
            "facts": _facts(publication),
            "access_tags": self.tiled.access_tags,
            "stop": publication.stop,
        }

    def _registered(self, folder: DatasetFolder, said: dict[str, Any]) -> tuple[Plan, Registered]:
        dataset = self.publication.dataset
        place = inventory_file(self.publication.config, dataset)

        def enter(plan: Plan, **options: Any) -> Registered:
            return register(self.catalog, self.tiled.path, dataset.key, plan, **said, **options)

        with open_inventory(place) as inventory:
            with self._reserved(said) as ahead:
                look = PlannedPass(self.publication, self.tiled, folder, inventory, self._note_closed, enter, ahead)
                plan = look.plan(self.paths)
            self.publication.turn.begin_anew()
            registered = enter(
                plan, on_written=partial(self._note, "entries written"), on_sent=partial(self._note, "files sent")
            )
            is_worth_keeping = dataset.live or len(plan.files) >= _WORTH_KEEPING_FILES
        if not is_worth_keeping:
            place.unlink(missing_ok=True)
        return plan, registered

    def _reserved(self, said: Mapping[str, Any]) -> AbstractContextManager[Ahead | None]:
        """Have the reference answer from now on, for reading the headers may take long."""
        publication = self.publication
        if publication.known(CATALOG_ENTRY) is not None:
            return nullcontext()
        return reserve(self.catalog, self.tiled.path, publication.dataset.key, **said)

    def _note_closed(self, skipped: Skipped) -> None:
        if skipped.lacks_permission and len(self._closed) < _MOST_OBSTACLES:
            self._closed.append(Obstacle(skipped.path, lacks_permission=True))

    def _note(self, doing: str, done: int, total: int) -> None:
        self.publication.tell_progress(CATALOG, Progress(doing, done, total))
        if done:
            self.publication.turn.gets_on()
        if done < total:
            self.publication.turn.give_way()


def inventory_file(config: Config, dataset: Dataset) -> Path:
    """Return where it is kept what is known of a dataset's files."""
    return Path(config.state_folder) / INVENTORIES / f"{dataset.marker}.sqlite"


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


def _is_fresh(folder: DatasetFolder, path: str) -> bool:
    try:
        with folder.open(path) as file:
            return time.time() - os.fstat(file.fileno()).st_mtime < _WRITTEN_SECONDS
    except (Fault, OSError):
        # It has vanished meanwhile, or the disk does not answer: the next pass will see.
        return True

"""Makes the plan of one pass over a dataset's files: of those that have changed, or of all.

A pass over all files of a live dataset may take long: what is heard of meanwhile is looked at in its middle.
"""

import glob
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from spacecast.catalog import Ahead, Inventory, Plan, build_plan, renew_plan
from spacecast.config import Tiled
from spacecast.faults import Fault
from spacecast.folders import DatasetFolder, FoundFile, Paths, Skipped
from spacecast.metadata import sidecar_name
from spacecast.publish.admission import CATALOG
from spacecast.publish.publication import Publication
from spacecast.transport import Stopped

_FILES_BETWEEN_NEWS = 100
# Which files are the first of a series shows in natural order alone; the names of a folder take some megabytes then.
_MOST_SORTED_NAMES = 20_000


@dataclass
class PlannedPass:
    """One look at a dataset's files; `enter` brings a plan into the catalog."""

    publication: Publication
    tiled: Tiled
    folder: DatasetFolder
    inventory: Inventory
    on_skipped: Callable[[Skipped], None]
    enter: Callable[[Plan], object]
    ahead: Ahead | None = None
    """What sends full series while the others are being looked at; in the first pass over a dataset."""
    _hears: bool = field(default=True, init=False)

    def plan(self, paths: Paths) -> Plan:
        """Give the plan after a look at what is at these paths, None for everything.

        Everything is looked at also where it is not known what is at the others.
        """
        plan = None if paths is None else self._renewed(paths)
        return self._of_all() if plan is None else plan

    def _renewed(self, paths: Iterable[str]) -> Plan | None:
        looks = ((path, self.folder.files_at(path, self.on_skipped, tells_left_out=True)) for path in paths)
        return renew_plan(looks, self._open, **self._choice())

    def _of_all(self) -> Plan:
        most_sorted = 0 if self.ahead is None else _MOST_SORTED_NAMES
        found = self.folder.files(self.on_skipped, most_sorted=most_sorted, tells_left_out=True)
        counted = self.publication.counting(CATALOG, "files looked at", found)
        files = self._with_news(self.publication.turn.giving_way(counted))
        return build_plan(files, self._open, ahead=self.ahead, **self._choice())

    def _with_news(self, files: Iterable[FoundFile]) -> Iterator[FoundFile]:
        """Pass files on, and between them have entered what has changed meanwhile."""
        dataset, live = self.publication.dataset, self.publication.services.live
        for number, file in enumerate(files):
            # Where the others are not known there is no plan before the end.
            if dataset.live and self._hears and self.inventory.knew_all and number % _FILES_BETWEEN_NEWS == 0:
                with live.meanwhile(dataset.root, dataset.name) as paths:
                    self._enter_news(paths)
            yield file

    def _enter_news(self, paths: Iterable[str]) -> None:
        plan = self._renewed(paths) if paths else None
        if plan is None:
            return
        try:
            self.enter(plan)
        except Stopped:
            raise
        except Fault:
            # It is in the plan of all files too: what does not pass by then ends the pass, but not before the others.
            self._hears = False

    def _open(self, path: str) -> BinaryIO:
        self.publication.turn.gets_on()
        return self.folder.open(path)

    def _choice(self) -> dict[str, Any]:
        return {
            "folder": self.tiled.path_at_server(PurePosixPath(self.folder.path)),
            "stop": self.publication.stop,
            "inventory": self.inventory,
            "left_out": _left_out(self.publication),
            "token_names": _token_names(self.publication),
        }


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

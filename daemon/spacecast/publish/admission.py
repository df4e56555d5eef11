"""What a sighting means for the ledger: a new dataset, a changed one, one that is gone or back again."""

import os
import re
import threading
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from spacecast.config import Config, format_duration
from spacecast.folders import Sighting, Stamp
from spacecast.ledger import WITHDRAW, Condition, Dataset, Ledger, Stage, State, UnknownDataset
from spacecast.onedata import UnusableName, valid_name
from spacecast.publish.naming import free_key, free_marker, free_title
from spacecast.publish.withdrawn_folders import withdrawn_before

FOLDER_STAGE = "folder"
LINK, IMPORT, CATALOG = "link", "import", "catalog"
SCAN = "scan"
"""The remote effect that a stage *import* which is opened again must not take for its own."""

_ESCAPED_BYTE = re.compile(r"\\x([89a-f][0-9a-f])")


def stage_names(config: Config) -> tuple[str, ...]:
    """Return the stages that a dataset has under this config, in their order."""
    return (LINK, IMPORT, CATALOG) if config.tiled is not None else (LINK, IMPORT)


def stamp_text(stamp: Stamp) -> str:
    """Return a stamp as the ledger keeps it."""
    return ":".join(map(str, stamp))


class Admission:
    """Turns what the discovery reports into records of the ledger; nothing remote is touched here."""

    def __init__(self, ledger: Ledger, config: Config) -> None:
        self._ledger = ledger
        self._config = config
        self.places = threading.RLock()
        """Held while it is decided which dataset is where: a move must not mix with what is seen meanwhile."""

    def look_closer(self, sighting: Sighting) -> Sighting:
        """Find out whether a folder that is not known is a withdrawn one under another name; asks the disk for that."""
        if self._ledger.dataset_at(sighting.root, shown_name(sighting.name)) is not None:
            return sighting
        withdrawn = withdrawn_before(self._ledger, sighting)
        return sighting._replace(former=withdrawn.id if withdrawn is not None else None)

    def see(self, sighting: Sighting) -> Dataset:
        """Record a dataset that was seen for the first time or has changed, a problem with its folder included."""
        name = shown_name(sighting.name)
        with self.places:
            known = self._ledger.dataset_at(sighting.root, name)
            dataset = known or self._renamed(sighting, name) or self._add(sighting.root, name)
            self._note(dataset, sighting)
            self._judge_folder(dataset, sighting.problem)
            return self._ledger.dataset(dataset.id)

    def settle(self, sighting: Sighting) -> tuple[Dataset, list[str]]:
        """Take note that a metadata file is at rest; return the dataset and the stages to look at now.

        None, where the file is the one that was read last and nothing was left undone: our own write-back is
        recognised like this, and a dataset that was ready before a restart.
        """
        with self.places:
            return self._settle(sighting)

    def _settle(self, sighting: Sighting) -> tuple[Dataset, list[str]]:
        dataset = self.see(sighting)
        if dataset.state is State.WITHDRAWN:
            if dataset.live != sighting.running:
                self._ledger.update(dataset.id, live=sighting.running)
            return dataset, []
        is_read = sighting.stamp is not None and dataset.read_stamp == stamp_text(sighting.stamp)
        # What is written down of the running file is never ahead of the stages that its coming or going opens.
        if not is_read:
            return dataset, self.reopen(dataset.id, live=sighting.running)[:1]
        if dataset.live != sighting.running:
            return dataset, self.reopen(dataset.id, stage_names(self._config)[1:], live=sighting.running)
        return dataset, self._left_undone(dataset)

    def tell_restless(self, sighting: Sighting, seconds: float) -> None:
        """Say in the state of a dataset that waits for its metadata file why it waits; one with a link keeps it."""
        dataset = self.see(sighting)
        link = self._ledger.stages(dataset.id).get(LINK, Stage(LINK, Condition.PENDING))
        if link.condition is Condition.PENDING and dataset.state is not State.WITHDRAWN:
            quiet = format_duration(self._config.metadata.quiet)
            reason = (
                f"{dataset.metadata_name} has been changing for more than {int(seconds // 60)} min: something "
                f"keeps writing it. It is read once it stays unchanged for {quiet} (metadata.quiet)"
            )
            self._ledger.set_stages(dataset.id, [replace(link, reason=reason)])
            self._ledger.derive_state(dataset.id)

    def reopen(self, dataset_id: int, names: Sequence[str] | None = None, **facts: Any) -> list[str]:
        """Set stages, or all, back to pending, so that they are looked at from the beginning; return their names.

        Columns of the dataset that are given as `facts` change at the same instant.
        """
        chosen = list(stage_names(self._config) if names is None else names)
        self._ledger.reopen(dataset_id, chosen, forget=(SCAN,) if IMPORT in chosen else (), **facts)
        return chosen

    def lose(self, sighting: Sighting) -> Dataset | None:
        """Record that a folder or its metadata file is gone; what is published stays as it is."""
        dataset = self._ledger.dataset_at(sighting.root, shown_name(sighting.name))
        if dataset is None or dataset.state is State.WITHDRAWN:
            return dataset
        is_there = sighting.folder_identity is not None
        reason = f"{dataset.metadata_name} is gone" if is_there else "the folder is gone"
        self._ledger.move(
            dataset.id,
            State.MISSING,
            f"{reason}; what is published stays. Bring it back to go on",
        )
        return self._ledger.dataset(dataset.id)

    def follow(self, before: Dataset, found: Dataset, *, is_taken: bool) -> list[int]:
        """Let a published dataset go on in the folder in which it was found under another name; return what to look at.

        The record `found` of that folder has no remote object: it takes the place that became free, if that `is_taken`
        by another folder by now, and is dropped otherwise. Empty, and nothing done, where it is not that folder's any
        more; where the dataset is not where it was `before`, the record has to be looked at again.
        """
        present, dataset_id = self._ledger.dataset_at(found.root, found.name), before.id
        if present is None or present.id != found.id:
            return []
        found_id = found.id
        now = self._ledger.dataset(dataset_id)
        if now.path != before.path:
            return [found_id]
        self._ledger.exchange_places(dataset_id, found_id)
        self._ledger.clear_stage(dataset_id, FOLDER_STAGE)
        if now.state is State.MISSING:
            self._ledger.move(dataset_id, State.WAITING)
        self.reopen(dataset_id)
        if not is_taken:
            self._ledger.remove(found_id)
            return [dataset_id]
        self._ledger.update(found_id, **self._names(before.root, before.name))
        self.reopen(found_id)
        return [dataset_id, found_id]

    def _renamed(self, sighting: Sighting, name: str) -> Dataset | None:
        if sighting.former is None:
            return None
        try:
            withdrawn = self._ledger.dataset(sighting.former)
        except UnknownDataset:  # forgotten meanwhile
            return None
        if withdrawn.state is not State.WITHDRAWN:
            return None
        self._ledger.update(withdrawn.id, root=str(sighting.root), name=name)
        return self._ledger.dataset(withdrawn.id)

    def _add(self, root: Path, name: str) -> Dataset:
        return self._ledger.add(root, name, **self._names(root, name), marker=self._marker(root / name))

    def _names(self, root: Path, name: str) -> dict[str, str]:
        return {
            "key": free_key(root, name, lambda key: self._ledger.is_taken(key=key)),
            "title": free_title(self._title(name), str(root / name), lambda title: self._ledger.is_taken(title=title)),
        }

    def _marker(self, folder: Path) -> str:
        onedata = self._config.onedata
        return free_marker(
            urlsplit(onedata.provider.url).hostname or "",
            str(onedata.path_at_provider(PurePosixPath(folder))),
            lambda marker: self._ledger.is_taken(marker=marker),
        )

    def _title(self, name: str) -> str:
        try:
            return valid_name(self._config.onedata.names.name_for(name)).text
        except UnusableName:
            # Shown only: the link stage refuses such a dataset before anything is made under this title.
            return f"unnamed {uuid.uuid4()}"

    def _note(self, dataset: Dataset, sighting: Sighting) -> None:
        device, inode = sighting.folder_identity or (dataset.device, dataset.inode)
        metadata_name = shown_name(sighting.metadata_name or "") or dataset.metadata_name
        # Most sightings after a restart say nothing new; a hundred thousand needless writes would take a minute.
        if (device, inode, metadata_name) != (dataset.device, dataset.inode, dataset.metadata_name):
            self._ledger.update(dataset.id, metadata_name=metadata_name, device=device, inode=inode)

    def _judge_folder(self, dataset: Dataset, problem: str | None) -> None:
        stages = self._ledger.stages(dataset.id)
        if problem is not None:
            stage = Stage(FOLDER_STAGE, Condition.FAILED, problem, needs_person=True)
            self._ledger.set_stages(dataset.id, [stage])
        elif FOLDER_STAGE in stages:
            self._ledger.clear_stage(dataset.id, FOLDER_STAGE)
        if dataset.state is State.MISSING:
            self._ledger.move(dataset.id, State.WAITING)
        if problem is not None or FOLDER_STAGE in stages or dataset.state is State.MISSING:
            self._ledger.derive_state(dataset.id)

    def left_undone(self, dataset_id: int) -> list[str]:
        """Return the stages that a dataset is to be looked at for now; none for one that is not known any more."""
        try:
            dataset = self._ledger.dataset(dataset_id)
        except KeyError:
            return []
        if dataset.state is State.WITHDRAWN:
            return [WITHDRAW]
        # One that was never at rest has none yet; the discovery sees to it.
        return [name for name in self._left_undone(dataset) if self._ledger.stages(dataset_id)]

    def _left_undone(self, dataset: Dataset) -> list[str]:
        stages = self._ledger.stages(dataset.id)
        # What is live goes on being cataloged, although that stage is done.
        return [
            name
            for name in stage_names(self._config)
            if name not in stages or stages[name].condition is not Condition.DONE or (dataset.live and name == CATALOG)
        ]


def shown_name(name: str) -> str:
    """Return a name as the ledger keeps it: what is not UTF-8 in it is written out."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def name_on_disk(root: Path, name: str) -> str:
    """Return the name that a folder has on disk, from the one that the ledger keeps."""
    if _ESCAPED_BYTE.search(name) is None or os.path.lexists(root / name):
        return name
    return _ESCAPED_BYTE.sub(lambda found: os.fsdecode(bytes.fromhex(found[1])), name)

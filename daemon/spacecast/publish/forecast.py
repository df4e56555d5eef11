"""What a pass would do with each folder, and why, by the disk and the ledger alone: nothing is asked of any service.

Nothing is written either, neither to the disk nor to the ledger.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacecast.config import Config
from spacecast.faults import Fault, NeedsPerson
from spacecast.folders import Root, RootUnreadable, Sighting, Wanted, open_folder, origin_at, scan
from spacecast.ledger import Condition, Dataset, Ledger, State
from spacecast.metadata import BlockValues, is_sidecar, parse, read_block, read_sidecar, sidecar_name
from spacecast.onedata import valid_name
from spacecast.publish.admission import shown_name, stage_names, stamp_text
from spacecast.publish.link_storage import STORAGE
from spacecast.publish.publication import SPACE
from spacecast.publish.withdrawn_folders import withdrawn_before

NOTHING, PUBLISH, GO_ON, TAKE_OVER, WAIT, BLOCK, MARK_MISSING = (
    "nothing",
    "publish",
    "go on",
    "take over",
    "wait",
    "block",
    "mark missing",
)


@dataclass(frozen=True)
class Forecast:
    """What would happen to a folder, and the reason in words."""

    path: Path
    will: str
    """One of the words above."""
    why: str
    state: State | None = None
    """What the ledger says of it now; None where it is not known there."""


class Forecaster:
    """Tells what one pass would do; `ledger` is None where there is none yet."""

    def __init__(self, config: Config, ledger: Ledger | None, now: float | None = None) -> None:
        self._config = config
        self._ledger = ledger
        self._now = time.time() if now is None else now
        self._all_paused = ledger is not None and ledger.all_paused_since() is not None
        self._recorded: dict[Path, list[Dataset]] = defaultdict(list)
        for dataset in ledger.datasets() if ledger is not None else ():
            self._recorded[dataset.root].append(dataset)

    def of_root(self, root: Root) -> Iterator[Forecast]:
        """Yield what would happen to each folder below a root, those of the ledger included that are not there.

        Raises RootUnreadable where the root cannot be listed.
        """
        wanted = Wanted(self._config.metadata.files, self._config.metadata.running_file)
        seen = set[str]()
        for sighting in scan(root.path, wanted):
            name = shown_name(sighting.name)
            seen.add(name)
            known = self._known(sighting, name)
            will, why = self._judge(sighting, known)
            yield Forecast(root.path / name, will, why, known.state if known is not None else None)
        yield from self._of_absent(root.path, seen)

    def _known(self, sighting: Sighting, name: str) -> Dataset | None:
        if self._ledger is None:
            return None
        return self._ledger.dataset_at(sighting.root, name) or withdrawn_before(self._ledger, sighting)

    def _of_absent(self, root: Path, seen: set[str]) -> Iterator[Forecast]:
        for dataset in self._recorded[root]:
            if dataset.name in seen:
                continue
            if dataset.state in (State.MISSING, State.WITHDRAWN):
                yield Forecast(dataset.path, NOTHING, f"it is {dataset.state}, and not there", dataset.state)
            else:
                why = "its folder or metadata file is not there; what is published stays"
                yield Forecast(dataset.path, MARK_MISSING, why, dataset.state)

    def _judge(self, sighting: Sighting, known: Dataset | None) -> tuple[str, str]:
        if sighting.trouble is not None:
            return NOTHING, sighting.trouble
        if known is not None and known.state is State.WITHDRAWN:
            return NOTHING, "it was withdrawn, and is published again by `spacecast publish` only"
        if self._all_paused or (known is not None and known.paused):
            return NOTHING, "it is paused" if known is not None and known.paused else "all work is paused"
        if sighting.problem is not None:
            return BLOCK, sighting.problem
        return self._of_sound_folder(sighting, known)

    def _of_sound_folder(self, sighting: Sighting, known: Dataset | None) -> tuple[str, str]:
        is_same = known is not None and sighting.stamp is not None and known.read_stamp == stamp_text(sighting.stamp)
        if known is not None and is_same:
            return self._of_unchanged(known, sighting)
        try:
            valid_name(self._config.onedata.names.name_for(sighting.name))
            block = self._block(sighting)
        except NeedsPerson as problem:
            return BLOCK, str(problem)
        except Fault as waiting:
            return WAIT, str(waiting)
        rest_seconds = self._now - (max(sighting.stamp[2:]) / 1e9 if sighting.stamp is not None else 0.0)
        if 0 <= rest_seconds < self._config.metadata.quiet:
            return WAIT, f"{sighting.metadata_name} was changed {rest_seconds:.0f} s ago and must be at rest first"
        if known is not None and self._has_space(known):
            return GO_ON, f"{sighting.metadata_name} has changed: its content is taken over, its links are kept"
        return self._of_new(sighting, known, block)

    def _of_unchanged(self, known: Dataset, sighting: Sighting) -> tuple[str, str]:
        stages: Mapping[str, Any] = self._ledger.stages(known.id) if self._ledger is not None else {}
        undone = [
            name
            for name in stage_names(self._config)
            if name not in stages or stages[name].condition is not Condition.DONE
        ]
        if undone:
            reason = f": {known.reason}" if known.reason else ""
            return GO_ON, f"{', '.join(undone)} {'is' if len(undone) == 1 else 'are'} not done{reason}"
        if sighting.running:
            return GO_ON, f"it is live ({self._config.metadata.running_file} is there): new files are followed"
        if known.live:
            return GO_ON, f"{self._config.metadata.running_file} is gone: everything is scanned and compared once more"
        return NOTHING, "it is ready and lies as it did"

    def _of_new(self, sighting: Sighting, known: Dataset | None, block: BlockValues | None) -> tuple[str, str]:
        other = self._owner_of(block, known)
        if other is not None:
            return self._of_another_datasets_block(sighting, other)
        if block is not None and (block.space or block.public_url):
            named = block.space or block.public_url
            return TAKE_OVER, f"its block names {named}; it is taken over if the provider has it on this very folder"
        name = self._config.onedata.names.name_for(sighting.name)
        return PUBLISH, f"a space, a group and a public link are made under the name {valid_name(name).text}"

    def _of_another_datasets_block(self, sighting: Sighting, other: Dataset) -> tuple[str, str]:
        storage = self._ledger.objects(other.id).get(STORAGE) if self._ledger is not None else None
        folder = storage.details.get("folder") if storage is not None else None
        there, here = _origin(other.path), _origin(sighting.root / sighting.name)
        if there is not None and there.is_of(folder):
            return BLOCK, f"its block names the space of {other.path}: it is a copy"
        if here is not None and here.is_of(folder):
            return GO_ON, f"it is {other.path} under a new name, and goes on under its link"
        return BLOCK, f"its block names the space of {other.path}, which is not there: moved, or a copy of it"

    def _owner_of(self, block: BlockValues | None, known: Dataset | None) -> Dataset | None:
        if block is None or block.space is None or self._ledger is None:
            return None
        owners = [number for number in self._ledger.owners(SPACE, block.space) if known is None or number != known.id]
        return self._ledger.dataset(owners[0]) if owners else None

    def _has_space(self, known: Dataset) -> bool:
        return self._ledger is not None and SPACE in self._ledger.objects(known.id)

    def _block(self, sighting: Sighting) -> BlockValues | None:
        """Read the metadata file and the one beside it; raises what is wrong with them."""
        name, block_name = sighting.metadata_name or "", self._config.metadata.block_names.onedata
        with open_folder(sighting.root, sighting.name) as folder:
            block = read_block(parse(folder.read(name).data, name), block_name)
            if block is not None:
                return block
            try:
                beside = folder.read(sidecar_name(name)).data
                return read_block(read_sidecar(beside, name), block_name) if is_sidecar(beside) else None
            except Fault:
                # There is none, or none of ours.
                return None


def _origin(path: Path) -> Any:
    try:
        return origin_at(path)
    except OSError:
        return None


__all__ = ["Forecast", "Forecaster", "RootUnreadable"]

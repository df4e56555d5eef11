"""Tells a discovery what an earlier run knew, so that a start with years of datasets looks only at what changed."""

from collections import defaultdict
from pathlib import Path

from spacecast.config import Config
from spacecast.folders import Discovery, Sighting, Stamp
from spacecast.ledger import Ledger, Lying
from spacecast.publish.admission import name_on_disk, stage_names


def expect_known(discovery: Discovery, ledger: Ledger, config: Config) -> None:
    """Have every dataset of the ledger reported, but for those that are settled and lie as they did."""
    others: dict[str, list[str]] = defaultdict(list)
    settled: dict[str, list[Sighting]] = defaultdict(list)
    roots: dict[str, Path] = {}
    for lying in ledger.lying(stage_names(config)):
        root = roots.setdefault(lying.root, Path(lying.root))
        sighting = as_seen(root, lying) if lying.is_settled else None
        if sighting is not None:
            settled[lying.root].append(sighting)
        else:
            others[lying.root].append(name_on_disk(root, lying.name))
    for text, root in roots.items():
        discovery.expect(root, others[text], settled[text])


def as_seen(root: Path, lying: Lying) -> Sighting | None:
    """Return the sighting that a dataset gives if nothing has changed; None where that is not known."""
    if lying.metadata_name is None or lying.device is None or lying.inode is None or not lying.read_stamp:
        return None
    stamp = Stamp(*map(int, lying.read_stamp.split(":")))
    return Sighting(
        root, name_on_disk(root, lying.name), lying.metadata_name, stamp, folder_identity=(lying.device, lying.inode)
    )

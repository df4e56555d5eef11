"""Tells a discovery what an earlier run knew, so that a start with years of datasets looks only at what changed."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from spacecast.config import Config
from spacecast.folders import Discovery, Sighting, Stamp
from spacecast.ledger import Ledger, Lying
from spacecast.publish.admission import name_on_disk, stage_names


def expect_known(discovery: Discovery, ledger: Ledger, config: Config) -> None:
    """Have every dataset of the ledger reported, but for those that are settled and lie as they did."""
    # One by one: a list of all of them would take more memory than all that comes later.
    for text, there in groupby(ledger.lying(stage_names(config)), key=lambda lying: lying.root):
        root, others = Path(text), list[str]()
        discovery.expect(root, (), _settled(root, there, others))
        discovery.expect(root, others)


def _settled(root: Path, there: Iterable[Lying], others: list[str]) -> Iterator[Sighting]:
    """Yield the sightings of settled datasets, and add the names of all others to a list."""
    for lying in there:
        sighting = as_seen(root, lying) if lying.is_settled else None
        if sighting is not None:
            yield sighting
        else:
            others.append(name_on_disk(root, lying.name))


def as_seen(root: Path, lying: Lying) -> Sighting | None:
    """Return the sighting that a dataset gives if nothing has changed; None where that is not known."""
    if lying.metadata_name is None or lying.device is None or lying.inode is None or not lying.read_stamp:
        return None
    stamp = Stamp(*map(int, lying.read_stamp.split(":")))
    return Sighting(
        root, name_on_disk(root, lying.name), lying.metadata_name, stamp, folder_identity=(lying.device, lying.inode)
    )

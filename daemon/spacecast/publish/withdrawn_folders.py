"""Knows the folder of a withdrawn dataset again when it has another name."""

from pathlib import Path

from spacecast.folders import Origin, Sighting, origin_at
from spacecast.ledger import Dataset, Ledger

WITHDRAWN_FOLDER = "withdrawn-folder"
"""Which folder a withdrawn dataset was, so that it is known under another name."""


def withdrawn_before(ledger: Ledger, sighting: Sighting) -> Dataset | None:
    """Return the withdrawn dataset that a folder was under another name; it is not published again by a rename.

    Only where the file system tells when a folder was made: a new one may have got the number of an old one.
    """
    if sighting.folder_identity is None or sighting.problem is not None:
        return None
    candidates = ledger.withdrawn_at(*sighting.folder_identity)
    origin = _origin_at(sighting.root / sighting.name) if candidates else None
    if origin is None or origin.born_ns is None:
        return None
    for dataset in candidates:
        left = ledger.objects(dataset.id).get(WITHDRAWN_FOLDER)
        if left is not None and left.details.get("folder") == list(origin) and _origin_at(dataset.path) is None:
            return dataset
    return None


def _origin_at(path: Path) -> Origin | None:
    """Return which folder a path is now; None where nothing is there, or it cannot be told."""
    try:
        return origin_at(path)
    except OSError:
        return None

"""Goes on under the key and the title that an earlier ledger had given a dataset, so that references keep meaning it.

Of two folders with one name the first that is found gets the plain key. After the loss of a ledger that may be the
other one, so the space that was made for a folder, and the block in its file, say which key it had.
"""

import re

from spacecast.formats import dataset_key
from spacecast.metadata import read_tiled_block
from spacecast.onedata import SpaceDetails, UnusableName, valid_name
from spacecast.publish.claim import key_in, marker_in
from spacecast.publish.publication import Publication

_SUFFIX = re.compile(r" \([0-9a-f]{8}\)\Z")


def keep_names(publication: Publication, details: SpaceDetails) -> None:
    """Take key and title from a space that is the dataset's own; those that another dataset rightly has stay its own.

    A dataset whose space is not found yet gives them up, and gets what this one had.
    """
    dataset = publication.dataset
    key, title = _key(publication, details), _title(publication, details)
    if (key, title) != (dataset.key, dataset.title):
        publication.ledger.take_names(dataset.id, key=key, title=title)
        publication.dataset = publication.ledger.dataset(dataset.id)


def names_are_open(publication: Publication) -> bool:
    """Say whether the dataset's block has another key than the ledger, and its space has not been looked at yet."""
    written = _written_key(publication)
    return publication.known("space") is None and written is not None and written != publication.dataset.key


def _key(publication: Publication, details: SpaceDetails) -> str:
    found = key_in(details) or _written_key(publication)
    # What stands there is to be a key as we make them.
    return found if found is not None and dataset_key(found) == found else publication.dataset.key


def _written_key(publication: Publication) -> str | None:
    if not publication.is_adopted:
        return None
    values = read_tiled_block(publication.document, publication.config.metadata.block_names.tiled)
    return values.ref if values is not None else None


def _title(publication: Publication, details: SpaceDetails) -> str:
    present = publication.dataset.title
    try:
        is_usable = valid_name(details.name).text == details.name
    except UnusableName:
        return present
    # Spaces of other tools, and of releases without descriptions, have names that others chose.
    is_ours = marker_in(details) is not None or _SUFFIX.sub("", details.name) == _SUFFIX.sub("", present)
    return details.name if is_usable and is_ours else present

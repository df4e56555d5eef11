"""Access tags of what is registered already: given anew without a look at the folder, or at what the entries hold."""

import threading
from collections.abc import Sequence
from functools import partial

from spacecast.catalog.block import block_of
from spacecast.catalog.client import CatalogClient, EntryPath
from spacecast.catalog.faults import Gone
from spacecast.catalog.writing import EntryWriter


def give_access_tags(
    client: CatalogClient, parent: EntryPath, key: str, access_tags: Sequence[str], *, stop: threading.Event
) -> int:
    """Give a dataset's container and every entry of ours in it these access tags, and no others; return how many.

    The container comes first: from then on, who is not to see it any more gets to nothing below it either. Nothing else
    of an entry is sent, so this may be done beside a registration. None, where no container of ours is there. Raises
    the faults of the catalog's family, and Stopped soon after `stop` is set; it can be done again at any time.
    """
    writer = EntryWriter(client, (*parent, key), access_tags, stop)
    container = writer.patiently(partial(client.entry, writer.dataset))
    if container is None or block_of(container) is None:
        return 0
    given = _give(writer, writer.dataset)
    children = writer.patiently(lambda: [one.key for one in client.children(writer.dataset) if block_of(one)])
    return given + sum(_give(writer, (*writer.dataset, child)) for child in children)


def _give(writer: EntryWriter, path: EntryPath) -> int:
    try:
        writer.patiently(partial(writer.client.replace_metadata, path, None, access_tags=writer.access_tags))
    except Gone:
        # Removed, or made anew with the right tags, by a registration meanwhile.
        return 0
    return 1

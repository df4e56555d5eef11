"""What the container of a dataset has by now: its entries, and what each says of itself."""

from functools import partial

from spacecast.catalog.block import block_of
from spacecast.catalog.client import shown
from spacecast.catalog.entries import Entry
from spacecast.catalog.faults import Conflict, Failed
from spacecast.catalog.plan import FILES, Plan
from spacecast.catalog.writing import EntryWriter

Children = dict[str, str | None]
"""The digest of each entry in the dataset's container: empty for one that is not finished, None for another's."""


def list_children(writer: EntryWriter, plan: Plan) -> Children:
    """List the entries; those of ours by the plan that the server cannot read back are removed first.

    Raises Conflict where one that it cannot read back is another's, and Failed where it cannot list them all the same.
    """
    try:
        return _listed(writer)
    except Failed:
        _heal(writer, plan)
        return _listed(writer)


def _listed(writer: EntryWriter) -> Children:
    children = partial(writer.client.children, writer.dataset)
    return writer.patiently(lambda: {child.key: _digest_of_ours(child) for child in children()})


def _heal(writer: EntryWriter, plan: Plan) -> None:
    """Remove entries of ours that the server cannot read back: with one of them it can list none."""
    for key in writer.patiently(lambda: list(writer.client.child_keys(writer.dataset))):
        path = (*writer.dataset, key)
        try:
            writer.patiently(partial(writer.client.entry, path))
        except Failed as failure:
            if key != FILES and not plan.has(key):
                raise Conflict(
                    f"{shown(path)} in the catalog is broken, so that the server cannot list the dataset any more,"
                    " and it was not made by Spacecast. Remove it."
                ) from failure
            writer.remove(key)


def _digest_of_ours(child: Entry) -> str | None:
    block = block_of(child)
    return None if block is None else block.get("digest") or ""

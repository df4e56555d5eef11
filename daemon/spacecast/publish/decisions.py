"""What an operator has decided about a dataset by a command, where the service may not decide by itself.

The commands write it into the ledger; the next pass over the link obeys, and it is forgotten when that has ended well.
"""

import shlex

from spacecast.ledger import Dataset
from spacecast.publish.publication import Publication

ANEW = "order-publish"
"""The folder is to be a dataset of its own, with a new space, whatever its block says."""
ADOPT = "order-adopt"
"""The folder is the published dataset, although that cannot be proved."""


def command(verb: str, dataset: Dataset) -> str:
    """Return what an operator types about a dataset; the key, since names may be in several watched folders."""
    return f"`spacecast {verb} {shlex.quote(dataset.key)}`"


def disregard_block(publication: Publication) -> None:
    """Take the block for not there if the dataset is to be published anew; another one that comes later counts."""
    order, block = publication.known(ANEW), publication.block
    if order is None or block is None:
        return
    named = block.space or ""
    if "space" not in order.details:
        order = publication.confirm(ANEW, None, space=named)
    if order.details["space"] == named:
        publication.block = None


def is_to_be_adopted(publication: Publication) -> bool:
    """Say whether an operator vouches that the folder is the published dataset."""
    return publication.known(ADOPT) is not None


def forget_orders(publication: Publication) -> None:
    """Count what was ordered as done."""
    for kind in (ANEW, ADOPT):
        if kind in publication.objects:
            publication.forget(kind)

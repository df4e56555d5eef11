"""Removes a second storage of a dataset: what a panel was asked for in vain may still be done minutes later.

Storages have no name or place of their own, so a call that is repeated makes another (docs/decisions/0030; API
reference 5.3). The proxy before a panel gives a call up after a minute; how long the panel goes on is not known.
"""

import time

from spacecast.publish.claim import mount_point
from spacecast.publish.ensure import UNCLEAR
from spacecast.publish.link_storage import MADE_AGAIN, STORAGE, find_storage_of_ours
from spacecast.publish.publication import NotYet, Publication

# So long after a storage was made again, another may still turn up.
WATCH_SECONDS = 90.0
_LOOK_AGAIN_SECONDS = 15.0


def remove_twins(publication: Publication) -> None:
    """Remove storages that are ours, on this folder, and not the one that is recorded; most datasets cost no request.

    Looks only where a storage was asked for again after an attempt whose outcome was not known. The recorded one is
    in the ledger, and another that supports a space is refused by the panel: it raises StillInUse.
    """
    if publication.detail(STORAGE, MADE_AGAIN) is None:
        return
    while (twin := find_storage_of_ours(publication)) is not None:
        publication.services.panel.delete_storage(twin)


def require_no_more_twins(publication: Publication) -> None:
    """Remove what has turned up; raises NotYet while more may: where the panel itself left open what it was at."""
    made_again_at = publication.detail(STORAGE, MADE_AGAIN)
    if made_again_at is None:
        return
    remove_twins(publication)
    if not publication.detail(STORAGE, UNCLEAR):
        return
    left_seconds = WATCH_SECONDS - abs(time.time() - float(made_again_at))
    if left_seconds > 0:
        raise NotYet(
            f"The storage of {publication.dataset.name} on {mount_point(publication)} had to be asked for twice; it is "
            f"looked for a second one for some time.",
            retry_after_seconds=min(_LOOK_AGAIN_SECONDS, left_seconds),
        )

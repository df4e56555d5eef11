"""Looks whether what was published for a dataset is still there, at each pass over a link that was written.

What somebody has deleted is not made again by itself: they may have meant it. A person says so, as for a lost space.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from spacecast.faults import NeedsPerson
from spacecast.onedata import Gone
from spacecast.publish.adoption import BLOCK, is_answered, what_to_do
from spacecast.publish.hiding import SCAN_OWED
from spacecast.publish.link_invite import INVITE, supersede
from spacecast.publish.link_provider import IMPORT_SETUP, SUPPORT, VISIBILITY
from spacecast.publish.link_share import SHARE
from spacecast.publish.link_storage import STORAGE
from spacecast.publish.link_zone import GROUP, MEMBERSHIP, group_is_there
from spacecast.publish.publication import SPACE, Publication

LOST = "lost-objects"
"""That an operator was told of the loss of something, and what the metadata file was like then."""


@dataclass(frozen=True)
class _Loss:
    what: str
    kinds: tuple[str, ...]
    """What has to be found or made anew."""


def verify_published(publication: Publication) -> None:
    """Return if share, membership and support are there, or a person has said that they are to be made again.

    Raises NeedsPerson, which names what is lost, otherwise.
    """
    # While a scan is owed, pass follows pass, and each would ask again.
    if not publication.known(BLOCK) or SCAN_OWED in publication.objects:
        return
    losses = list(_losses(publication))
    if not losses:
        if publication.known(LOST):
            publication.forget(LOST)
        return
    if not is_answered(publication, LOST, publication.id_of(SPACE)):
        lost = " and ".join(loss.what for loss in losses)
        raise NeedsPerson(
            f"Somebody has deleted {lost} of {publication.dataset.name}: it is not there any more. "
            f"To have that made again, {what_to_do(publication, publication.id_of(SPACE))}"
        )
    for loss in losses:
        _forget(publication, loss)


def _losses(publication: Publication) -> Iterator[_Loss]:
    services, space_id = publication.services, publication.id_of(SPACE)
    group, share = publication.known(GROUP), publication.known(SHARE)
    if share is not None and _is_gone(publication, share.remote_id or ""):
        yield _Loss(f"the share {share.remote_id}", (SHARE,))
    if group is not None and publication.known(MEMBERSHIP):
        group_id = group.remote_id or ""
        if group_id not in services.zone.space_groups(space_id):
            is_there = group_is_there(publication, group_id)
            where = " in the space" if is_there else ""
            yield _Loss(f"the group {group_id}{where}", (MEMBERSHIP,) if is_there else (MEMBERSHIP, INVITE, GROUP))
    if publication.known(SUPPORT) and space_id not in services.panel.supported_spaces():
        has_storage = publication.id_of(STORAGE) in services.panel.storages()
        more = () if has_storage else (STORAGE,)
        yield _Loss("the provider's support", (SUPPORT, IMPORT_SETUP, VISIBILITY, *more))


def _is_gone(publication: Publication, share_id: str) -> bool:
    try:
        publication.services.zone.share(share_id)
    except Gone:
        return True
    return False


def _forget(publication: Publication, loss: _Loss) -> None:
    for kind in loss.kinds:
        if kind == INVITE and publication.known(INVITE):
            supersede(publication)
        else:
            publication.forget(kind)

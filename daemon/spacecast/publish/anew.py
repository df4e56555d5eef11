"""Publishes a dataset again whose space is lost: with a new space, and with the people who were in its group."""

from collections.abc import Iterator, Sequence

from spacecast.ledger import RemoteObject
from spacecast.onedata import Forbidden, Gone
from spacecast.publish.decisions import ANEW
from spacecast.publish.link_invite import INVITE, SUPERSEDED
from spacecast.publish.link_provider import SUPPORT
from spacecast.publish.link_zone import GROUP
from spacecast.publish.publication import SPACE, Publication, intended


def start_anew(publication: Publication) -> None:
    """Forget what was made for the lost space, at one instant; what stands apart from it is carried over.

    The group stays the dataset's if it is still there. Tokens that people have by now are revoked as soon as the new
    one is in the metadata file.
    """
    publication.start_anew(tuple(_carried_over(publication)))


def _carried_over(publication: Publication) -> Iterator[RemoteObject]:
    group = publication.objects.get(GROUP)
    if group is not None and (group.remote_id is None or _is_there(publication, group.remote_id)):
        yield group
    if INVITE in publication.objects:
        # One of which the ledger never heard is found by this, and counts.
        yield intended(INVITE, doubted=True, nothing_made=True)
    token_ids = _tokens_so_far(publication)
    if token_ids:
        yield RemoteObject(SUPERSEDED, None, confirmed=True, details={"token_ids": token_ids})
    space = publication.known(SPACE)
    if publication.known(ANEW) is not None and space is not None:
        yield RemoteObject(ANEW, None, confirmed=True, details={"space": space.remote_id})
    if SUPPORT in publication.objects:
        # The provider holds on to the storage for some seconds after the lost space.
        yield intended(SUPPORT, doubted=True, nothing_made=True)


def _is_there(publication: Publication, group_id: str) -> bool:
    try:
        publication.services.zone.group(group_id)
    except (Gone, Forbidden):
        return False
    return True


def _tokens_so_far(publication: Publication) -> Sequence[str]:
    invite, earlier = publication.known(INVITE), publication.detail(SUPERSEDED, "token_ids") or []
    present = [invite.remote_id] if invite is not None and invite.remote_id is not None else []
    return list(dict.fromkeys([*earlier, *present]))

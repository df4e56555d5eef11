"""The public share of a dataset: made once, and its page kept in line with template and config."""

import hashlib
from collections.abc import Iterator

from spacecast.faults import Fault, Unclear
from spacecast.onedata import Gone, ShareDetails
from spacecast.publish.description import share_description
from spacecast.publish.ensure import Found, ensure
from spacecast.publish.hiding import settle_before_sharing
from spacecast.publish.link_provider import VISIBILITY, soon
from spacecast.publish.publication import Publication

SHARE = "share"
_WRITTEN = "description_sha256"


def share(publication: Publication) -> None:
    """Make sure that there is one public share of the space's root, and learn its address.

    None is made before the provider knows that others may not read the file with the token; NotYet until then.
    """
    ensure(
        publication,
        SHARE,
        find=lambda: soon(publication, lambda: _find_share(publication)),
        create=lambda: soon(publication, lambda: _create_share(publication)),
    )


def _create_share(publication: Publication) -> Found:
    settle_before_sharing(publication)
    text = share_description(publication)
    share_id = publication.services.provider.create_share(
        publication.dataset.title, publication.id_of(VISIBILITY), description=text
    )
    try:
        return _share_found(publication.services.zone.share(share_id), _digest(text))
    except Fault as fault:
        raise Unclear(f"{fault} The share was made all the same; it is looked for.") from fault


def _find_share(publication: Publication) -> Found | None:
    written = publication.block.public_url if publication.block is not None else None
    candidates = [
        details
        for details in _root_shares(publication)
        if publication.was_there or details.name == publication.dataset.title
    ]
    # Of several that others made, the one whose address people have already.
    best = min(candidates, key=lambda details: details.public_url != written, default=None)
    return _share_found(best) if best is not None else None


def _root_shares(publication: Publication) -> Iterator[ShareDetails]:
    for share_id in publication.services.provider.direct_share_ids(publication.id_of(VISIBILITY)):
        try:
            yield publication.services.zone.share(share_id)
        except Gone:
            continue


def _share_found(details: ShareDetails, description: str | None = None) -> Found:
    facts = {"public_url": details.public_url, "root_file_id": details.root_file_id}
    return Found(details.share_id, {**facts, _WRITTEN: description} if description is not None else facts)


def renew_description(publication: Publication) -> None:
    """Bring the text of the public page into line with template and config; one that others wrote or changed stays."""
    text, written = share_description(publication), publication.detail(SHARE, _WRITTEN)
    if written == _digest(text):
        return
    zone, share_id = publication.services.zone, publication.id_of(SHARE)
    present = _digest(zone.share(share_id).description)
    if present not in (written, _digest(text)):
        return
    if present == written:
        zone.change_share(share_id, description=text)
    publication.confirm(SHARE, share_id, **{**publication.objects[SHARE].details, _WRITTEN: _digest(text)})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

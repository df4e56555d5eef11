"""What is told outside when a dataset's link is ready: once for each dataset, and not about what others have told."""

import time
from collections.abc import Mapping
from typing import Any

from spacecast.config import Config
from spacecast.ledger import Dataset, Event, Ledger, NewNotice, RemoteObject
from spacecast.notices import STAGE, Addressees, Invite, addressees, channels_for, is_wanted
from spacecast.onedata import Gone
from spacecast.publish.description import address_in_tiled
from spacecast.publish.link_invite import INVITE
from spacecast.publish.link_share import SHARE
from spacecast.publish.publication import SPACE, Publication
from spacecast.publish.services import Services

READY = "ready"


def ready_notice(publication: Publication) -> NewNotice | None:
    """Return the notice that a dataset's link is ready, None where it was told already.

    What an earlier tool or a lost ledger has published counts as told: nobody gets a mail about a link that he has had
    for months. The same holds where neither mail nor a webhook is configured by now.
    """
    config, dataset = publication.config, publication.dataset
    key = ready_key(dataset)
    if publication.ledger.was_announced(key):
        return None
    facts = ready_facts(config, dataset, publication.objects)
    if facts is None or publication.detail(SPACE, "adopted"):
        return NewNotice(key, READY, {}, dataset_id=dataset.id)
    who = _addressees(publication)
    if who.problems:
        _note(publication, "; ".join(who.problems))
    channels = channels_for(config, READY, users=who.everybody)
    return NewNotice(key, READY, {**facts, "to": list(who.to), "cc": list(who.cc)}, channels, dataset.id)


def ready_key(dataset: Dataset) -> str:
    """Return the key of the notice: another one only after a lost space was made anew."""
    return f"{READY}:{dataset.seed}"


def ready_facts(config: Config, dataset: Dataset, objects: Mapping[str, RemoteObject]) -> dict[str, Any] | None:
    """Return what texts and programs get to know about a dataset whose link is ready; no secret is among it.

    None where there is no link yet.
    """
    space, share, invite = (objects.get(kind) for kind in (SPACE, SHARE, INVITE))
    if space is None or share is None or not share.confirmed:
        return None
    address = address_in_tiled(config, dataset)
    has_invite = invite is not None and invite.confirmed and config.metadata.invite_token != "none"
    return {
        "name": dataset.name,
        "folder": str(dataset.path),
        "metadata_name": dataset.metadata_name or "",
        "title": dataset.title,
        "zone_url": config.onedata.zone.url,
        "space_id": space.remote_id,
        "public_url": str(share.details.get("public_url")),
        "tiled_uri": address,
        "ref": dataset.key if address else None,
        "has_invite": has_invite,
        "expires_at": invite.details.get("valid_until") if invite is not None and has_invite else None,
    }


def invite_of(services: Services, ledger: Ledger, dataset_id: int) -> Invite | None:
    """Return the present invite token of a dataset, from the zone; None where there is none any more.

    Raises a Fault where the zone cannot be asked.
    """
    known = ledger.objects(dataset_id).get(INVITE)
    if known is None or not known.confirmed or known.remote_id is None:
        return None
    try:
        token = services.zone.named_token(known.remote_id)
    except Gone:
        return None
    return None if token.revoked else Invite(token.token, token.valid_until)


def _addressees(publication: Publication) -> Addressees:
    mail = publication.config.notify.mail
    if mail is None or not is_wanted(publication.document, mail.users):
        return Addressees()
    return addressees(publication.document, mail.users)


def _note(publication: Publication, problem: str) -> None:
    """Write down whom the mail does not go to, and why; what the file says is not repeated."""
    event = Event(time.time(), STAGE, "mail", "recipients", f"{publication.dataset.metadata_name}: {problem}")
    publication.ledger.record(publication.dataset.id, event)

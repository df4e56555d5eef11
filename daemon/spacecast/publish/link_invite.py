"""The invite token of a dataset's group: made, kept good for long enough, and the one before it revoked.

A token is renewed well before it expires: the new one is made, then it stands in the metadata file, and only then the
old one is revoked. Which ones are to be revoked is in the ledger before the new one is made.
"""

import time
from collections.abc import Iterator
from itertools import count

from spacecast.config import Config
from spacecast.ledger import Dataset
from spacecast.onedata import Gone, NamedToken, ZoneClient
from spacecast.publish.adoption import adopted_token
from spacecast.publish.ensure import Found, ensure
from spacecast.publish.link_zone import GROUP, MARKER_KEY
from spacecast.publish.publication import Publication

INVITE, SUPERSEDED, REVOKE = "invite", "superseded-invites", "revoke"
_TOKEN_NAME_ROOM = 112
_LONGEST_LEAD_SECONDS = 7 * 86_400.0
_LEAD_SHARE = 0.25


def renewal_lead_seconds(config: Config) -> float:
    """Return how long before its end a token is renewed: a quarter of its life, a week at most."""
    return min(_LONGEST_LEAD_SECONDS, config.onedata.invite.valid_for * _LEAD_SHARE)


def invite(publication: Publication) -> None:
    """Make sure that there is an invite token for the group, limited in uses and time, and good for some time to come.

    The token itself is kept in memory only; the zone gives it again to whoever may have it.
    """
    if publication.known(INVITE) and not _is_still_good(publication):
        supersede(publication)
    ensure(
        publication,
        INVITE,
        find=lambda: _find_invite(publication),
        create=lambda: _create_invite(publication),
    )


def revoke_superseded(publication: Publication) -> None:
    """Revoke the tokens that were in the file before the present one; those that are deleted need nothing."""
    present = publication.known(INVITE)
    for token_id in publication.detail(SUPERSEDED, "token_ids"):
        if present is None or token_id != present.remote_id:
            _revoke(publication, token_id)
    publication.forget(SUPERSEDED)


def token_name(dataset: Dataset, number: int = 1) -> str:
    """Return the name of the invite token: unique by the marker, since token names must be, and numbered."""
    title = dataset.title[:_TOKEN_NAME_ROOM].rstrip(" .-")
    name = f"{title} {dataset.marker[:8]}"
    return name if number == 1 else f"{name} ({number})"


def tokens_made(zone: ZoneClient, dataset: Dataset) -> Iterator[NamedToken]:
    """Yield every token that was made for a dataset and not deleted, oldest first, revoked ones included."""
    for number in count(1):
        try:
            yield zone.token_by_name(token_name(dataset, number))
        except Gone:
            return


def _is_still_good(publication: Publication) -> bool:
    try:
        token = publication.services.zone.named_token(publication.id_of(INVITE))
    except Gone:
        return False
    if not _is_good(publication, token):
        return False
    publication.invite_token = token.token
    return True


def _is_good(publication: Publication, token: NamedToken) -> bool:
    """Say whether a token can still be used, and is not due to be renewed."""
    lead_seconds = renewal_lead_seconds(publication.config)
    expires_soon = token.valid_until is not None and token.valid_until <= time.time() + lead_seconds
    used_up = token.usage_limit is not None and token.usage_count >= token.usage_limit
    return not (token.revoked or expires_soon or used_up)


def supersede(publication: Publication) -> None:
    """Have the present token replaced by a new one, and revoked once that one is written."""
    earlier = publication.detail(SUPERSEDED, "token_ids") or []
    token_ids = list(dict.fromkeys([*earlier, publication.id_of(INVITE)]))
    publication.confirm(SUPERSEDED, None, token_ids=token_ids)
    publication.doubt(INVITE)


def _revoke(publication: Publication, token_id: str) -> None:
    try:
        publication.services.zone.change_token(token_id, revoked=True)
    except Gone:
        return


def _find_invite(publication: Publication) -> Found | None:
    superseded = publication.detail(SUPERSEDED, "token_ids") or ()
    for token in tokens_made(publication.services.zone, publication.dataset):
        if token.token_id in superseded:
            continue
        if _is_good(publication, token) and _is_our_invite(publication, token):
            publication.invite_token = token.token
            return _found_token(token)
    adopted = adopted_token(publication)
    if adopted is None or adopted.token_id in superseded or not _is_good(publication, adopted):
        return None
    if adopted.group_id != publication.id_of(GROUP):
        return None
    publication.invite_token = adopted.token
    return _found_token(adopted)


def _is_our_invite(publication: Publication, token: NamedToken) -> bool:
    marker = token.custom_metadata.get(MARKER_KEY)
    return token.group_id == publication.id_of(GROUP) and marker == publication.dataset.marker


def _found_token(token: NamedToken) -> Found:
    return Found(token.token_id, {"valid_until": token.valid_until})


def _create_invite(publication: Publication) -> Found:
    limits = publication.config.onedata.invite
    valid_until = int(time.time() + limits.valid_for)
    made = publication.services.zone.create_invite_token(
        token_name(publication.dataset, _free_number(publication)),
        group_id=publication.id_of(GROUP),
        usage_limit=limits.usage_limit,
        valid_until=valid_until,
        custom_metadata={MARKER_KEY: publication.dataset.marker},
    )
    publication.invite_token = made.token
    return Found(made.token_id, {"valid_until": valid_until})


def _free_number(publication: Publication) -> int:
    """Return the number of the next token; only after the first one was made before is the zone asked."""
    if not publication.was_tried(INVITE):
        return 1
    return 1 + sum(1 for _ in tokens_made(publication.services.zone, publication.dataset))

"""Steps at the Onezone: the space, the group that may read it, its membership and its invite token."""

import hashlib
import time

from spacecast.faults import NeedsPerson
from spacecast.onedata import Forbidden, Gone, GroupDetails, SpaceDetails, space_id_from_seed
from spacecast.publish.adoption import SPACE, adopted_space, adopted_token
from spacecast.publish.ensure import Found, ensure
from spacecast.publish.publication import Publication

GROUP, MEMBERSHIP, INVITE = "group", "membership", "invite"
MARKER_KEY = "spacecast"
_TOKEN_NAME_ROOM = 118


def space(publication: Publication) -> None:
    """Make sure that the dataset has its space; its id follows from the marker, so there is only ever one.

    A space that an earlier tool wrote into the metadata file is taken over; if it is lost a person decides.
    """
    ensure(
        publication,
        SPACE,
        find=lambda: adopted_space(publication) or _own_space(publication),
        create=lambda: _create_space(publication),
    )


def _own_space(publication: Publication) -> Found | None:
    space_id = space_id_from_seed(publication.dataset.seed)
    try:
        details = publication.services.zone.space(space_id)
    except (Gone, Forbidden):
        return None
    return Found(space_id) if _is_ours(publication, details) else None


def _is_ours(publication: Publication, details: SpaceDetails) -> bool:
    # Releases without descriptions ignore the seed too, so an id that matches is proof enough there.
    return details.description is None or publication.dataset.marker in details.description


def _create_space(publication: Publication) -> Found:
    dataset, onedata = publication.dataset, publication.config.onedata
    space_id = publication.services.zone.create_space(
        dataset.title,
        description=f"{publication.config.facility}, dataset {dataset.key}; marker {dataset.marker}",
        seed=dataset.seed,
        group_id=onedata.manager_group,
    )
    return Found(space_id)


def group(publication: Publication) -> None:
    """Make sure that the dataset has its group; its members will be able to read the space."""
    ensure(
        publication,
        GROUP,
        find=lambda: _find_group(publication),
        create=lambda: Found(_create_group(publication), {"name": publication.dataset.title}),
    )


def _create_group(publication: Publication) -> str:
    return publication.services.zone.create_group(
        publication.dataset.title, parent_id=publication.config.onedata.user_group
    )


def _find_group(publication: Publication) -> Found | None:
    adopted = adopted_token(publication)
    if adopted is not None and adopted.group_id:
        return Found(adopted.group_id, {"name": publication.dataset.title})
    candidates = [*_groups_of_space(publication), *_groups_to_choose_from(publication)]
    for candidate in candidates:
        if candidate.name == publication.dataset.title and not _belongs_to_another(publication, candidate.group_id):
            return Found(candidate.group_id, {"name": candidate.name})
    return None


def _groups_of_space(publication: Publication) -> list[GroupDetails]:
    if not publication.known(SPACE):
        return []
    zone, space_id = publication.services.zone, publication.id_of(SPACE)
    return [zone.space_group(space_id, group_id) for group_id in zone.space_groups(space_id)]


def _groups_to_choose_from(publication: Publication) -> list[GroupDetails]:
    zone, parent = publication.services.zone, publication.config.onedata.user_group
    if parent is None:
        return [zone.group(group_id) for group_id in zone.user_groups()]
    return [zone.child_group(parent, group_id) for group_id in zone.child_groups(parent)]


def _belongs_to_another(publication: Publication, group_id: str) -> bool:
    return any(number != publication.dataset.id for number in publication.ledger.owners(GROUP, group_id))


def membership(publication: Publication) -> None:
    """Make sure that the group is in the space, with the configured privileges and no others."""
    zone, wanted = publication.services.zone, publication.config.onedata.group_privileges
    space_id, group_id = publication.id_of(SPACE), publication.id_of(GROUP)

    def find() -> Found | None:
        if group_id not in zone.space_groups(space_id):
            return None
        present = set(zone.space_group_privileges(space_id, group_id))
        if present != set(wanted):
            zone.change_space_group_privileges(
                space_id, group_id, grant=sorted(set(wanted) - present), revoke=sorted(present - set(wanted))
            )
        return Found(group_id, {"privileges": list(wanted)})

    def create() -> Found:
        zone.add_group_to_space(space_id, group_id, privileges=wanted)
        return Found(group_id, {"privileges": list(wanted)})

    ensure(publication, MEMBERSHIP, find=find, create=create)


def invite(publication: Publication) -> None:
    """Make sure that there is an invite token for the group, limited in uses and time.

    The token itself is kept in memory only; the zone gives it again to whoever may have it.
    """
    ensure(
        publication,
        INVITE,
        find=lambda: _find_invite(publication),
        create=lambda: _create_invite(publication),
    )


def token_name(publication: Publication) -> str:
    """Return the name of the invite token: unique by the marker, since token names must be."""
    title = publication.dataset.title[:_TOKEN_NAME_ROOM].rstrip(" .-")
    return f"{title} {publication.dataset.marker[:8]}"


def _find_invite(publication: Publication) -> Found | None:
    adopted = adopted_token(publication)
    if adopted is not None and adopted.group_id == publication.id_of(GROUP):
        publication.invite_token = adopted.token
        return Found(
            adopted.token_id, {"valid_until": adopted.valid_until, "token_sha256": token_digest(adopted.token)}
        )
    try:
        token = publication.services.zone.token_by_name(token_name(publication))
    except Gone:
        return None
    marker = token.custom_metadata.get(MARKER_KEY)
    if token.group_id != publication.id_of(GROUP) or marker != publication.dataset.marker:
        raise NeedsPerson(
            f"The invite token {token_name(publication)!r} exists, but belongs to something else: rename it in Onezone"
        )
    publication.invite_token = token.token
    return Found(token.token_id, {"valid_until": token.valid_until, "token_sha256": token_digest(token.token)})


def _create_invite(publication: Publication) -> Found:
    limits = publication.config.onedata.invite
    valid_until = int(time.time() + limits.valid_for)
    made = publication.services.zone.create_invite_token(
        token_name(publication),
        group_id=publication.id_of(GROUP),
        usage_limit=limits.usage_limit,
        valid_until=valid_until,
        custom_metadata={MARKER_KEY: publication.dataset.marker},
    )
    publication.invite_token = made.token
    return Found(made.token_id, {"valid_until": valid_until, "token_sha256": token_digest(made.token)})


def token_digest(token: str) -> str:
    """Return by what a token is recognised without keeping it."""
    return hashlib.sha256(token.encode()).hexdigest()

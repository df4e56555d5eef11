"""Steps at the Onezone: the space, the group that may read it, its membership and its invite token."""

import time
from collections.abc import Iterator
from itertools import count

from spacecast.faults import Passing
from spacecast.onedata import AlreadyThere, Forbidden, Gone, GroupDetails, NamedToken, SpaceDetails, space_id_from_seed
from spacecast.publish.adoption import SPACE, adopted_space, adopted_token
from spacecast.publish.ensure import Found, ensure
from spacecast.publish.publication import Publication

GROUP, MEMBERSHIP, INVITE = "group", "membership", "invite"
MARKER_KEY = "spacecast"
_TOKEN_NAME_ROOM = 112
_LEAST_VALIDITY_SECONDS = 86_400
# The clocks of two machines, and the time that a request takes.
_CLOCK_SLACK_SECONDS = 300


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
    try:
        space_id = publication.services.zone.create_space(
            dataset.title,
            description=f"{publication.config.facility}, dataset {dataset.key}; marker {dataset.marker}",
            seed=dataset.seed,
            group_id=onedata.manager_group,
        )
    except AlreadyThere as there:
        return _own_space(publication) or _under_another_seed(publication, there)
    return Found(space_id)


def _under_another_seed(publication: Publication, there: AlreadyThere) -> Found:
    """Leave an id behind that somebody else's, or an orphaned, space has; the next attempt uses the next one."""
    publication.ledger.update(publication.dataset.id, generation=publication.dataset.generation + 1)
    raise Passing(f"{there} It is not ours; another id is used.") from there


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
    # What is in our space is ours by that; of others only what was made since we meant to, so that a folder with
    # the name of an existing group does not get an invite into it.
    for candidate in _groups_of_space(publication):
        if candidate.name == publication.dataset.title and not _belongs_to_another(publication, candidate.group_id):
            return Found(candidate.group_id, {"name": candidate.name})
    adopted = adopted_token(publication)
    if adopted is not None and adopted.group_id and not _belongs_to_another(publication, adopted.group_id):
        return Found(adopted.group_id, {"name": publication.dataset.title})
    for candidate in _groups_to_choose_from(publication):
        is_new = (candidate.created_at or 0) >= _intended_at(publication) - _CLOCK_SLACK_SECONDS
        is_named = candidate.name == publication.dataset.title
        if is_named and is_new and not _belongs_to_another(publication, candidate.group_id):
            return Found(candidate.group_id, {"name": candidate.name})
    return None


def _intended_at(publication: Publication) -> float:
    intent = publication.objects.get(GROUP)
    return float(intent.details.get("intended_at", time.time())) if intent is not None else time.time()


def _groups_of_space(publication: Publication) -> Iterator[GroupDetails]:
    if publication.known(SPACE):
        zone, space_id = publication.services.zone, publication.id_of(SPACE)
        yield from (zone.space_group(space_id, group_id) for group_id in zone.space_groups(space_id))


def _groups_to_choose_from(publication: Publication) -> Iterator[GroupDetails]:
    zone, parent = publication.services.zone, publication.config.onedata.user_group
    if parent is None:
        yield from (zone.group(group_id) for group_id in zone.user_groups())
    else:
        yield from (zone.child_group(parent, group_id) for group_id in zone.child_groups(parent))


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


def token_name(publication: Publication, number: int = 1) -> str:
    """Return the name of the invite token: unique by the marker, since token names must be, and numbered."""
    title = publication.dataset.title[:_TOKEN_NAME_ROOM].rstrip(" .-")
    name = f"{title} {publication.dataset.marker[:8]}"
    return name if number == 1 else f"{name} ({number})"


def is_good(token: NamedToken) -> bool:
    """Say whether a token can still be used, for some time."""
    expires_soon = token.valid_until is not None and token.valid_until < time.time() + _LEAST_VALIDITY_SECONDS
    used_up = token.usage_limit is not None and token.usage_count >= token.usage_limit
    return not (token.revoked or expires_soon or used_up)


def _find_invite(publication: Publication) -> Found | None:
    for number in count(1):
        try:
            token = publication.services.zone.token_by_name(token_name(publication, number))
        except Gone:
            break
        if is_good(token) and _is_our_invite(publication, token):
            publication.invite_token = token.token
            return _found_token(token)
    adopted = adopted_token(publication)
    if adopted is None or not is_good(adopted) or adopted.group_id != publication.id_of(GROUP):
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
        token_name(publication, _free_number(publication)),
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
    for number in count(1):
        try:
            publication.services.zone.token_by_name(token_name(publication, number))
        except Gone:
            return number
    raise AssertionError("numbers do not end")

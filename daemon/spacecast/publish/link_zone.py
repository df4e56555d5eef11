"""Steps at the Onezone: the space, the group that may read it, and its membership."""

import time
from collections.abc import Iterator

from spacecast.onedata import AlreadyThere, GroupDetails
from spacecast.publish.adoption import adopted_space, adopted_token
from spacecast.publish.claim import signature
from spacecast.publish.ensure import Found, ensure
from spacecast.publish.own_space import leave_id, own_space
from spacecast.publish.publication import SPACE, Publication

GROUP, MEMBERSHIP = "group", "membership"
MARKER_KEY = "spacecast"
# The clocks of two machines, and the time that a request takes.
_CLOCK_SLACK_SECONDS = 300


def space(publication: Publication) -> None:
    """Make sure that the dataset has its space; its id follows from the marker, so there is only ever one.

    At zones that ignore the seed it is looked for by its marker before it is made. A space that an earlier tool wrote
    into the metadata file is taken over; if it is lost a person decides.
    """
    if publication.known(SPACE):
        return
    ensure(
        publication,
        SPACE,
        find=lambda: adopted_space(publication) or own_space(publication),
        create=lambda: _create_space(publication),
        always_find=not publication.services.spaces.computes_ids(),
    )


def _create_space(publication: Publication) -> Found:
    # Another dataset may have got its own name back meanwhile, which this one had.
    publication.dataset = publication.ledger.dataset(publication.dataset.id)
    dataset, onedata = publication.dataset, publication.config.onedata
    try:
        space_id = publication.services.zone.create_space(
            dataset.title,
            description=f"{publication.config.facility}, dataset {dataset.key}{signature(publication)}",
            seed=dataset.seed,
            group_id=onedata.manager_group,
        )
    except AlreadyThere as there:
        return own_space(publication) or leave_id(publication, there)
    publication.services.spaces.note_made(space_id, dataset.seed)
    return Found(space_id)


def group(publication: Publication) -> None:
    """Make sure that the dataset has its group; its members will be able to read the space."""
    ensure(
        publication,
        GROUP,
        find=lambda: find_group(publication),
        create=lambda: Found(_create_group(publication), {"name": publication.dataset.title}),
    )


def _create_group(publication: Publication) -> str:
    return publication.services.zone.create_group(
        publication.dataset.title, parent_id=publication.config.onedata.user_group
    )


def find_group(publication: Publication) -> Found | None:
    """Return the group that an earlier attempt, or another tool, has made for the dataset; None without."""
    # What is in our space is ours by that; of others only what was made since we meant to, so that a folder with
    # the name of an existing group does not get an invite into it.
    for candidate in _groups_of_space(publication):
        if candidate.name == publication.dataset.title and not _belongs_to_another(publication, candidate.group_id):
            return Found(candidate.group_id, {"name": candidate.name})
    adopted = adopted_token(publication)
    if adopted is not None and adopted.group_id and not _belongs_to_another(publication, adopted.group_id):
        return Found(adopted.group_id, {"name": publication.dataset.title})
    for candidate in _groups_to_choose_from(publication):
        is_new = (candidate.created_at or 0) >= _not_before(publication) - _CLOCK_SLACK_SECONDS
        is_named = candidate.name == publication.dataset.title
        if is_named and is_new and not _belongs_to_another(publication, candidate.group_id):
            return Found(candidate.group_id, {"name": candidate.name})
    return None


def _not_before(publication: Publication) -> float:
    """Return when a group of the dataset can have been made at the earliest: its space is made first."""
    space_made_at = publication.detail(SPACE, "created_at")
    if space_made_at is not None:
        return float(space_made_at)
    intent = publication.objects.get(GROUP)
    return float(intent.details.get("intended_at", time.time())) if intent is not None else time.time()


def group_is_there(publication: Publication, group_id: str) -> bool:
    """Say whether the zone still has a group."""
    zone, parent = publication.services.zone, publication.config.onedata.user_group
    return group_id in (zone.user_groups() if parent is None else zone.child_groups(parent))


def _groups_of_space(publication: Publication) -> Iterator[GroupDetails]:
    if publication.known(SPACE):
        zone, space_id = publication.services.zone, publication.id_of(SPACE)
        yield from (zone.space_group(space_id, group_id) for group_id in zone.space_groups(space_id))


def _groups_to_choose_from(publication: Publication) -> Iterator[GroupDetails]:
    zone, parent = publication.services.zone, publication.config.onedata.user_group
    if parent is None:
        yield from (zone.group(group_id) for group_id in _of_nobody_else(publication, zone.user_groups()))
    else:
        present = _of_nobody_else(publication, zone.child_groups(parent))
        yield from (zone.child_group(parent, group_id) for group_id in present)


def _of_nobody_else(publication: Publication, group_ids: tuple[str, ...]) -> list[str]:
    return publication.ledger.not_recorded(GROUP, group_ids)


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

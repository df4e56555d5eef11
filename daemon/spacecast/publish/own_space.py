"""Finds the space that was made for a dataset: by the id that follows from its marker, else by the marker itself."""

import time

from spacecast.faults import NeedsPerson, Passing
from spacecast.onedata import AlreadyThere, Forbidden, Gone, SpaceDetails, space_id_from_seed
from spacecast.publish.claim import backing, is_over_this_folder, refuse_another_instance
from spacecast.publish.ensure import Found
from spacecast.publish.kept_names import keep_names
from spacecast.publish.publication import SPACE, Publication

# The clocks of two machines, and the time that a request takes.
_CLOCK_SLACK_SECONDS = 300


def own_space(publication: Publication) -> Found | None:
    """Return the space that an earlier attempt has made, None where there is none, or none that we may see."""
    space_id = space_id_from_seed(publication.dataset.seed)
    try:
        details = publication.services.zone.space(space_id)
    except (Gone, Forbidden):
        return None if publication.services.spaces.computes_ids() else _by_marker(publication)
    # Releases without descriptions ignore the seed too, so an id that matches is proof enough there.
    is_marked = details.description is None or publication.dataset.marker in details.description
    return _found(publication, details) if is_marked else None


def _found(publication: Publication, details: SpaceDetails) -> Found | None:
    if set(publication.ledger.owners(SPACE, details.space_id)) - {publication.dataset.id}:
        return None
    # One that is over another folder belongs to a dataset that was here before, and was moved.
    storage = backing(publication, details.space_id)
    if storage is not None and not is_over_this_folder(publication, storage):
        return None
    refuse_another_instance(publication, details)
    keep_names(publication, details)
    return Found(details.space_id, {"was_there": True, "created_at": details.created_at})


def leave_id(publication: Publication, there: AlreadyThere) -> Found:
    """Decide about an id that is taken by a space which cannot be found as ours; raises the fault that says what next.

    The id follows from where the folder lies. So a space that we may not see is the folder's all the same, and a second
    one must not be made. What cannot be found although it is taken is left over from a space that was deleted: after
    some time, in which a slow zone may still show it, the next attempt uses another id.
    """
    dataset, waits = publication.dataset, publication.config.onedata.waits
    is_new = time.time() - _intended_at(publication) <= waits.visibility
    try:
        publication.services.zone.space(space_id_from_seed(dataset.seed))
    except Gone:
        if is_new:
            raise Passing(f"{there} It cannot be seen yet; it is looked for again.") from there
    except Forbidden as forbidden:
        if is_new:
            raise Passing(f"{forbidden} It was made a moment ago; it is looked for again.") from forbidden
        raise NeedsPerson(
            f"{dataset.path} has a space already that the token's user may not see. Take the user into the space, or "
            f"into the group that owns it; or have who may delete it, if nobody uses it. {forbidden}"
        ) from forbidden
    publication.ledger.update(dataset.id, generation=dataset.generation + 1)
    raise Passing(f"{there} It is not ours; another id is used.") from there


def _intended_at(publication: Publication) -> float:
    intent = publication.objects.get(SPACE)
    return float(intent.details.get("intended_at", time.time())) if intent is not None else time.time()


def _by_marker(publication: Publication) -> Found | None:
    services = publication.services
    for seen in services.spaces.of_no_dataset(publication.config.onedata.manager_group):
        if _is_made_for(publication, seen):
            try:
                found = _found(publication, services.zone.space(seen.space_id))
            except Gone:
                continue
            if found is not None:
                return found
    return None


def _is_made_for(publication: Publication, details: SpaceDetails) -> bool:
    if details.description is not None:
        return publication.dataset.marker in details.description
    # 20.02 has no descriptions, and titles are unique among our datasets. Of spaces with this name the folder's own
    # are those over it, those that are new, and those that nobody has done anything with.
    if details.name != publication.dataset.title:
        return False
    is_new = (details.created_at or 0) >= _intended_at(publication) - _CLOCK_SLACK_SECONDS
    return is_new or backing(publication, details.space_id) is not None or _is_untouched(publication, details)


def _is_untouched(publication: Publication, details: SpaceDetails) -> bool:
    """Say whether no provider supports a space, and nobody's group is in it but the service's and the dataset's."""
    zone, managers = publication.services.zone, publication.config.onedata.manager_group
    others = (group_id for group_id in zone.space_groups(details.space_id) if group_id != managers)
    names = (zone.space_group(details.space_id, group_id).name for group_id in others)
    return not details.providers and all(name == publication.dataset.title for name in names)

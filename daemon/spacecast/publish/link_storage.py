"""The step *storage*: the provider has one storage on the dataset's folder, found by folder and marker, else made."""

import time
from pathlib import PurePosixPath

from spacecast.publish.claim import INSTANCE_KEY, PREFIX, mount_point, refuse_instance
from spacecast.publish.decisions import is_to_be_adopted
from spacecast.publish.ensure import UNCLEAR, Found, ensure
from spacecast.publish.link_zone import MARKER_KEY
from spacecast.publish.publication import SPACE, Publication

STORAGE = "storage"
MADE_AGAIN = "made_again_at"
"""When a storage was asked for, although an earlier attempt may still come to something."""


def storage(publication: Publication) -> None:
    """Make sure that the provider has an imported, read-only storage on the dataset's folder, wherever that is now."""
    place = mount_point(publication)
    _follow(publication, place)
    may_come_yet = publication.may_have_been_made(STORAGE)
    ensure(
        publication,
        STORAGE,
        find=lambda: _find(publication, place),
        create=lambda: _create(publication, place, may_come_yet=may_come_yet),
        # Another tool, or a lost ledger, may have left a storage on this folder.
        always_find=True,
    )


def _find(publication: Publication, place: PurePosixPath) -> Found | None:
    found = _storage_of_adopted_space(publication) or _storage_on_folder(publication)
    return _as_found(publication, place, found) if found is not None else None


def _create(publication: Publication, place: PurePosixPath, *, may_come_yet: bool) -> Found:
    # What was found, or not, before this attempt says nothing of what comes of it.
    publication.storage_found = None
    if may_come_yet:
        publication.note_intent(STORAGE, **{MADE_AGAIN: time.time()})
    parameters, services = signature(publication), publication.services
    made = services.panel.add_storage(publication.dataset.title, mount_point=str(place), qos_parameters=parameters)
    services.storages.add(made, str(place), parameters)
    return _as_found(publication, place, made)


def _as_found(publication: Publication, place: PurePosixPath, storage_id: str) -> Found:
    noted = publication.objects[STORAGE].details
    facts = {
        "mount_point": str(place),
        "path": str(publication.dataset.path),
        "folder": list(publication.origin or ()),
        MADE_AGAIN: noted.get(MADE_AGAIN),
        UNCLEAR: noted.get(UNCLEAR),
    }
    return Found(storage_id, {name: fact for name, fact in facts.items() if fact is not None})


def _follow(publication: Publication, place: PurePosixPath) -> None:
    """Point the storage to the folder's new place after a move; a changed path mapping moves no storage."""
    known, path = publication.known(STORAGE), str(publication.dataset.path)
    if known is None or known.remote_id is None or known.details.get("path", path) == path:
        return
    panel = publication.services.panel
    present = panel.storage(known.remote_id)
    if present.mount_point != str(place):
        panel.change_storage(known.remote_id, present.name, mount_point=str(place))
    publication.services.storages.add(known.remote_id, str(place), present.qos_parameters)
    publication.confirm(STORAGE, known.remote_id, **{**known.details, "mount_point": str(place), "path": path})


def look_for_storage(publication: Publication) -> None:
    """Look for a storage on the folder while the space is being made; raises AnotherInstance for another's."""
    publication.storage_found = (_storage_on_folder(publication),)


def _storage_on_folder(publication: Publication) -> str | None:
    if publication.storage_found is not None:
        return publication.storage_found[0]
    storages = publication.services.storages
    marker = (MARKER_KEY, signature(publication)[MARKER_KEY])
    # Where the space's id is no claim, the storage of another daemon is what tells of it.
    anew = publication.was_tried(STORAGE) or not publication.services.spaces.computes_ids()
    found = storages.find(str(mount_point(publication)), marker, anew=anew)
    instance = storages.parameter(found, INSTANCE_KEY) if found is not None else None
    refuse_instance(publication, instance.removeprefix(PREFIX) if instance is not None else None)
    return found


def find_storage_of_ours(publication: Publication) -> str | None:
    """Return the id of a storage on this folder with our marker that no dataset is known to have; None without."""
    storages, ours = publication.services.storages, (MARKER_KEY, signature(publication)[MARKER_KEY])
    found = storages.find(str(mount_point(publication)), ours)
    return found if found is not None and storages.parameter(found, ours[0]) == ours[1] else None


def signature(publication: Publication) -> dict[str, str]:
    """Return what marks a storage as made for this dataset, by this instance."""
    return {
        MARKER_KEY: f"{PREFIX}{publication.dataset.marker}",
        INSTANCE_KEY: f"{PREFIX}{publication.config.instance_name}",
    }


def _storage_of_adopted_space(publication: Publication) -> str | None:
    panel, space_id = publication.services.panel, publication.known(SPACE)
    if not publication.was_there or space_id is None or space_id.remote_id not in panel.supported_spaces():
        return None
    storage_id, place = panel.support(publication.id_of(SPACE)).storage_id, str(mount_point(publication))
    if is_to_be_adopted(publication) and (present := panel.storage(storage_id)).mount_point != place:
        panel.change_storage(storage_id, present.name, mount_point=place)
    return storage_id

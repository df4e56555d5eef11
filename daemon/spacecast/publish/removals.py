"""How each remote object of a dataset is removed: asked for, then looked for; what is gone already is no fault.

Files are never asked for: the storage is an imported one, of which the provider only forgets the record.
"""

import time
from collections.abc import Callable

from spacecast.catalog import Conflict as CatalogConflict
from spacecast.catalog import mark
from spacecast.faults import NeedsPerson
from spacecast.onedata import Forbidden, Gone, OnedataFault, StillInUse
from spacecast.publish.files_pass import CATALOG_ENTRY
from spacecast.publish.link_invite import INVITE, SUPERSEDED, tokens_made
from spacecast.publish.link_share import SHARE
from spacecast.publish.link_storage import STORAGE, find_storage_of_ours
from spacecast.publish.link_zone import GROUP, find_group
from spacecast.publish.own_space import own_space
from spacecast.publish.publication import SPACE, NotYet, Publication
from spacecast.publish.twins import remove_twins

_LOOK_AGAIN_SECONDS = 1.0
_IN_USE = "storage-in-use"
_REASON = "It was withdrawn by the facility."


def find_what_was_begun(publication: Publication) -> None:
    """Look for what a pass was making when it ended, so that it is removed too; what is not there is forgotten."""
    if _is_only_intended(publication, SPACE):
        found = own_space(publication)
        _note(publication, SPACE, found.remote_id if found is not None else None)
    if _is_only_intended(publication, STORAGE):
        _note(publication, STORAGE, find_storage_of_ours(publication))
    if _is_only_intended(publication, GROUP):
        group_found = find_group(publication)
        _note(publication, GROUP, group_found.remote_id if group_found is not None else None)


def _is_only_intended(publication: Publication, kind: str) -> bool:
    return kind in publication.objects and not publication.objects[kind].confirmed


def _note(publication: Publication, kind: str, remote_id: str | None) -> None:
    if remote_id is None:
        publication.forget(kind)
    else:
        publication.confirm(kind, remote_id)


def require_removable(publication: Publication) -> None:
    """Raise NeedsPerson where removing the space could lose files: others keep them, or the storage is no import."""
    space_id = _id_of(publication, SPACE)
    if space_id is None:
        return
    services = publication.services
    try:
        providers = set(services.zone.space(space_id).providers)
    except Gone:
        return
    others = providers - {services.provider.configuration().provider_id}
    if others:
        raise NeedsPerson(
            f"The space of {publication.dataset.name} ({space_id}) is also supported by other providers "
            f"({', '.join(sorted(others))}), and what they keep would be lost with it. End their support in Onezone; "
            f"the withdrawal goes on then"
        )
    if space_id in services.panel.supported_spaces() and not services.panel.support(space_id).imported_storage:
        raise NeedsPerson(
            f"The storage of {publication.dataset.name} is not an imported one, so its files could be lost. Nothing is "
            f"removed. End the support in Onepanel by hand if that is meant; the withdrawal goes on then"
        )


def catalog_entry(publication: Publication) -> None:
    """Say in the catalog that the dataset was withdrawn, and remove all that can be read of it there."""
    tiled, catalog = publication.config.tiled, publication.services.catalog
    if tiled is None or catalog is None:
        return
    facts = {"facility": publication.config.facility, "dataset": publication.dataset.name}
    try:
        mark(
            catalog,
            tiled.path,
            publication.dataset.key,
            status="removed",
            reason=_REASON,
            facts=facts,
            access_tags=tiled.access_tags,
            stop=publication.stop,
        )
    except CatalogConflict:
        # Somebody else's entry has the place, and always had.
        if CATALOG_ENTRY in publication.objects:
            raise


def tokens(publication: Publication) -> None:
    """Delete every invite token that was made for the dataset."""
    zone = publication.services.zone
    found = [token.token_id for token in tokens_made(zone, publication.dataset)]
    recorded = (_id_of(publication, INVITE), *(publication.detail(SUPERSEDED, "token_ids") or ()))
    # They are found by their numbers from one on: the first goes last, so that a second look finds the others.
    for token_id in reversed(list(dict.fromkeys((*found, *recorded)))):
        if token_id is not None:
            _gone_after(lambda: zone.delete_token(token_id))  # noqa: B023 - called at once


def share(publication: Publication) -> None:
    """Delete the public share; without a support it ends with the space."""
    share_id, space_id, services = _id_of(publication, SHARE), _id_of(publication, SPACE), publication.services
    if share_id is None or space_id not in services.panel.supported_spaces():
        return
    _gone_after(lambda: services.provider.delete_share(share_id))
    _require_gone(publication, "share", lambda: services.zone.share(share_id))


def support(publication: Publication) -> None:
    """Have the provider let go of the folder."""
    space_id, panel = _id_of(publication, SPACE), publication.services.panel
    if space_id is None or space_id not in panel.supported_spaces():
        return
    panel.force_stop_import(space_id)
    try:
        panel.revoke_support(space_id)
    except OnedataFault:
        # For a space that is not supported any more, after a lost reply say, releases answer differently.
        if space_id in panel.supported_spaces():
            raise
    if space_id in panel.supported_spaces():
        raise _not_yet(publication, "support")


def storage(publication: Publication) -> None:
    """Remove the provider's record of the storage; it stays in use for some seconds after the support."""
    storage_id, panel = _id_of(publication, STORAGE), publication.services.panel
    if storage_id is None:
        return
    remove_twins(publication)
    try:
        _gone_after(lambda: panel.delete_storage(storage_id))
    except StillInUse:
        # For some seconds after the support that is as it should be.
        publication.intend(_IN_USE)
        waited_seconds = time.time() - float(publication.objects[_IN_USE].details["intended_at"])
        if waited_seconds > publication.config.onedata.waits.visibility:
            raise
        raise _not_yet(publication, "storage") from None
    if storage_id in panel.storages():
        raise _not_yet(publication, "storage")


def group(publication: Publication) -> None:
    """Delete the dataset's group, unless somebody else has it too."""
    group_id, onedata, zone = _id_of(publication, GROUP), publication.config.onedata, publication.services.zone
    others = set(publication.ledger.owners(GROUP, group_id or "")) - {publication.dataset.id}
    if group_id is None or others or group_id in (onedata.manager_group, onedata.user_group):
        return
    _gone_after(lambda: zone.delete_group(group_id))
    _require_gone(publication, "group", lambda: zone.group(group_id))


def space(publication: Publication) -> None:
    """Delete the space, with all memberships and shares in it."""
    space_id, zone = _id_of(publication, SPACE), publication.services.zone
    if space_id is None:
        return
    _gone_after(lambda: zone.delete_space(space_id))
    _require_gone(publication, "space", lambda: zone.space(space_id))


def _id_of(publication: Publication, kind: str) -> str | None:
    found = publication.known(kind)
    return found.remote_id if found is not None else None


def _gone_after(remove: Callable[[], None]) -> None:
    try:
        remove()
    except Gone:
        return


def _require_gone(publication: Publication, what: str, look: Callable[[], object]) -> None:
    try:
        look()
    except (Gone, Forbidden):
        # Some releases tell a stranger nothing of what does not exist.
        return
    raise _not_yet(publication, what)


def _not_yet(publication: Publication, what: str) -> NotYet:
    return NotYet(f"The {what} of {publication.dataset.name} is still there.", retry_after_seconds=_LOOK_AGAIN_SECONDS)

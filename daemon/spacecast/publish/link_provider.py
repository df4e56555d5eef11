"""Steps at the provider: support, and the metadata of the space's folder."""

import hashlib
import json
import time
from collections.abc import Callable
from typing import TypeVar

from spacecast.faults import NeedsPerson, Passing
from spacecast.metadata import publishable
from spacecast.onedata import (
    Conflict,
    Forbidden,
    Gone,
    OnedataFault,
    SupportDetails,
    Unavailable,
)
from spacecast.publish.ensure import Found, ensure
from spacecast.publish.link_storage import STORAGE
from spacecast.publish.publication import SPACE, Publication

T = TypeVar("T")

SUPPORT, VISIBILITY, DESCRIPTION = "support", "visibility", "json-metadata"
SUPPORT_TOKEN, IMPORT_SETUP = "support token", "import set-up"


def support_token(publication: Publication) -> None:
    """Get the token with which the provider may support the space; kept in memory, used at once."""
    publication.support_token = publication.services.zone.create_support_token(publication.id_of(SPACE))


def support(publication: Publication) -> None:
    """Make sure that the provider supports the space with the storage, and that its import is set up."""
    ensure(
        publication,
        SUPPORT,
        find=lambda: _find_support(publication),
        create=lambda: _create_support(publication),
    )


def _find_support(publication: Publication) -> Found | None:
    panel, space_id = publication.services.panel, publication.id_of(SPACE)
    if space_id not in panel.supported_spaces():
        return None
    details = panel.support(space_id)
    if publication.id_of(STORAGE) not in (details.storage_id, *details.local_storages):
        raise NeedsPerson(
            f"The space of {publication.dataset.name} is supported by the storage {details.storage_id} and not by "
            f"the one on its folder ({publication.id_of(STORAGE)}): remove that support in Onepanel, or "
            f"correct the path mapping"
        )
    if not details.has_import:
        raise _make_again(publication)
    return Found(details.storage_id, {"continuous": details.continuous_scan})


def _create_support(publication: Publication) -> Found:
    services, onedata = publication.services, publication.config.onedata
    space_id = publication.id_of(SPACE)
    try:
        services.panel.support_space(
            token=publication.support_token or services.zone.create_support_token(space_id),
            storage_id=publication.id_of(STORAGE),
            size_bytes=onedata.space_size,
            import_settings=services.import_settings(continuous=publication.dataset.live),
        )
    except Conflict as conflict:
        # A storage stays in use for some seconds after a support was taken back.
        if conflict.error_id != "storageInUse" or not publication.is_doubted_for(SUPPORT, onedata.waits.visibility):
            raise
        raise Passing(f"{conflict} The support was just taken back; it is tried again.") from conflict
    return Found(publication.id_of(STORAGE), {"continuous": publication.dataset.live})


def import_setup(publication: Publication) -> None:
    """Verify that the support came with its import, while the provider is still learning of the space."""
    if publication.known(IMPORT_SETUP):
        return
    if not _support_there(publication).has_import:
        raise _make_again(publication)
    publication.confirm(IMPORT_SETUP, None)


def _support_there(publication: Publication) -> SupportDetails:
    panel, space_id = publication.services.panel, publication.id_of(SPACE)
    try:
        return panel.support(space_id)
    except (Forbidden, Gone, Unavailable) as refusal:
        # What releases say of a space that is not supported; the list tells.
        if space_id in panel.supported_spaces():
            raise
        publication.doubt(SUPPORT)
        raise Passing(
            f"The provider does not support the space of {publication.dataset.name} any more; it is asked to again."
        ) from refusal


def _make_again(publication: Publication) -> Passing:
    """Take a support back that the provider was interrupted at; only a new one sets the import up."""
    # The doubt first: a support that is gone must not count as there, whatever ends us in between.
    publication.doubt(SUPPORT)
    panel, space_id = publication.services.panel, publication.id_of(SPACE)
    try:
        panel.revoke_support(space_id)
    except OnedataFault:
        # For a support that is gone already, by a call whose reply was lost say, releases answer differently.
        if space_id in panel.supported_spaces():
            raise
    return Passing(f"The provider set up the support of {publication.dataset.name} by half; it is made again.")


def soon(publication: Publication, call: Callable[[], T]) -> T:
    """Make a call whose refusal shortly after the support only means that privileges are still under way."""
    try:
        return call()
    except Forbidden as refusal:
        known_for_seconds = time.time() - float(publication.detail(VISIBILITY, "at") or 0.0)
        if known_for_seconds > publication.config.onedata.waits.visibility:
            raise
        raise Passing(f"{refusal} The space is new; it is tried again.") from refusal


def describe(publication: Publication) -> None:
    """Put the metadata file's content, without secrets, on the space's root as JSON; again when it has changed."""
    names = publication.config.metadata.block_names
    document = publishable(publication.document, (names.onedata, names.tiled), publication.services.secrets())
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    if publication.detail(DESCRIPTION, "sha256") == digest:
        return
    root_id = publication.id_of(VISIBILITY)
    soon(publication, lambda: publication.services.provider.put_json_metadata(root_id, document))
    publication.confirm(DESCRIPTION, None, sha256=digest)

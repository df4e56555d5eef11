"""Takes over what a metadata file says was published before this ledger knew the dataset.

The file is written by users, so what it says is a claim: a space counts as the folder's own only if the provider
backs it with a storage on this very folder.
"""

import re
from pathlib import PurePosixPath

from spacecast.faults import NeedsPerson, Passing
from spacecast.metadata import BlockValues
from spacecast.onedata import Gone, NamedToken, SpaceDetails
from spacecast.publish.ensure import Found
from spacecast.publish.publication import Publication

SPACE = "space"
BLOCK = "block"
"""That our block was written into the metadata file, or beside it."""
_MARKER = re.compile(r"; marker ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z")


def adopted_space(publication: Publication) -> Found | None:
    """Return the space that the metadata file names, None where it names none.

    Raises NeedsPerson where it is another dataset's, is lost, or is not the space of this folder.
    """
    block = publication.block
    if block is None or block.space is None:
        return None
    _refuse_another_datasets(publication, block)
    try:
        details = publication.services.zone.space(block.space)
    except Gone as gone:
        raise NeedsPerson(
            f"The space {block.space} that {publication.dataset.metadata_name} names does not exist any more. To "
            f"publish the dataset again, remove the block {block.name} from the file"
        ) from gone
    _require_this_folder(publication, block)
    _take_over_marker(publication, details)
    return Found(block.space, {"adopted": True})


def renew_lost(publication: Publication) -> None:
    """Look whether the space that was made for the dataset is still there.

    If it was deleted a person decides: as long as the file names it, NeedsPerson is raised; once the block is
    removed everything is made anew, under another id.
    """
    space = publication.known(SPACE)
    if space is None or space.remote_id is None:
        return
    try:
        publication.services.zone.space(space.remote_id)
    except Gone as gone:
        if publication.block is not None and publication.block.space == space.remote_id:
            raise NeedsPerson(
                f"The space of {publication.dataset.name} ({space.remote_id}) does not exist any more. To publish the "
                f"dataset again, remove the block {publication.block.name} from {publication.dataset.metadata_name}"
            ) from gone
        if not publication.known(BLOCK):
            raise Passing(f"{gone} It was made a moment ago; it is looked for again.") from gone
        publication.start_anew()


def _refuse_another_datasets(publication: Publication, block: BlockValues) -> None:
    owners = publication.ledger.owners(SPACE, block.space or "")
    others = [number for number in owners if number != publication.dataset.id]
    if others:
        other = publication.ledger.dataset(others[0])
        raise NeedsPerson(
            f"{publication.dataset.metadata_name} carries the space of {other.path}: the folder is a copy of it, or "
            f"it was renamed. Rename it back; for a copy, remove the block {block.name} from the file"
        )


def _require_this_folder(publication: Publication, block: BlockValues) -> None:
    panel, space_id = publication.services.panel, block.space or ""
    wanted = str(publication.config.onedata.path_at_provider(PurePosixPath(publication.dataset.path)))
    if space_id in panel.supported_spaces():
        storage = panel.storage(panel.support(space_id).storage_id)
        if storage.imported and storage.mount_point == wanted:
            return
    raise NeedsPerson(
        f"{publication.dataset.metadata_name} names the space {space_id}, but at the provider that is not the space "
        f"of {wanted}. If the folder was moved, move it back; to publish it anew, remove the block "
        f"{block.name} from the file"
    )


def _take_over_marker(publication: Publication, details: SpaceDetails) -> None:
    """Go on under the marker of an earlier ledger, so that everything that carries it is found again."""
    found = _MARKER.search(details.description or "")
    if found is None or found.group(1) == publication.dataset.marker:
        return
    publication.ledger.update(publication.dataset.id, marker=found.group(1))
    publication.dataset = publication.ledger.dataset(publication.dataset.id)


def adopted_token(publication: Publication) -> NamedToken | None:
    """Return the token that stands in the file already, if it is one of ours and still good for its group."""
    written = publication.block.invite_token if publication.block is not None else None
    if written is None or not publication.is_adopted:
        return None
    zone = publication.services.zone
    for token_id in zone.named_tokens():
        token = zone.named_token(token_id)
        if token.token == written and token.invite_type == "userJoinGroup" and not token.revoked:
            return token
    return None

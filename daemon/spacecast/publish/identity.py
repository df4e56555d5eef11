"""Which dataset a folder is: the published one, a copy of it, that one under a new name, or a stranger in its place.

Asked at the beginning of each stage, before anything is made or changed for the folder.
"""

from collections.abc import Iterable
from pathlib import Path

from spacecast.faults import NeedsPerson, Passing
from spacecast.folders import DatasetFolder, Origin, origin_at
from spacecast.ledger import Dataset, RemoteObject
from spacecast.onedata import Gone, NamedToken, ZoneClient
from spacecast.publish.adoption import BLOCK, way_out
from spacecast.publish.decisions import ADOPT, command, is_to_be_adopted
from spacecast.publish.link_invite import INVITE, tokens_made
from spacecast.publish.link_storage import STORAGE
from spacecast.publish.publication import SPACE, Publication


class NotOurs(NeedsPerson):
    """The folder is not this dataset's, or the block in it is another one's: nothing is made or changed for it."""


class Moved(Passing):
    """The folder is that of another record: it was renamed or moved, and `dataset_id` goes on from here."""

    def __init__(self, message: str, dataset_id: int) -> None:
        super().__init__(message)
        self.dataset_id = dataset_id


def require_own_folder(publication: Publication, folder: DatasetFolder) -> None:
    """Return if the folder is this dataset's; the metadata file has been read by then.

    Raises Moved for a published folder under a new name; NotOurs for a copy of a published folder, and for
    another folder under the name of a published one.
    """
    _refuse_another_folder(publication, folder)
    _refuse_another_datasets_block(publication, folder)


def _refuse_another_folder(publication: Publication, folder: DatasetFolder) -> None:
    """Refuse a new folder under the name of a published one: it would be served under the other's public link."""
    storage, space = publication.known(STORAGE), publication.known(SPACE)
    if storage is None or space is None or not storage.details.get("folder") or _is_of(folder.origin, storage):
        return
    # As long as the link was not written anywhere, nobody has it. And what carries the link is the published folder,
    # brought back by a restore or from another disk.
    if (
        publication.known(BLOCK) is None
        or is_to_be_adopted(publication)
        or _carries(publication, publication.dataset, space, publication.objects.get(INVITE))
    ):
        publication.confirm(STORAGE, storage.remote_id, **{**storage.details, "folder": list(folder.origin)})
        return
    raise NotOurs(
        f"{publication.dataset.path} is another folder than the one that was published under this name. Give it a "
        f"name of its own; or bring the published folder back; or, if this is the published dataset all the same, type "
        f"{command('adopt', publication.dataset)}"
    )


def _refuse_another_datasets_block(publication: Publication, folder: DatasetFolder) -> None:
    block = publication.block
    # What was published already is known by its ledger: a foreign id in its file is put right.
    if block is None or block.space is None or publication.known(SPACE):
        return
    owners = publication.ledger.owners(SPACE, block.space)
    others = [number for number in owners if number != publication.dataset.id]
    if others:
        _refuse_copy(publication, folder, publication.ledger.dataset(others[0]))


def _refuse_copy(publication: Publication, folder: DatasetFolder, other: Dataset) -> None:
    file = publication.block_file
    with publication.disks.user(other.root).asking():
        there = _origin_at(other.path)
    objects = publication.ledger.objects(other.id)
    if there is not None and _is_of(there, objects.get(STORAGE)):
        raise NotOurs(
            f"{file} carries the space of {other.path}: the folder is a copy of it. To publish the copy as a dataset "
            f"of its own, {way_out(publication)}"
        )
    if is_to_be_adopted(publication):
        # The order goes along: the folder is not the one for which the storage was made.
        publication.forget(ADOPT)
        publication.ledger.confirm(other.id, ADOPT, None, {})
        raise Moved(f"{other.path} is now {publication.dataset.path}.", other.id)
    is_proved = _carries(publication, other, objects.get(SPACE), objects.get(INVITE))
    if is_proved and _is_of(folder.origin, objects.get(STORAGE)):
        raise Moved(f"{other.path} is now {publication.dataset.path}.", other.id)
    raise NotOurs(
        f"{file} carries the space of {other.path}, which is not there now: the folder was moved from another file "
        f"system, or is a copy. If it is that dataset, move it back to {other.path}, or type "
        f"{command('adopt', publication.dataset)}; to publish it as a dataset of its own, {way_out(publication)}"
    )


def _origin_at(path: Path) -> Origin | None:
    try:
        return origin_at(path)
    except OSError as error:
        raise Passing(f"{path} cannot be looked at now: {error.strerror}.") from error


def _is_of(origin: Origin, storage: RemoteObject | None) -> bool:
    """Say whether this is the folder for which the storage was made."""
    return storage is not None and origin.is_of(storage.details.get("folder"))


def _carries(
    publication: Publication, published: Dataset, space: RemoteObject | None, invite: RemoteObject | None
) -> bool:
    """Say whether the block is that of a published dataset: it has the space's id and an invite token made for it.

    An id alone proves nothing: many know it, and inode numbers are used again.
    """
    block, zone = publication.block, publication.services.zone
    if block is None or space is None or block.space != space.remote_id:
        return False
    if invite is None:
        return True
    written = block.invite_token
    return written is not None and (_is_token(zone, invite, written) or _is_any(tokens_made(zone, published), written))


def _is_token(zone: ZoneClient, invite: RemoteObject, written: str) -> bool:
    try:
        return invite.remote_id is not None and zone.named_token(invite.remote_id).token == written
    except Gone:
        return False


def _is_any(tokens: Iterable[NamedToken], written: str) -> bool:
    # A file from a backup has a token that was renewed since.
    return any(token.token == written for token in tokens)

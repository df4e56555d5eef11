"""Reads the metadata file of a dataset, safely below its root."""

from spacecast.faults import NeedsPerson
from spacecast.folders import DatasetFolder
from spacecast.metadata import Refused, clean_leftovers, parse, read_block, set_blocks
from spacecast.onedata import valid_name
from spacecast.publish.adoption import SPACE
from spacecast.publish.hiding import hide, holds_a_token
from spacecast.publish.link_provider import STORAGE
from spacecast.publish.publication import Publication

_TRIAL = {"Onezone": "x", "Space": "x", "InviteToken": "x", "PublicURL": "x"}


def read_metadata(publication: Publication, folder: DatasetFolder) -> None:
    """Read and parse the metadata file into the publication, and make it fit to carry the token.

    Nothing of an unusable file is changed, unless a token stands in it that others could read. Raises a fault
    that names the file and says what is wrong: not there, not at rest, not YAML, hostile; or the folder's name
    cannot be the name of a space; or its block was written by hand and cannot be understood.
    """
    dataset = publication.dataset
    if dataset.metadata_name is None:
        raise NeedsPerson(f"{dataset.path} has no metadata file")
    # The name is tried first: a dataset without a usable one must not get anything.
    valid_name(publication.config.onedata.names.name_for(dataset.name))
    _settle_leftovers(publication, folder)
    publication.read = folder.read(dataset.metadata_name)
    if holds_a_token(publication):
        hide(publication, folder)
    read_document(publication, folder)
    _read_block(publication)
    _refuse_another_folder(publication, folder)
    _try_to_splice(publication)
    if publication.config.metadata.invite_token == "file" and publication.refusal is None:
        hide(publication, folder)


def read_document(publication: Publication, folder: DatasetFolder) -> None:
    """Parse the metadata file into the publication, reading it first where that was not done yet."""
    name = publication.dataset.metadata_name or ""
    if publication.read is None:
        publication.read = folder.read(name)
    publication.document = parse(publication.read.data, name)


def _settle_leftovers(publication: Publication, folder: DatasetFolder) -> None:
    """Put right what a kill in the middle of an earlier write has left; nobody but this task writes here now."""
    leftovers = clean_leftovers(folder.descriptor, minimum_age_seconds=0.0)
    kept = ", ".join(found.name for found in leftovers if found.outcome == "kept")
    if kept:
        publication.note = (
            f"{kept} holds a version of {publication.dataset.metadata_name} that somebody saved while a write was "
            f"cut off: compare the two, then remove it"
        )


def _read_block(publication: Publication) -> None:
    name = publication.dataset.metadata_name
    block = read_block(publication.document, publication.config.metadata.block_names.onedata)
    if block is not None and block.misread:
        raise NeedsPerson(
            f"{name}: {', '.join(block.misread)} under {block.name} is not text. Put the value into double quotes, or "
            f"remove the block to publish the dataset anew"
        )
    publication.block = block


def _refuse_another_folder(publication: Publication, folder: DatasetFolder) -> None:
    """Refuse a new folder under the name of a published one: it would be served under the other's public link."""
    storage, space = publication.known(STORAGE), publication.known(SPACE)
    if storage is None or space is None or storage.details.get("folder") in (None, list(folder.identity)):
        return
    if publication.block is not None and publication.block.space == space.remote_id:
        # The published folder after all, brought back by a restore or from another disk.
        publication.confirm(STORAGE, storage.remote_id, **{**storage.details, "folder": list(folder.identity)})
        return
    raise NeedsPerson(
        f"{publication.dataset.path} is another folder than the one that was published under this name. Give it a "
        f"name of its own; or bring the published folder back"
    )


def _try_to_splice(publication: Publication) -> None:
    name = publication.config.metadata.block_names.onedata
    try:
        set_blocks(publication.metadata.data, {name: _TRIAL}, publication.dataset.metadata_name or "")
    except Refused as refusal:
        publication.refusal = refusal

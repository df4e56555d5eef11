"""Reads the metadata file of a dataset, safely below its root."""

from dataclasses import replace

from spacecast.faults import NeedsPerson
from spacecast.folders import DatasetFolder, Unusable, Vanished
from spacecast.metadata import (
    BlockValues,
    NotYet,
    Refused,
    clean_leftovers,
    finish_in_place,
    is_sidecar,
    parse,
    read_block,
    read_sidecar,
    set_blocks,
    sidecar_name,
)
from spacecast.onedata import valid_name
from spacecast.publish.decisions import disregard_block
from spacecast.publish.hiding import hide, hide_earlier, hiding_first, is_to_be_hidden
from spacecast.publish.identity import require_own_folder
from spacecast.publish.publication import Publication

_TRIAL = {"Onezone": "x", "Space": "x", "InviteToken": "x", "PublicURL": "x"}
_TILED_TRIAL = {"URI": "x", "Ref": "x"}


def read_metadata(publication: Publication, folder: DatasetFolder) -> None:
    """Read and parse the metadata file into the publication, and make it fit to carry the token.

    Nothing of an unusable file is changed, unless a token stands in it that others could read. Raises a fault
    that names the file and says what is wrong: not there, not at rest, not YAML, hostile; or the folder's name
    cannot be the name of a space; or the folder is not this dataset's.
    """
    dataset = publication.dataset
    if dataset.metadata_name is None:
        raise NeedsPerson(f"{dataset.path} has no metadata file")
    # The name is tried first: a dataset without a usable one must not get anything.
    valid_name(publication.config.onedata.names.name_for(dataset.name))
    settle_leftovers(publication, folder)
    publication.read = folder.read(dataset.metadata_name)
    with hiding_first(publication, folder):
        read_document(publication, folder)
    _try_to_splice(publication)
    if is_to_be_hidden(publication):
        hide(publication, folder)
    hide_earlier(publication, folder)


def read_untouched(publication: Publication, folder: DatasetFolder) -> None:
    """Read and parse the metadata file and its block, and change nothing of the folder; raises as `read_metadata`."""
    dataset = publication.dataset
    if dataset.metadata_name is None:
        raise NeedsPerson(f"{dataset.path} has no metadata file")
    # The name is tried first: a dataset without a usable one must not get anything.
    valid_name(publication.config.onedata.names.name_for(dataset.name))
    publication.read = folder.read(dataset.metadata_name)
    read_document(publication, folder)


def read_document(publication: Publication, folder: DatasetFolder) -> None:
    """Parse the metadata file into the publication, reading it first where that was not done yet.

    Raises as `require_own_folder` does where the file is not this dataset's.
    """
    name = publication.dataset.metadata_name or ""
    if publication.read is None:
        publication.read = folder.read(name)
    publication.origin = folder.origin
    publication.document = parse(publication.read.data, name)
    _read_block(publication, folder)
    disregard_block(publication)
    require_own_folder(publication, folder)


def settle_leftovers(publication: Publication, folder: DatasetFolder) -> None:
    """Put right what a kill in the middle of an earlier write has left; nobody but this task writes here now."""
    name = publication.dataset.metadata_name or ""
    with folder.disk.asking():
        leftovers = clean_leftovers(folder.descriptor, minimum_age_seconds=0.0)
        aside = finish_in_place(folder.descriptor, name, publication.journal)
    kept = [found.name for found in leftovers if found.outcome == "kept"]
    kept += [str(aside)] if aside is not None else []
    if kept:
        publication.note = (
            f"{', '.join(kept)} holds a version of {name} that somebody saved while a write was cut off: compare the "
            f"two, then remove it"
        )


def _read_block(publication: Publication, folder: DatasetFolder) -> None:
    """Take note of the block, in the metadata file or in the sidecar, and of the token where it stands apart."""
    name, block_name = publication.dataset.metadata_name or "", publication.config.metadata.block_names.onedata
    block, beside = read_block(publication.document, block_name), _block_beside(folder, name, block_name)
    if beside is not None and (block is None or (block.space is None and beside.space is not None)):
        publication.block, publication.block_file = beside, sidecar_name(name)
        return
    publication.block, publication.block_file = block, name
    if block is not None and block.invite_token is None and beside is not None:
        publication.block = replace(block, invite_token=beside.invite_token)
    if block is None or block.space is None:
        _read_earlier_file(publication, folder)


def _read_earlier_file(publication: Publication, folder: DatasetFolder) -> None:
    """Take note of the block that an earlier tool has kept in a file of its own.

    Raises a fault where there is such a file and it cannot be read: without it the dataset would be published twice.
    """
    name, block_name = publication.config.metadata.earlier_file, publication.config.metadata.block_names.onedata
    if name is None:
        return
    try:
        data = folder.read(name).data
    except Vanished:
        return
    block = read_block(parse(data, name), block_name) if data.strip() else None
    if block is not None and (block.space is not None or publication.block is None):
        publication.block, publication.block_file = block, name


def _block_beside(folder: DatasetFolder, metadata_name: str, block_name: str) -> BlockValues | None:
    name = sidecar_name(metadata_name)
    try:
        data = folder.read(name).data
        return read_block(read_sidecar(data, name), block_name) if is_sidecar(data) else None
    except (Vanished, Unusable, NotYet):
        # Nothing, or nothing of ours; where one has to be written, that says what is in the way.
        return None


def _try_to_splice(publication: Publication) -> None:
    names = publication.config.metadata.block_names
    blocks = {names.onedata: _TRIAL, **({names.tiled: _TILED_TRIAL} if publication.config.tiled is not None else {})}
    try:
        set_blocks(publication.metadata.data, blocks, publication.dataset.metadata_name or "")
    except Refused as refusal:
        publication.refusal = refusal

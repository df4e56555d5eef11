"""Reads the metadata file of a dataset, safely below its root, and makes it fit to carry a token."""

from spacecast.faults import NeedsPerson
from spacecast.folders import DatasetFolder, open_folder
from spacecast.metadata import LostRace, Refused, clean_leftovers, hide_from_others, parse, read_block, set_blocks
from spacecast.onedata import valid_name
from spacecast.publish.link_provider import SUPPORT
from spacecast.publish.publication import Publication
from spacecast.publish.scanning import scan_to_the_end

_OTHERS = 0o007
_TRIAL = {"Onezone": "x", "Space": "x", "InviteToken": "x", "PublicURL": "x"}


def read_metadata(publication: Publication) -> None:
    """Read and parse the metadata file into the publication; nothing of an unusable one is changed.

    Raises a fault that names the file and says what is wrong: not there, not at rest, not YAML, hostile; or
    the folder's name cannot be the name of a space; or its block was written by hand and cannot be understood.
    """
    dataset = publication.dataset
    if dataset.metadata_name is None:
        raise NeedsPerson(f"{dataset.path} has no metadata file")
    # The name is tried first: a dataset without a usable one must not get anything.
    valid_name(publication.config.onedata.names.name_for(dataset.name))
    with open_folder(dataset.root, dataset.name) as folder:
        _settle_leftovers(publication, folder)
        publication.read = folder.read(dataset.metadata_name)
        publication.document = parse(publication.read.data, dataset.metadata_name)
        _read_block(publication)
        _try_to_splice(publication)
        if publication.config.metadata.invite_token == "file" and publication.refusal is None:
            _hide(publication, folder)


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


def _try_to_splice(publication: Publication) -> None:
    name = publication.config.metadata.block_names.onedata
    try:
        set_blocks(publication.metadata.data, {name: _TRIAL}, publication.dataset.metadata_name or "")
    except Refused as refusal:
        publication.refusal = refusal


def _hide(publication: Publication, folder: DatasetFolder) -> None:
    """Take the permissions of others from the file before the provider first imports it, or has it imported again.

    The provider gives guests of the public share what these permissions allowed at the last scan.
    """
    before, name = publication.metadata, publication.dataset.metadata_name or ""
    if not before.status.st_mode & _OTHERS:
        return
    hide_from_others(folder.descriptor, name)
    publication.read = folder.read(name)
    if publication.read.data != before.data:
        raise LostRace(f"{name} was saved while it was being read; it is looked at again.")
    if publication.known(SUPPORT):
        scan_to_the_end(publication)

"""Takes our blocks out of a metadata file when a dataset is withdrawn, and leaves the rest as its author wrote it."""

import os

from spacecast.faults import NeedsPerson
from spacecast.folders import DatasetFolder, Unusable, Vanished, open_folder
from spacecast.metadata import (
    EARLIER_NAMES,
    NotYet,
    Refused,
    Unreadable,
    is_sidecar,
    parse,
    read_block,
    read_sidecar,
    read_tiled_block,
    remove_entries,
    replace_file,
    sidecar_name,
)
from spacecast.publish.publication import SPACE, Publication
from spacecast.publish.reading import settle_leftovers

_ONEDATA_KEYS = ("Onezone", "Space", "InviteToken", "PublicURL")
_TILED_KEYS = ("URI", "Ref")


def remove_block(publication: Publication) -> None:
    """Take out of the metadata file, and remove beside it, what names the dataset's space; nothing else is touched.

    Where the file cannot be edited safely, or is not YAML any more, it stays as it is and the publication's note says
    so: what it names does not exist any more. A folder or file that is not there is no fault.
    """
    dataset, space = publication.dataset, publication.known(SPACE)
    if dataset.metadata_name is None or space is None or space.remote_id is None:
        return
    try:
        with open_folder(dataset.root, dataset.name, disk=publication.disk) as folder:
            settle_leftovers(publication, folder)
            _remove_sidecar(publication, folder, sidecar_name(dataset.metadata_name), space.remote_id)
            _clean_file(publication, folder, dataset.metadata_name, space.remote_id)
            _tell_of_earlier_file(publication, folder, space.remote_id)
    except (Vanished, Unusable):
        # What lies there now is not what was published.
        return


def _remove_sidecar(publication: Publication, folder: DatasetFolder, name: str, space_id: str) -> None:
    try:
        data = folder.read(name).data
    except Vanished:
        return
    if not is_sidecar(data):
        return
    try:
        block = read_block(read_sidecar(data, name), publication.config.metadata.block_names.onedata)
    except (Unreadable, NotYet):
        block = None
    # One that holds only the token names no space.
    if block is None or block.space in (None, space_id):
        with folder.disk.asking():
            os.unlink(name, dir_fd=folder.descriptor)


def _tell_of_earlier_file(publication: Publication, folder: DatasetFolder, space_id: str) -> None:
    name = publication.config.metadata.earlier_file
    if name is None:
        return
    try:
        if space_id.encode() in folder.read(name).data:
            publication.note = f"{name}, which an earlier tool has written, still names what is gone: remove it by hand"
    except (Vanished, NeedsPerson):
        # There is none, or none that anybody can read.
        return


def _clean_file(publication: Publication, folder: DatasetFolder, name: str, space_id: str) -> None:
    read = folder.read(name)
    try:
        new = _without_blocks(publication, read.data, name, space_id)
    except (Unreadable, NotYet, Refused) as problem:
        if space_id.encode() in read.data:
            publication.note = f"The block stays in {name}, and what it names is gone: remove it by hand. {problem}"
        return
    if new == read.data:
        return
    with folder.disk.asking():
        replace_file(
            folder.descriptor,
            name,
            expected=read.data,
            expected_stamp=read.stamp,
            new=new,
            hide_from_others=False,
            on_not_owner=publication.config.metadata.on_not_owner,
            journal=publication.journal,
        )


def _without_blocks(publication: Publication, data: bytes, name: str, space_id: str) -> bytes:
    names, document = publication.config.metadata.block_names, parse(data, name)
    new = data
    for block_name in dict.fromkeys((names.onedata, *EARLIER_NAMES)):
        block = document.get(block_name)
        if isinstance(block, dict) and block.get("Space") == space_id:
            new = remove_entries(new, block_name, _ONEDATA_KEYS, name)
    tiled = read_tiled_block(document, names.tiled)
    if tiled is not None and tiled.ref == publication.dataset.key:
        new = remove_entries(new, names.tiled, _TILED_KEYS, name)
    return new

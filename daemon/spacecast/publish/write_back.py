"""The last step of the link: the block with link and invite token goes into the metadata file."""

from collections.abc import Mapping

from spacecast.folders import DatasetFolder, Stamp, open_folder
from spacecast.metadata import create_file, render_sidecar, replace_file, set_blocks, sidecar_name
from spacecast.publish.admission import stamp_text
from spacecast.publish.adoption import BLOCK
from spacecast.publish.description import tiled_address
from spacecast.publish.hiding import TOKEN_IN, hide_beside, settle_owed_scan
from spacecast.publish.link_share import SHARE
from spacecast.publish.publication import SPACE, Publication

Blocks = Mapping[str, Mapping[str, str]]


def write_back(publication: Publication) -> None:
    """Splice our blocks into the metadata file; where that cannot be done safely, write them beside it.

    The file that holds the token cannot be read by others at any moment. Nothing is written when all of it
    stands there already. Raises LostRace when somebody saved the file since it was read.
    """
    dataset = publication.dataset
    with open_folder(dataset.root, dataset.name, disk=publication.disk) as folder:
        stamp = _write(publication, folder)
    publication.ledger.update(dataset.id, read_stamp=stamp_text(stamp))
    holder = _holder_of_token(publication)
    if publication.known(BLOCK) is None or publication.detail(BLOCK, TOKEN_IN) != holder:
        publication.confirm(BLOCK, None, **{TOKEN_IN: holder})


def _holder_of_token(publication: Publication) -> str | None:
    """Return the name of the file into which the token is written."""
    mode = publication.config.metadata.invite_token
    if mode == "none":
        return None
    is_beside = mode == "sidecar" or publication.refusal is not None
    return _sidecar(publication) if is_beside else publication.dataset.metadata_name


def _write(publication: Publication, folder: DatasetFolder) -> Stamp:
    read, mode = publication.metadata, publication.config.metadata.invite_token
    token = publication.invite_token if mode != "none" else None
    settle_owed_scan(publication)
    if publication.refusal is not None:
        publication.note = f"The links are in {_sidecar(publication)}. {publication.refusal}"
        _write_sidecar(publication, folder, _blocks(publication, token), publication.refusal.advice)
        return read.stamp
    inside = _blocks(publication, token if mode == "file" else None)
    new = set_blocks(read.data, inside, publication.dataset.metadata_name or "")
    if mode == "sidecar" and token is not None:
        _write_sidecar(publication, folder, {publication.config.metadata.block_names.onedata: {"InviteToken": token}})
    return _replace(publication, folder, new, hide=mode == "file")


def _replace(publication: Publication, folder: DatasetFolder, new: bytes, *, hide: bool) -> Stamp:
    read = publication.metadata
    if new == read.data:
        return read.stamp
    with folder.disk.asking():
        replaced = replace_file(
            folder.descriptor,
            publication.dataset.metadata_name or "",
            expected=read.data,
            expected_stamp=read.stamp,
            new=new,
            hide_from_others=hide,
            on_not_owner=publication.config.metadata.on_not_owner,
            journal=publication.journal,
        )
    return Stamp(*replaced.stamp)


def _write_sidecar(publication: Publication, folder: DatasetFolder, blocks: Blocks, reason: str = "") -> None:
    data = render_sidecar(publication.dataset.metadata_name or "", blocks, reason=reason)
    hide_beside(publication, folder, _sidecar(publication))
    with folder.disk.asking():
        create_file(folder.descriptor, _sidecar(publication), data, mode=0o640)


def _sidecar(publication: Publication) -> str:
    return sidecar_name(publication.dataset.metadata_name or "")


def _blocks(publication: Publication, token: str | None) -> Blocks:
    config = publication.config
    onedata = {
        "Onezone": config.onedata.zone.url.rstrip("/"),
        "Space": publication.id_of(SPACE),
        **({"InviteToken": token} if token is not None else {}),
        "PublicURL": str(publication.detail(SHARE, "public_url")),
    }
    address = tiled_address(publication)
    tiled = {config.metadata.block_names.tiled: {"URI": address, "Ref": publication.dataset.key}} if address else {}
    return {config.metadata.block_names.onedata: onedata, **tiled}

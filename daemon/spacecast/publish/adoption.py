"""Takes over what a metadata file says was published before this ledger knew the dataset.

The file is written by users, so what it says is a claim: a space counts as the folder's own only if the provider
backs it with a storage on this very folder.
"""

import re
import time
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from spacecast.faults import Fault, NeedsPerson, Passing
from spacecast.metadata import BlockValues, place_of_key, sidecar_name
from spacecast.onedata import Forbidden, Gone, NamedToken, SpaceDetails, is_identifier
from spacecast.publish.claim import marker_in, refuse_another_instance
from spacecast.publish.decisions import ANEW, command, is_to_be_adopted
from spacecast.publish.ensure import Found
from spacecast.publish.kept_names import keep_names
from spacecast.publish.publication import SPACE, Publication

BLOCK = "block"
"""That our block was written into the metadata file, or beside it."""
LOSS = "lost-space"
"""That an operator was told of the loss of the space, and what the metadata file was like then."""
_SHARE_ADDRESS = re.compile(r"/share/([A-Za-z0-9_-]+)/?\Z")


def complete_block(publication: Publication) -> None:
    """Find the space behind a block that has only its public address; nothing is asked where the space is known.

    Raises NeedsPerson where a value that is needed is no text or no identifier, or the share is lost or not ours.
    """
    block = publication.block
    if block is None or publication.known(SPACE):
        return
    if block.misread:
        raise _miswritten(publication, block, block.misread[0], "is not text. Put it into double quotes")
    if block.space is not None and not is_identifier(block.space):
        raise _miswritten(publication, block, "Space", "is not an identifier of Onedata. Correct it")
    share = _SHARE_ADDRESS.search(_path_of(block.public_url))
    if block.space is None and share is not None:
        publication.block = replace(block, space=_space_of_share(publication, block, share.group(1)))


def _path_of(address: str | None) -> str:
    """Return the path in an address, empty for anything that is none."""
    try:
        return urlsplit(address or "").path
    except ValueError:
        return ""


def _space_of_share(publication: Publication, block: BlockValues, share_id: str) -> str:
    try:
        return publication.services.zone.share(share_id).space_id
    except (Gone, Forbidden) as refusal:
        raise _out_of_reach(publication, block, f"the share {share_id}", refusal) from refusal


def adopted_space(publication: Publication) -> Found | None:
    """Return the space that the metadata file names, None where it names none.

    Raises NeedsPerson where it is lost, is somebody else's, or is not the space of this folder.
    """
    block = publication.block
    if block is None or block.space is None:
        return None
    try:
        details = publication.services.zone.space(block.space)
    except (Gone, Forbidden) as refusal:
        raise _out_of_reach(publication, block, f"the space {block.space}", refusal) from refusal
    _require_this_folder(publication, block, details)
    refuse_another_instance(publication, details)
    _take_over_marker(publication, details)
    keep_names(publication, details)
    return Found(block.space, {"adopted": True})


def is_to_be_made_anew(publication: Publication) -> bool:
    """Look whether the space that was made for the dataset is still there; say whether another is to be made.

    If it was deleted a person decides, and NeedsPerson is raised: another is made once the block has been removed, and
    the file was saved after that was told. A space that was made a moment ago may not be seen yet; this counts for as
    long as waits.visibility says.
    """
    space = publication.known(SPACE)
    if space is None or space.remote_id is None:
        return False
    try:
        publication.services.zone.space(space.remote_id)
    except Gone as gone:
        if not publication.known(BLOCK) and _is_new_loss(publication, space.remote_id):
            # Without its cause, which has a bound of its own elsewhere.
            raise Passing(f"{gone} It was made a moment ago; it is looked for again.") from None
        _ask_what_to_do(publication, space.remote_id, gone)
        return True
    if publication.known(LOSS):
        publication.forget(LOSS)
    return False


def _is_new_loss(publication: Publication, space_id: str) -> bool:
    """Say whether the space is missed only for so short a time that the zone may not show it yet."""
    if publication.known(LOSS) is None:
        publication.confirm(LOSS, space_id, missed_at=time.time())
    missed_at = publication.detail(LOSS, "missed_at")
    return missed_at is not None and time.time() - missed_at <= publication.config.onedata.waits.visibility


def _ask_what_to_do(publication: Publication, space_id: str, gone: Gone) -> None:
    if not is_answered(publication, LOSS, space_id):
        raise NeedsPerson(
            f"The space of {publication.dataset.name} ({space_id}) does not exist any more. To publish the dataset "
            f"again, {what_to_do(publication, space_id)}"
        ) from gone


def is_answered(publication: Publication, question: str, space_id: str) -> bool:
    """Say whether the answer to a question is there: a command, or a file without the block, saved since it was asked.

    That it is asked is written down under the kind `question`, with what the file is like now.
    """
    if publication.known(ANEW) is not None:
        return True
    stamp = list(publication.metadata.stamp)
    is_named = publication.block is not None and publication.block.space == space_id
    asked = publication.known(question)
    was_asked = asked is not None and "stamp" in asked.details
    if asked is not None and was_asked and asked.details["stamp"] != stamp and not is_named:
        return True
    if not was_asked or is_named:
        publication.confirm(question, space_id, stamp=stamp)
    return False


def what_to_do(publication: Publication, space_id: str) -> str:
    """Return how an operator answers such a question."""
    is_named = publication.block is not None and publication.block.space == space_id
    saved = f"save {publication.dataset.metadata_name} again (touch is enough)"
    return f"type {command('publish', publication.dataset)}, or {_without_block(publication) if is_named else saved}"


def way_out(publication: Publication) -> str:
    """Return what an operator does so that the dataset is published without regard to its block."""
    return f"type {command('publish', publication.dataset)}, or {_without_block(publication)}"


def _without_block(publication: Publication) -> str:
    """Return how the block is taken away, by whoever may write the file."""
    name = publication.dataset.metadata_name or ""
    if publication.block_file == sidecar_name(name):
        return f"remove the file {publication.block_file}"
    block = publication.block.name if publication.block is not None else ""
    return f"remove the block {block} from {publication.block_file or name}"


def _vouch(publication: Publication) -> str:
    return f"type {command('adopt', publication.dataset)}"


def _miswritten(publication: Publication, block: BlockValues, key: str, problem: str) -> NeedsPerson:
    data = publication.metadata.data if publication.block_file == publication.dataset.metadata_name else b""
    place = place_of_key(data, block.name, key, publication.block_file) if data else publication.block_file
    return NeedsPerson(
        f"{place}: {key} under {block.name} {problem}; or, to publish the dataset anew, {way_out(publication)}"
    )


def _out_of_reach(publication: Publication, block: BlockValues, what: str, refusal: Fault) -> NeedsPerson:
    anew = f"To publish the dataset again, {way_out(publication)}"
    here, there = publication.config.onedata.zone.url, block.onezone
    if there and _host_of(there) != _host_of(here):
        return NeedsPerson(
            f"{publication.block_file} names {what} at {there}, and this service publishes at {here}. {anew}"
        )
    if isinstance(refusal, Gone):
        return NeedsPerson(f"T{what[1:]} that {publication.block_file} names does not exist any more. {anew}")
    return NeedsPerson(
        f"{publication.block_file} names {what}, into which the service's token may not look: it belongs to somebody "
        f"else, or the token's user was taken out of it. Put that user back into it; or, if it is not this dataset's, "
        f"{way_out(publication)}"
    )


def _host_of(address: str) -> str:
    """Return the host in an address, or the whole text where it is no address."""
    try:
        return urlsplit(address).hostname or address
    except ValueError:
        return address


def _require_this_folder(publication: Publication, block: BlockValues, details: SpaceDetails) -> None:
    wanted = publication.config.onedata.path_at_provider(PurePosixPath(publication.dataset.path))
    problem = _why_not_here(publication, block.space or "", wanted, details)
    if problem:
        raise NeedsPerson(
            f"{publication.block_file} names the space {block.space}, but that is not the space of {wanted}: "
            f"{problem}. If the folder was moved, {_vouch(publication)}, or move it back; to publish it anew, "
            f"{way_out(publication)}"
        )


def _why_not_here(publication: Publication, space_id: str, wanted: PurePosixPath, details: SpaceDetails) -> str:
    panel = publication.services.panel
    if space_id not in panel.supported_spaces():
        others = ", ".join(sorted(details.providers))
        return f"it is supported by other providers ({others})" if others else "no provider supports it"
    storage = panel.storage(panel.support(space_id).storage_id)
    if not storage.imported:
        return f"its storage ({storage.storage_id}) imports no folder"
    # Compared as paths: other tools write them with a slash at the end.
    is_here = PurePosixPath(storage.mount_point) == wanted or is_to_be_adopted(publication)
    return "" if is_here else f"its storage is on {storage.mount_point}"


def _take_over_marker(publication: Publication, details: SpaceDetails) -> None:
    """Go on under the marker of an earlier ledger, so that everything that carries it is found again."""
    found, ledger = marker_in(details), publication.ledger
    # Another folder may have got it meanwhile: that of a place from which this one was moved.
    if found is None or found == publication.dataset.marker or ledger.is_taken(marker=found):
        return
    ledger.update(publication.dataset.id, marker=found)
    publication.dataset = publication.ledger.dataset(publication.dataset.id)


def adopted_token(publication: Publication) -> NamedToken | None:
    """Return the token that stands in the file already, if it is one of ours and still good for its group."""
    written = publication.block.invite_token if publication.block is not None else None
    if written is None or not publication.was_there:
        return None
    zone = publication.services.zone
    for token_id in zone.named_tokens():
        token = zone.named_token(token_id)
        if token.token == written and token.invite_type == "userJoinGroup" and not token.revoked:
            return token
    return None

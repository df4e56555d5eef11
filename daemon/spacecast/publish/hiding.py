"""Keeps files that carry the invite token from everybody who only has the public link.

The provider gives guests what a file's permissions for others allowed at its last scan. So they go first, then the
folder is scanned, and only then may a token be in the file. That a scan is owed is in the ledger before anything else.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator

from spacecast.faults import Fault, NeedsPerson, Passing
from spacecast.folders import DatasetFolder
from spacecast.metadata import LostRace, hide_from_others
from spacecast.onedata import Gone
from spacecast.publish.admission import stamp_text
from spacecast.publish.adoption import BLOCK
from spacecast.publish.link_invite import INVITE
from spacecast.publish.link_provider import SUPPORT
from spacecast.publish.publication import NotYet, Publication
from spacecast.publish.scanning import require_scan

OTHERS = 0o007
SCAN_OWED = "scan-after-hiding"
SCAN_FOR_SHARE = "scan-before-sharing"
"""That a scan of a folder which others had published was asked for, before the first public share of it."""
TOKEN_IN = "token_in"
"""The fact about our block that says which file holds the token; None for none."""
_TOKEN_KEY = b"InviteToken"
_LOOK_AGAIN_SECONDS = 10.0


def is_to_be_hidden(publication: Publication) -> bool:
    """Say whether a token stands in the metadata file, or is about to; of any other the permissions stay."""
    is_for_the_token = publication.config.metadata.invite_token == "file" and publication.refusal is None
    return is_for_the_token or _names_a_token(publication)


def _names_a_token(publication: Publication) -> bool:
    return _TOKEN_KEY in publication.metadata.data


def _may_hold_a_token(publication: Publication) -> bool:
    """Say whether a token may stand in a file that cannot be read: in another encoding, say."""
    block = publication.known(BLOCK)
    if _names_a_token(publication):
        return True
    if block is not None and TOKEN_IN in block.details:
        return bool(block.details[TOKEN_IN] == publication.dataset.metadata_name)
    return INVITE in publication.objects and publication.config.metadata.invite_token == "file"


@contextlib.contextmanager
def hiding_first(publication: Publication, folder: DatasetFolder) -> Iterator[None]:
    """Hide a token that stands in the metadata file before it is worked with, whatever else is wrong with the file.

    What is wrong with the file is told all the same: a fault of the work comes before one of the hiding.
    """
    is_named = _names_a_token(publication)
    trouble = _trouble_of(lambda: hide(publication, folder)) if is_named else None
    try:
        yield
    except NeedsPerson as reason:
        hide_all_the_same(publication, folder, reason)
        raise
    if trouble is not None:
        raise trouble


def hide_all_the_same(publication: Publication, folder: DatasetFolder, reason: NeedsPerson) -> None:
    """Hide a token that may stand in the metadata file of a dataset which waits for a person.

    What passes, a scan that goes on say, is looked at again soon. Raises NeedsPerson with both reasons where a person
    is needed for the hiding as well.
    """
    if publication.read is None:
        return
    trouble = _trouble_of(lambda: _hide_all(publication, folder))
    if isinstance(trouble, Passing):
        publication.look_again_seconds = trouble.retry_after_seconds or _LOOK_AGAIN_SECONDS
    elif trouble is not None:
        raise NeedsPerson(f"{reason} Besides, others may read an invite token there: {trouble}") from reason


def _hide_all(publication: Publication, folder: DatasetFolder) -> None:
    if _may_hold_a_token(publication):
        hide(publication, folder)
    hide_earlier(publication, folder)


def _trouble_of(hiding: Callable[[], None]) -> Fault | None:
    try:
        hiding()
    except Fault as trouble:
        return trouble
    return None


def hide(publication: Publication, folder: DatasetFolder) -> None:
    """Take the permissions of others from the metadata file, and have the provider learn of it if it must."""
    before, name = publication.metadata, publication.dataset.metadata_name or ""
    if before.status.st_mode & OTHERS:
        _hide(publication, folder, name)
        publication.read = folder.read(name)
        if publication.read.data != before.data:
            raise LostRace(f"{name} was saved while it was being read; it is looked at again.")
        # Our own change of the mode is recognised by it and starts nothing.
        publication.ledger.update(publication.dataset.id, read_stamp=stamp_text(publication.read.stamp))
    try:
        settle_owed_scan(publication)
    except Gone:
        # Without the import nobody gets the file there. The scan stays owed: no token is written, and whether the
        # space is lost is found out before that.
        return


def hide_beside(publication: Publication, folder: DatasetFolder, name: str) -> None:
    """Do the same with a file beside the metadata file, where there is one of this name."""
    try:
        with folder.disk.asking():
            status = os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISREG(status.st_mode) and status.st_mode & OTHERS:
        _hide(publication, folder, name)
    settle_owed_scan(publication)


def _hide(publication: Publication, folder: DatasetFolder, name: str) -> None:
    # Without a support, made or about to be by us or another tool, nothing was scanned yet.
    if SUPPORT in publication.objects or publication.was_there or _TOKEN_KEY in publication.metadata.data:
        # A scan that is under way, on account of another file, may have passed this one already.
        publication.restart(SCAN_OWED)
    with folder.disk.asking():
        hide_from_others(folder.descriptor, name)


def hide_earlier(publication: Publication, folder: DatasetFolder) -> None:
    """Do the same with the file in which an earlier tool has kept its token, which is as good as ours."""
    name = publication.config.metadata.earlier_file
    if name is not None:
        hide_beside(publication, folder, name)


def settle_before_sharing(publication: Publication) -> None:
    """Return once the provider knows who may read the file; a share that is made then gives no token away.

    In a space of which this ledger knew nothing it may know the file from a time when others could read it.
    Raises NotYet while a scan goes on.
    """
    may_have_been_seen = _names_a_token(publication) or publication.config.metadata.earlier_file is not None
    if publication.was_there and may_have_been_seen and not publication.known(SCAN_FOR_SHARE):
        if SCAN_OWED not in publication.objects:
            publication.restart(SCAN_OWED)
        publication.confirm(SCAN_FOR_SHARE, None)
    settle_owed_scan(publication)
    if SCAN_OWED in publication.objects:
        # There is no support just now that could be scanned; it is being made again.
        raise NotYet(f"The folder of {publication.dataset.name} is not scanned yet.", retry_after_seconds=1.0)


def settle_owed_scan(publication: Publication) -> None:
    """Have the folder scanned to the end if a file was hidden since the last scan; no token is written before.

    Raises NotYet while the scan goes on.
    """
    if SCAN_OWED in publication.objects and publication.known(SUPPORT):
        require_scan(publication, SCAN_OWED)
        publication.forget(SCAN_OWED)

"""Keeps files that carry the invite token from everybody who only has the public link.

The provider gives guests what a file's permissions for others allowed at its last scan. So they go first, then the
folder is scanned, and only then may a token be in the file. That a scan is owed is in the ledger before anything else.
"""

import os
import stat

from spacecast.folders import DatasetFolder
from spacecast.metadata import LostRace, hide_from_others
from spacecast.onedata import Gone
from spacecast.publish.admission import stamp_text
from spacecast.publish.link_invite import INVITE
from spacecast.publish.link_provider import SUPPORT
from spacecast.publish.publication import Publication
from spacecast.publish.scanning import require_scan

OTHERS = 0o007
SCAN_OWED = "scan-after-hiding"
_TOKEN_KEY = b"InviteToken"


def holds_a_token(publication: Publication) -> bool:
    """Say whether a token stands in the metadata file, or may, whatever else is wrong with the file."""
    return INVITE in publication.objects or _TOKEN_KEY in publication.metadata.data


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


def settle_owed_scan(publication: Publication) -> None:
    """Have the folder scanned to the end if a file was hidden since the last scan; no token is written before.

    Raises NotYet while the scan goes on.
    """
    if SCAN_OWED in publication.objects and publication.known(SUPPORT):
        require_scan(publication, SCAN_OWED)
        publication.forget(SCAN_OWED)

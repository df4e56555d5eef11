"""The stage *import*: the provider has imported the folder as it is now, proved file by file.

No thread waits here: each pass looks at the import once and says when to look again, so that a scan of
hours holds up nobody.
"""

from typing import Any
from urllib.parse import urlsplit

from spacecast.faults import Passing
from spacecast.folders import open_folder
from spacecast.onedata import Refused
from spacecast.publish.admission import SCAN
from spacecast.publish.comparing import Comparison, compare
from spacecast.publish.link_provider import SUPPORT, describe
from spacecast.publish.publication import SPACE, Publication
from spacecast.publish.reading import read_document
from spacecast.publish.scanning import require_scan
from spacecast.publish.twins import require_no_more_twins

SMALLEST_SPACE_BYTES = 1_000_000
"""What Onedata supports a space with at the least."""


def import_files(publication: Publication) -> None:
    """Bring the import up to date and verify it; raises NotYet while the provider is still at it.

    The metadata file was changed by the write-back, so a scan that began after it must have ended. While the
    dataset is live the provider scans by itself, and what it has is verified once the running file is gone.
    """
    dataset = publication.dataset
    with open_folder(dataset.root, dataset.name, disk=publication.disk) as folder:
        read_document(publication, folder)
        describe(publication)
        _set_continuous(publication, wanted=dataset.live)
        if dataset.live:
            _fit_size(publication, publication.config.onedata.space_size)
            return
        _forget_earlier_scan(publication)
        require_scan(publication, SCAN)
        comparison = compare(publication, folder)
    if comparison.different:
        publication.forget(SCAN)
        raise Passing(
            f"The provider's import of {dataset.name} differs from the folder in {comparison.different} files: "
            f"{'; '.join(comparison.shown)}. Another scan is asked for"
        )
    require_no_more_twins(publication)
    _note_content(publication, comparison)
    if publication.config.onedata.fit_space_size:
        _fit_size(publication, max(comparison.size_bytes, SMALLEST_SPACE_BYTES))
    if comparison.left_out:
        publication.note = f"{comparison.left_out} files cannot be told from what the provider has by name"


def _forget_earlier_scan(publication: Publication) -> None:
    """Let a scan that was asked for before the stage was opened again not count: it may have passed what changed."""
    asked = publication.objects.get(SCAN)
    if asked is None or asked.details.get("opened") != publication.opened:
        publication.restart(SCAN, opened=publication.opened)


def _set_continuous(publication: Publication, *, wanted: bool) -> None:
    if bool(publication.detail(SUPPORT, "continuous")) == wanted:
        return
    settings = publication.services.import_settings(continuous=wanted)
    publication.services.panel.change_import(publication.id_of(SPACE), settings)
    _note_support(publication, continuous=wanted)


def _fit_size(publication: Publication, size_bytes: int) -> None:
    """Give the space's support a size; one that was never fitted has that of the config."""
    if (publication.detail(SUPPORT, "size_bytes") or publication.config.onedata.space_size) == size_bytes:
        return
    try:
        publication.services.panel.change_support_size(publication.id_of(SPACE), size_bytes)
    except Refused as refusal:
        # More is in the space than the folder holds, by somebody who writes into it elsewhere: nothing is wrong.
        publication.note = f"The size of the space stays as it is: {refusal}"
        return
    _note_support(publication, size_bytes=size_bytes)


def _note_content(publication: Publication, comparison: Comparison) -> None:
    """Write down what the provider has, for the statistics."""
    provider = urlsplit(publication.config.onedata.provider.url).hostname or ""
    facts = {"files": comparison.files, "bytes": comparison.size_bytes, "provider": provider}
    if any(publication.detail(SUPPORT, name) != fact for name, fact in facts.items()):
        _note_support(publication, **facts)


def _note_support(publication: Publication, **facts: Any) -> None:
    support = publication.known(SUPPORT)
    known = dict(support.details) if support is not None else {}
    publication.confirm(SUPPORT, publication.id_of(SUPPORT), **{**known, **facts})

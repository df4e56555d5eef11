"""The stage *import*: the provider has imported the folder as it is now, proved file by file.

No thread waits here: each pass looks at the import once and says when to look again, so that a scan of
hours holds up nobody.
"""

import time

from spacecast.config import format_duration
from spacecast.faults import Passing
from spacecast.folders import open_folder
from spacecast.publish.admission import SCAN
from spacecast.publish.adoption import SPACE
from spacecast.publish.comparing import compare
from spacecast.publish.link_provider import SUPPORT, describe
from spacecast.publish.publication import NotYet, Publication
from spacecast.publish.reading import read_document
from spacecast.publish.scanning import ask_for_scan, has_ended_since

_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.4, 30.0


def import_files(publication: Publication) -> None:
    """Bring the import up to date and verify it; raises NotYet while the provider is still at it.

    The metadata file was changed by the write-back, so a scan that began after it must have ended. While the
    dataset is live the provider scans by itself, and what it has is verified once the running file is gone.
    """
    dataset = publication.dataset
    with open_folder(dataset.root, dataset.name) as folder:
        read_document(publication, folder)
        describe(publication)
        _set_continuous(publication, wanted=dataset.live)
        if dataset.live:
            return
        _await_scan(publication)
        comparison = compare(publication, folder)
    if comparison.different:
        publication.forget(SCAN)
        raise Passing(
            f"The provider's import of {dataset.name} differs from the folder in {comparison.different} files: "
            f"{'; '.join(comparison.shown)}. Another scan is asked for"
        )
    if comparison.left_out:
        publication.note = f"{comparison.left_out} files cannot be told from what the provider has by name"


def _await_scan(publication: Publication) -> None:
    publication.intend(SCAN)
    asked = publication.objects[SCAN]
    waited_seconds = time.time() - float(asked.details.get("intended_at", time.time()))
    if not asked.confirmed:
        total_scans_before = ask_for_scan(publication)
        if total_scans_before is not None:
            publication.confirm(SCAN, None, total_scans_before=total_scans_before, intended_at=time.time())
        raise _not_yet(publication, waited_seconds)
    if not has_ended_since(publication, asked.details["total_scans_before"]):
        raise _not_yet(publication, waited_seconds)


def _not_yet(publication: Publication, waited_seconds: float) -> Passing:
    name, limit_seconds = publication.dataset.name, publication.config.onedata.waits.import_scan
    if limit_seconds is not None and waited_seconds > limit_seconds:
        publication.forget(SCAN)
        return Passing(
            f"The provider has not scanned {name} within {format_duration(limit_seconds)} (onedata.waits.import_scan). "
            f"Another scan is asked for"
        )
    # The longer a scan takes, the less it matters to notice its end at once.
    pause_seconds = min(max(_SHORTEST_PAUSE_SECONDS, waited_seconds / 4), _LONGEST_PAUSE_SECONDS)
    return NotYet(f"The provider is still importing {name}.", retry_after_seconds=pause_seconds)


def _set_continuous(publication: Publication, *, wanted: bool) -> None:
    if bool(publication.detail(SUPPORT, "continuous")) == wanted:
        return
    settings = publication.services.import_settings(continuous=wanted)
    publication.services.panel.change_import(publication.id_of(SPACE), settings)
    publication.confirm(SUPPORT, publication.id_of(SUPPORT), continuous=wanted)

"""The stage *import*: the provider has imported the folder as it is now, proved file by file.

No thread waits here: each pass looks at the import once and says when to look again, so that a scan of
hours holds up nobody.
"""

import time
from pathlib import PurePosixPath

from spacecast.config import format_duration
from spacecast.faults import Passing
from spacecast.folders import DatasetFolder, open_folder
from spacecast.publish.admission import SCAN
from spacecast.publish.adoption import SPACE
from spacecast.publish.link_provider import SUPPORT
from spacecast.publish.publication import NotYet, Publication
from spacecast.publish.scanning import ask_for_scan, has_ended_since

_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.4, 30.0
_SHOWN_DIFFERENCES = 3


def import_files(publication: Publication) -> None:
    """Bring the import up to date and verify it; raises NotYet while the provider is still at it.

    The metadata file was changed by the write-back, so a scan that began after it must have ended. While the
    dataset is live the provider scans by itself, and what it has is verified once the running file is gone.
    """
    _set_continuous(publication, wanted=publication.dataset.live)
    if publication.dataset.live:
        return
    asked = publication.known(SCAN)
    if asked is None:
        total_scans_before = ask_for_scan(publication)
        if total_scans_before is not None:
            publication.confirm(SCAN, None, total_scans_before=total_scans_before, asked_at=time.time())
        raise _not_yet(publication, 0.0)
    if not has_ended_since(publication, asked.details["total_scans_before"]):
        raise _not_yet(publication, time.time() - asked.details["asked_at"])
    differences = _differences(publication)
    if differences:
        publication.forget(SCAN)
        shown = "; ".join(differences[:_SHOWN_DIFFERENCES])
        raise Passing(
            f"The provider's import of {publication.dataset.name} differs from the folder in {len(differences)} files: "
            f"{shown}. Another scan is asked for"
        )


def _not_yet(publication: Publication, waited_seconds: float) -> NotYet:
    limit_seconds = publication.config.onedata.waits.import_scan
    if limit_seconds is not None and waited_seconds > limit_seconds:
        publication.forget(SCAN)
        raise Passing(
            f"The provider has not scanned {publication.dataset.name} within {format_duration(limit_seconds)} "
            f"(onedata.waits.import_scan). Another scan is asked for"
        )
    # The longer a scan takes, the less it matters to notice its end at once.
    pause_seconds = min(max(_SHORTEST_PAUSE_SECONDS, waited_seconds / 4), _LONGEST_PAUSE_SECONDS)
    return NotYet(f"The provider is still importing {publication.dataset.name}.", retry_after_seconds=pause_seconds)


def _set_continuous(publication: Publication, *, wanted: bool) -> None:
    if bool(publication.detail(SUPPORT, "continuous")) == wanted:
        return
    settings = publication.services.import_settings(continuous=wanted)
    publication.services.panel.change_import(publication.id_of(SPACE), settings)
    publication.confirm(SUPPORT, publication.id_of(SUPPORT), continuous=wanted)


def _differences(publication: Publication) -> list[str]:
    dataset = publication.dataset
    imported = dict(publication.services.imported_files(publication.id_of(SPACE), dataset.title))
    differences = []
    with open_folder(dataset.root, dataset.name) as folder:
        for path, size_bytes in _on_disk(folder):
            there = imported.pop(path, None)
            if there is None:
                differences.append(f"{path} is not imported")
            elif there != size_bytes:
                differences.append(f"{path} has {size_bytes} bytes here and {there} there")
    return differences + [f"{path} is there only" for path in imported]


def _on_disk(folder: DatasetFolder) -> list[tuple[PurePosixPath, int]]:
    return [(file.path, file.size) for file in folder.files()]

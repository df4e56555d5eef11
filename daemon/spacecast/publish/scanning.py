"""Has the provider scan a dataset's folder, and tells whether a scan that began afterwards has ended."""

import time

from spacecast.config import format_duration
from spacecast.faults import Passing
from spacecast.onedata import AlreadyThere
from spacecast.publish.admission import IMPORT
from spacecast.publish.progress import Progress
from spacecast.publish.publication import SPACE, NotYet, Publication

SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.4, 30.0


def ask_for_scan(publication: Publication, waited_seconds: float) -> int | None:
    """Start a scan and return how many had ended before it; None while another one is still under way.

    One under way may have passed a changed file already, so it does not count. Raises Passing where the provider
    refuses because of one that it does not show, and one has been waited for longer than anything takes to show.
    """
    panel, space_id = publication.services.panel, publication.id_of(SPACE)
    info = panel.import_info(space_id)
    if not info.has_ended:
        return None
    try:
        panel.force_start_import(space_id)
    except AlreadyThere as refusal:
        if waited_seconds <= publication.config.onedata.waits.visibility:
            return None
        raise Passing(
            f"The provider refuses to scan {publication.dataset.name} because a scan is under way, and says that none "
            f"is; look at the space's import in Onepanel if that lasts. It is asked again"
        ) from refusal
    return info.total_scans


def has_ended_since(publication: Publication, total_scans_before: int) -> bool:
    """Say whether more scans have ended than before, and none is under way."""
    info = publication.services.panel.import_info(publication.id_of(SPACE))
    seen = info.created_files + info.modified_files + info.unmodified_files
    publication.tell_progress(IMPORT, Progress("files imported", seen))
    return info.has_ended and info.total_scans > total_scans_before


def require_scan(publication: Publication, kind: str) -> None:
    """Make sure that a scan which began after `kind` was intended has ended; raises NotYet while it has not.

    No thread waits here: each pass looks once and says when to look again. What was asked for is in the ledger under
    `kind`, which the caller forgets to have the next scan.
    """
    publication.intend(kind)
    asked = publication.objects[kind]
    waited_seconds = time.time() - float(asked.details.get("intended_at", time.time()))
    if not asked.confirmed:
        total_scans_before = ask_for_scan(publication, waited_seconds)
        if total_scans_before is not None:
            facts = {**asked.details, "total_scans_before": total_scans_before, "intended_at": time.time()}
            publication.confirm(kind, None, **facts)
            # It was asked for just now, however long ago it was meant to be.
            waited_seconds = 0.0
        raise _not_yet(publication, kind, waited_seconds)
    if not has_ended_since(publication, asked.details["total_scans_before"]):
        raise _not_yet(publication, kind, waited_seconds)


def _not_yet(publication: Publication, kind: str, waited_seconds: float) -> Passing:
    asked = publication.objects[kind]
    name, limit_seconds = publication.dataset.name, publication.config.onedata.waits.import_scan
    if limit_seconds is not None and waited_seconds > limit_seconds:
        # Asked for again, and never forgotten: a token may depend on it.
        publication.restart(kind, **{name: asked.details[name] for name in ("opened",) if name in asked.details})
        return Passing(
            f"The provider has not scanned {name} within {format_duration(limit_seconds)} (onedata.waits.import_scan). "
            f"Another scan is asked for"
        )
    # The longer a scan takes, the less it matters to notice its end at once.
    pause_seconds = min(max(SHORTEST_PAUSE_SECONDS, waited_seconds / 4), _LONGEST_PAUSE_SECONDS)
    return NotYet(f"The provider is still importing {name}.", retry_after_seconds=pause_seconds)

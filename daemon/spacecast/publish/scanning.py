"""Has the provider scan a dataset's folder, and tells whether a scan that began afterwards has ended."""

from spacecast.onedata import AlreadyThere
from spacecast.publish.publication import SPACE, Publication
from spacecast.transport import await_condition


def ask_for_scan(publication: Publication) -> int | None:
    """Start a scan and return how many had ended before it; None while another one is still under way.

    One under way may have passed a changed file already, so it does not count.
    """
    panel, space_id = publication.services.panel, publication.id_of(SPACE)
    info = panel.import_info(space_id)
    if not info.has_ended:
        return None
    try:
        panel.force_start_import(space_id)
    except AlreadyThere:
        return None
    return info.total_scans


def has_ended_since(publication: Publication, total_scans_before: int) -> bool:
    """Say whether more scans have ended than before, and none is under way."""
    info = publication.services.panel.import_info(publication.id_of(SPACE))
    return info.has_ended and info.total_scans > total_scans_before


def scan_to_the_end(publication: Publication) -> None:
    """Have the folder scanned and wait for it; for the rare case in which nothing may go on before."""
    name, wait = publication.dataset.name, publication.stop.wait
    total_seconds = publication.config.onedata.waits.visibility
    before = await_condition(
        f"the provider begins a new scan of {name}",
        lambda: ask_for_scan(publication),
        total_seconds=total_seconds,
        wait=wait,
    )
    await_condition(
        f"the provider has scanned {name}",
        lambda: has_ended_since(publication, before) or None,
        total_seconds=total_seconds,
        wait=wait,
    )

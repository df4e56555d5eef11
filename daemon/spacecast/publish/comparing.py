"""Compares what the provider has imported with what is on the disk, as far as both can tell.

Neither list is ever in memory: the provider's goes into a temporary table, out of which the disk's files are taken.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from spacecast.config import StorageImport
from spacecast.folders import DatasetFolder, Skipped
from spacecast.publish.admission import IMPORT, shown_name
from spacecast.publish.publication import SPACE, Publication
from spacecast.publish.tally import Tally, open_tally
from spacecast.transport import Stopped

_SHOWN_DIFFERENCES = 3


@dataclass
class Comparison:
    """What differs: how many files, and of the first ones in words; and how many on disk could not be compared."""

    different: int = 0
    left_out: int = 0
    files: int = 0
    """How many there are on the disk."""
    size_bytes: int = 0
    """The length of all files on the disk."""
    shown: list[str] = field(default_factory=list)

    def note(self, difference: str | None) -> None:
        """Count a difference; None is none."""
        if difference is not None:
            self.different += 1
            if len(self.shown) < _SHOWN_DIFFERENCES:
                self.shown.append(difference)


def compare(publication: Publication, folder: DatasetFolder) -> Comparison:
    """Return the differences in names and sizes between the folder and the provider's import of it.

    Left out is what either side does not see: names that are not UTF-8, special files, what lies deeper than
    the configured import; and what the import was told not to look for (changes, deletions). Raises Stopped soon
    after the publication is stopped.
    """
    settings = publication.config.onedata.storage_import
    with open_tally() as tally:
        listed = publication.services.imported_files(publication.id_of(SPACE), publication.dataset.title)
        tally.fill(publication.counting(IMPORT, "files compared", listed))
        return compare_with(tally, folder, settings, is_stopped=publication.stop.is_set)


def compare_with(
    tally: Tally, folder: DatasetFolder, settings: StorageImport, *, is_stopped: Callable[[], bool] = lambda: False
) -> Comparison:
    """Compare a folder with the files in a tally, which are taken out of it."""
    result = Comparison()

    def leave_out(skipped: Skipped) -> None:
        result.left_out += 1
        tally.take_below(skipped.path)

    for file in folder.files(on_skipped=leave_out, most_sorted=0):
        if is_stopped():
            raise Stopped(f"Stopped while {folder.path} was compared with its import.")
        result.files += 1
        result.size_bytes += file.size
        there = tally.take(file.path)
        if _is_comparable(file.path, settings):
            result.note(_difference(file.path, file.size, there, settings))
        else:
            result.left_out += 1
    for path in tally.left() if settings.detect_deletions else ():
        if _is_comparable(path, settings):
            result.note(f"{shown_name(path)} is there only")
    return result


def _is_comparable(path: str, settings: StorageImport) -> bool:
    is_unicode = path.encode("utf-8", "replace").decode() == path
    return is_unicode and path.count("/") < settings.max_depth and path.isprintable()


def _difference(path: str, here: int, there: int | None, settings: StorageImport) -> str | None:
    if there is None:
        return f"{shown_name(path)} is not imported"
    if there != here and settings.detect_modifications:
        return f"{shown_name(path)} has {here} bytes here and {there} there"
    return None

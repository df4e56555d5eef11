"""Compares what the provider has imported with what is on the disk, as far as both can tell."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from spacecast.config import StorageImport
from spacecast.folders import DatasetFolder, Skipped
from spacecast.publish.admission import shown_name
from spacecast.publish.adoption import SPACE
from spacecast.publish.publication import Publication


@dataclass(frozen=True)
class Comparison:
    """What differs, for people; `left_out` counts the files on disk that could not be compared."""

    differences: list[str]
    left_out: int


def compare(publication: Publication, folder: DatasetFolder) -> Comparison:
    """Return the differences in names and sizes between the folder and the provider's import of it.

    Left out is what either side does not see: names that are not UTF-8, special files, what lies deeper than
    the configured import; and what the import was told not to look for (changes, deletions).
    """
    settings = publication.config.onedata.storage_import
    imported = dict(publication.services.imported_files(publication.id_of(SPACE), publication.dataset.title))
    skipped: list[Skipped] = []
    differences, left_out = [], 0
    for path, size_bytes in _on_disk(folder, skipped):
        if not _is_comparable(path, settings):
            left_out += 1
            imported.pop(path, None)
            continue
        difference = _difference(path, size_bytes, imported.pop(path, None), settings)
        differences += [difference] if difference else []
    beyond = [path for path in imported if not _is_below_any(path, skipped)] if settings.detect_deletions else []
    differences += [f"{_shown(path)} is there only" for path in beyond if _is_comparable(path, settings)]
    return Comparison(differences, left_out + len(skipped))


def _on_disk(folder: DatasetFolder, skipped: list[Skipped]) -> Iterator[tuple[PurePosixPath, int]]:
    for file in folder.files(on_skipped=skipped.append):
        yield file.path, file.size


def _is_comparable(path: PurePosixPath, settings: StorageImport) -> bool:
    text = str(path)
    is_unicode = text.encode("utf-8", "replace").decode() == text
    return is_unicode and len(path.parts) <= settings.max_depth and text.isprintable()


def _difference(path: PurePosixPath, here: int, there: int | None, settings: StorageImport) -> str | None:
    if there is None:
        return f"{_shown(path)} is not imported"
    if there != here and settings.detect_modifications:
        return f"{_shown(path)} has {here} bytes here and {there} there"
    return None


def _is_below_any(path: PurePosixPath, skipped: list[Skipped]) -> bool:
    return any(path.is_relative_to(found.path) for found in skipped)


def _shown(path: PurePosixPath) -> str:
    return shown_name(str(path))

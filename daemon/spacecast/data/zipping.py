"""A downloaded folder as one ZIP file that can be opened anywhere, however large."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_PIECE_BYTES = 1 << 20


def pack(folder: Path, archive: Path, *, without: str) -> None:
    """Write everything in `folder` into `archive`, under the archive's own name; it appears once it is whole.

    A folder called `without` is left out. Nothing is compressed: what microscopes write hardly gets smaller, and the
    file stays quick to open.
    """
    draft = archive.with_name(f".{archive.name}.new")
    # Not through a link that somebody has put there.
    draft.unlink(missing_ok=True)
    with ZipFile(draft, "w", ZIP_STORED, allowZip64=True) as packed:
        for path in _files(folder, without):
            _add(packed, path, f"{archive.stem}/{path.relative_to(folder).as_posix()}")
    draft.replace(archive)


def _files(folder: Path, without: str) -> Iterator[Path]:
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != without or Path(above) != folder)
        yield from (Path(above) / name for name in sorted(names))


def _add(packed: ZipFile, path: Path, name: str) -> None:
    info = ZipInfo(name, _EARLIEST)
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    info.file_size = path.stat().st_size
    with path.open("rb") as source, packed.open(info, "w", force_zip64=True) as target:
        while piece := source.read(_PIECE_BYTES):
            target.write(piece)

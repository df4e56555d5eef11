"""Which reader a file is for: by its first bytes, then by its extension."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import BinaryIO

from spacecast.formats import hdf5, mrc, npy, table_csv, tiff
from spacecast.formats.model import Description, Incomplete, NotThisFormat, Readable, Unreadable

Reader = Callable[[BinaryIO, int], Readable]

_START_BYTES = mrc.HEADER_BYTES

_HDF5_EXTENSIONS = frozenset({".h5", ".hdf5", ".hdf", ".nxs", ".emd", ".hspy", ".nx5", ".nc", ".nc4"})
_BY_EXTENSION: dict[str, tuple[str, Reader]] = {
    **dict.fromkeys((".mrc", ".mrcs", ".map", ".rec", ".ali", ".st", ".ccp4"), ("MRC", mrc.describe)),
    **dict.fromkeys((".tif", ".tiff", ".btf"), ("TIFF", tiff.describe)),
    **dict.fromkeys(_HDF5_EXTENSIONS, ("HDF5", hdf5.describe)),
    **dict.fromkeys((".csv", ".tsv"), ("CSV", table_csv.describe)),
    ".npy": ("NPY", npy.describe),
}
# Formats whose absence here is worth a word, since people will look for them.
_KNOWN_WITHOUT_READER = {
    ".dm3": "Gatan DM3",
    ".dm4": "Gatan DM4",
    ".ser": "TIA SER",
    ".eer": "EER",
    ".cbf": "CBF",
    ".edf": "EDF",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".npz": "NumPy archive",
    ".zip": "ZIP archive",
    ".mat": "MATLAB",
    ".zarr": "Zarr",
}


def describe(file: BinaryIO, name: str, size: int) -> Description:
    """Find out how a file can be read as data.

    `file` is open and can seek, `name` is the file's name, `size` its size in bytes. Only headers are read, except of
    tables. Never raises for what a file holds; an OSError of reading is the caller's.
    """
    if size == 0:
        return Unreadable("it is empty", try_again=_extension(name) in _BY_EXTENSION)
    file.seek(0)
    start = file.read(_START_BYTES)
    by_content = _reader_for(start, file, size)
    found = by_content or _BY_EXTENSION.get(_extension(name))
    if found is None:
        return Unreadable(_no_reader(_extension(name)))
    label, reader = found
    try:
        return reader(file, size)
    except Incomplete as error:
        return Unreadable(f"as {label} it is not complete: {error}", try_again=True)
    except NotThisFormat as error:
        # A file that only its name says to be of a format may get its first bytes last.
        return Unreadable(f"it cannot be read as {label}: {error}", try_again=by_content is None and label == "HDF5")


def _reader_for(start: bytes, file: BinaryIO, size: int) -> tuple[str, Reader] | None:
    if start.startswith(npy.MAGIC):
        return "NPY", npy.describe
    if start.startswith(hdf5.SIGNATURE):
        return "HDF5", hdf5.describe
    if start[:4] in tiff.MAGICS:
        return "TIFF", tiff.describe
    if mrc.is_mrc(start):
        return "MRC", mrc.describe
    if hdf5.find_signature(file, size) is not None:
        return "HDF5", hdf5.describe
    return None


def _extension(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _no_reader(extension: str) -> str:
    if extension in _KNOWN_WITHOUT_READER:
        return f"there is no reader for {_KNOWN_WITHOUT_READER[extension]} files"
    if extension:
        return f"there is no reader for {ascii(extension)[1:-1]} files"
    return "its content is of no known format"

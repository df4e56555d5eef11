"""Which reader a file is for: by its first bytes, then by its extension."""

from collections.abc import Callable
from typing import BinaryIO

from spacecast.formats import dm, hdf5, mrc, npy, pictures, ser, table_csv, tiff
from spacecast.formats.dm_tags import is_dm
from spacecast.formats.keys import extension_of
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
    **dict.fromkeys((".jpg", ".jpeg"), ("JPEG", pictures.describe_jpeg)),
    ".png": ("PNG", pictures.describe_png),
    ".ser": ("SER", ser.describe),
    ".dm3": ("DM3", dm.describe),
    ".dm4": ("DM4", dm.describe),
}
# Formats whose absence here is worth a word, since people will look for them.
_KNOWN_WITHOUT_READER = {
    ".emi": "TIA EMI (what was measured is in the SER files beside it)",
    ".eer": "EER files",
    ".cbf": "CBF files",
    ".edf": "EDF files",
    ".npz": "NumPy archives",
    ".zip": "ZIP archives",
    ".mat": "MATLAB files",
    ".zarr": "Zarr files",
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


_BY_CONTENT: tuple[tuple[str, Callable[[bytes], bool], Reader], ...] = (
    ("NPY", lambda start: start.startswith(npy.MAGIC), npy.describe),
    ("HDF5", lambda start: start.startswith(hdf5.SIGNATURE), hdf5.describe),
    ("TIFF", lambda start: start[:4] in tiff.MAGICS, tiff.describe),
    ("SER", lambda start: start.startswith(ser.MAGIC), ser.describe),
    ("JPEG", lambda start: start.startswith(pictures.JPEG_MAGIC), pictures.describe_jpeg),
    ("PNG", lambda start: start.startswith(pictures.PNG_MAGIC), pictures.describe_png),
    ("DM3 or DM4", is_dm, dm.describe),
    ("MRC", mrc.is_mrc, mrc.describe),
)


def _reader_for(start: bytes, file: BinaryIO, size: int) -> tuple[str, Reader] | None:
    for label, is_it, reader in _BY_CONTENT:
        if is_it(start):
            return label, reader
    if hdf5.find_signature(file, size) is not None:
        return "HDF5", hdf5.describe
    return None


def _extension(name: str) -> str:
    return extension_of(name).lower()


def _no_reader(extension: str) -> str:
    if extension in _KNOWN_WITHOUT_READER:
        return f"there is no reader for {_KNOWN_WITHOUT_READER[extension]}"
    if extension:
        return f"there is no reader for {ascii(extension)[1:-1]} files"
    return "its content is of no known format"

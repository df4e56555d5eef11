"""Series of images or tables: files of one folder whose names differ in their trailing number only."""

import hashlib
import json
import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from posixpath import basename, dirname, join

from spacecast.formats.keys import entry_key, natural
from spacecast.formats.model import Readable
from spacecast.formats.structures import array_structure, whole

_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>[0-9]+)(?P<extension>\.[A-Za-z0-9]{1,10})\Z", re.DOTALL)
_FEWEST = 2
# Some tables are easier found one by one; thousands are neither listed nor registered in reasonable time.
_FEWEST_TABLES = 20
# Of four thousand, each part took six times as long as of five hundred.
_MOST_TABLES = 500


@dataclass(frozen=True)
class Series:
    """Two or more files that may make one array, in natural order."""

    stem: str
    extension: str
    names: tuple[str, ...]

    @property
    def key(self) -> str:
        """Its key in the catalog: `image_0001.tif`, `image_0002.tif` … are `image_series.tif`.

        A name that stays the same while files are added, and that no file of the series can have.
        """
        return entry_key(f"{self.stem}series{self.extension}")


def group(names: Iterable[str]) -> list[Series]:
    """Find all series among the names of one folder, in natural order.

    Same stem and extension, to the letter, and a number at the end of the stem. Whether the files' arrays are alike is
    for the caller to check.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for name in names:
        match = _NUMBERED.match(name)
        if match:
            found.setdefault((match["stem"], match["extension"]), []).append(name)
    series = [
        Series(stem, extension, tuple(sorted(members, key=natural)))
        for (stem, extension), members in found.items()
        if len(members) >= _FEWEST
    ]
    return sorted(series, key=lambda one: natural(one.stem + one.extension))


def series_key(path: str) -> str | None:
    """Return the key of the series that a file would be in, `path` being below the dataset's folder; None for none."""
    match = _NUMBERED.match(basename(path))
    if match is None:
        return None
    return entry_key(join(dirname(path), f"{match['stem']}series{match['extension']}"))


def numbered_name(name: str) -> tuple[str, str] | None:
    """Return stem and extension that a name shares with those of its series; None for a name without a number."""
    match = _NUMBERED.match(name)
    return None if match is None else (match["stem"], match["extension"])


def fewest(readable: Readable) -> int:
    """Return how many files like this one it takes to make a series."""
    return _FEWEST_TABLES if readable.structure_family == "table" else _FEWEST


def most(readable: Readable) -> int | None:
    """Return how many files like this one may be in one series; None where any number may.

    For each part of a table that is read, a Tiled server looks up all files of it; of a stack, those that are wanted.
    """
    return _MOST_TABLES if readable.structure_family == "table" else None


def frame_kind(readable: Readable) -> Hashable | None:
    """Return what is equal for files that can be frames of the same array, or parts of the same table; else None."""
    if readable.series_mimetype is None:
        return None
    if readable.structure_family == "table":
        return readable.series_mimetype, None, _columns(readable)
    return readable.series_mimetype, readable.shape, readable.dtype


def stack(first: Readable, count: int) -> Readable:
    """Describe `count` files like `first` as one array, a frame for each, or as one table, a partition for each.

    Its assets are numbered from 0 in order. Only for files with a `series_mimetype`. The metadata are those of the
    first file.
    """
    if first.series_mimetype is None:
        raise ValueError(f"files of the kind {first.mimetype} make no series")
    if first.structure_family == "table":
        return _table_of(first, first.series_mimetype, count)
    if first.shape is None or first.dtype is None:
        raise ValueError(f"files of the kind {first.mimetype} make no series")
    shape = (count, *first.shape)
    return Readable(
        structure_family="array",
        mimetype=first.series_mimetype,
        structure=array_structure(first.dtype, shape, ((1,) * count, *whole(first.shape))),
        metadata={**first.metadata, "files": count},
        shape=shape,
        dtype=first.dtype,
        asset_parameter="data_uris",
    )


def _table_of(first: Readable, mimetype: str, count: int) -> Readable:
    metadata = {name: value for name, value in first.metadata.items() if name != "rows"}
    structure = {**(first.structure or {}), "npartitions": count}
    return replace(first, mimetype=mimetype, structure=structure, metadata={**metadata, "files": count})


def _columns(readable: Readable) -> str:
    """Return what is the same for tables that are read alike: names, types, separator and so on."""
    text = json.dumps(readable.parameters, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:10]

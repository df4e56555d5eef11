"""What a reader finds out about a file: how to read it as data, or why nobody can."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

from spacecast.faults import Fault

# What a file offset of the operating system can be.
_FARTHEST_OFFSET = (1 << 63) - 1

Family = Literal["array", "table", "container"]


@dataclass(frozen=True)
class Readable:
    """A file that a Tiled server can serve as data."""

    structure_family: Family
    mimetype: str
    structure: Mapping[str, Any] | None
    """Tiled's JSON form; None for a container, whose inside the server finds by itself."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What the server's adapter is called with, besides the file."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What the header says about the data, units in the names or beside the values."""
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    """In numpy's spelling, such as `<f4`."""
    asset_parameter: str = "data_uri"
    """How the adapter calls the file: `data_uris` where it takes a list."""
    series_mimetype: str | None = None
    """The mimetype under which like files make one array, where there is one."""


@dataclass(frozen=True)
class Unreadable:
    """A file that can be downloaded and not be opened as data."""

    reason: str
    """For people: what is wrong or missing, without the file's name."""
    try_again: bool = False
    """It looks as if it were still being written."""


Description = Readable | Unreadable


class NotThisFormat(Fault):
    """The bytes are not what the reader expected; the text says what is wrong, for people."""


class Incomplete(NotThisFormat):
    """The file ends before what its header promises."""


def read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    """Read exactly `length` bytes from `offset`. Raises Incomplete where the file ends before."""
    if offset > _FARTHEST_OFFSET:
        raise NotThisFormat(f"it points to byte {offset}, where no file can have one")
    file.seek(offset)
    data = file.read(length)
    if len(data) < length:
        raise Incomplete(f"it ends at byte {offset + len(data)}, within a header that goes on to {offset + length}")
    return data

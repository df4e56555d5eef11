"""Open what the Tiled server cannot read any more through the dataset's public share."""

import os
from collections.abc import Mapping
from math import prod
from operator import index
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from spacecast.data.extras import needing
from spacecast.data.faults import DownloadFailed
from spacecast.data.server import Server
from spacecast.data.shares import Share
from spacecast.data.status import Status, assets_of
from spacecast.formats import RAW_ARRAY_MIMETYPE

if TYPE_CHECKING:
    import numpy as np

CACHE_VARIABLE = "SPACECAST_CACHE"

# Parameters of the server's adapter that only it follows.
_NOT_BY_RANGES = frozenset({"item_axes", "packing"})


class RangedArray:
    """An array that lies in one piece in a file of a public share; only the frames that are asked for travel."""

    def __init__(self, facts: Mapping[str, Any], path: PurePosixPath, source: Mapping[str, Any], metadata: Any) -> None:
        with needing("data", "Opening arrays"):
            import numpy as np  # noqa: PLC0415 - slow, and not needed to make references
        self._numpy = np
        self._facts, self._path = facts, path
        self._parameters = source.get("parameters") or {}
        self.shape: tuple[int, ...] = tuple(int(length) for length in source["structure"]["shape"])
        self.dtype: np.dtype[Any] = np.dtype(self._parameters["dtype"])
        self.metadata = metadata
        self._is_in_rows = self._parameters.get("order", "C") == "C"

    def __repr__(self) -> str:
        return f"RangedArray({self._path}, shape={self.shape}, dtype={self.dtype})"

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without axes has no length")
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        found = self.read()
        return found if dtype is None else found.astype(dtype)

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """How many bytes all of it takes."""
        return self.size * self.dtype.itemsize

    def read(self, slice: Any = None) -> Any:  # noqa: A002 - as Tiled's arrays call it
        """Fetch all of it, or a part."""
        return self[... if slice is None else slice]

    def __getitem__(self, part: Any) -> Any:
        first, rest = self._split(part)
        if first is None:
            found: np.ndarray[Any, Any] = self._frames(0, self.shape[0] if self.shape else 1)
            return found.reshape(self.shape)[part]
        start, stop, inner = first
        return self._frames(start, stop)[(inner, *rest)]

    def _split(self, part: Any) -> tuple[tuple[int, int, Any] | None, tuple[Any, ...]]:
        """Take a slice apart: which frames it needs, how it is cut from those, and the cuts within a frame."""
        parts = part if isinstance(part, tuple) else (part,)
        if not self.shape or not parts:
            return None, ()
        first, length = parts[0], self.shape[0]
        # NumPy's arrays, which choose several frames, have an `__index__` as well.
        if hasattr(first, "__index__") and not isinstance(first, bool) and getattr(first, "ndim", 0) == 0:
            if not -length <= index(first) < length:
                raise IndexError(f"index {index(first)} is out of bounds for axis 0 with size {length}")
            number = index(first) % length
            return ((number, number + 1, 0), parts[1:]) if self._is_in_rows else (None, ())
        if isinstance(first, slice) and (first.step or 1) > 0 and self._is_in_rows:
            start, stop, step = first.indices(length)
            return (start, max(start, stop), slice(None, None, step)), parts[1:]
        return None, ()

    def _frames(self, start: int, stop: int) -> "np.ndarray[Any, Any]":
        frame = prod(self.shape[1:]) * self.dtype.itemsize
        stride = int(self._parameters.get("stride") or frame)
        offset = int(self._parameters["offset"]) + start * stride
        length = (stop - start - 1) * stride + frame if stop > start else 0
        share = Share.of(self._facts)
        if share is None:
            raise DownloadFailed(f"{self._path} has no public share.")
        with share:
            data = share.read(self._path, offset, length)
        if not self._is_in_rows:
            return self._numpy.frombuffer(data, self.dtype).reshape(self.shape, order="F")
        inner = self._numpy.empty(self.shape[1:], self.dtype).strides
        shape = (stop - start, *self.shape[1:])
        return self._numpy.ndarray(shape, self.dtype, data, strides=(stride, *inner))


def open_away(connected: Server, found: Status, attributes: Mapping[str, Any], server: Any) -> Any:
    """Open an entry whose files the server has no more; raises DownloadFailed where the share has them neither."""
    source = attributes["data_sources"][0]
    folder = PurePosixPath(str(_folder_of(connected, found)))
    assets = assets_of(attributes)
    is_plain = _NOT_BY_RANGES.isdisjoint(source.get("parameters") or ())
    if source.get("mimetype") == RAW_ARRAY_MIMETYPE and len(assets) == 1 and is_plain:
        path = PurePosixPath(assets[0]["data_uri"].removeprefix("file://localhost"))
        return RangedArray(found.facts, path.relative_to(folder), source, attributes.get("metadata"))
    return _open_from_cache(connected, found, server)


def _folder_of(connected: Server, found: Status) -> str:
    attributes = connected.entry(found.dataset) or {}
    return str(attributes["metadata"]["spacecast"]["folder"])


def _open_from_cache(connected: Server, found: Status, server: Any) -> Any:
    from spacecast.data.downloading import download  # noqa: PLC0415 - it opens nothing; this is the way back
    from spacecast.data.offline import from_catalog  # noqa: PLC0415 - the same

    named = os.environ.get(CACHE_VARIABLE)
    base = Path(named) if named else Path.home() / ".cache" / "spacecast"
    folder = base / connected.api.partition("://")[2].replace("/", "_").replace(":", "_")
    download(
        found.ref, folder, server=_same(connected, server), api_key=connected.api_key, source="onedata", progress=False
    )
    return from_catalog(folder / "catalog.db", readable_storage=[folder / "data"])[(found.dataset[-1], found.entry[-1])]


def _same(connected: Server, server: Any) -> Any:
    is_client = server is not None and not isinstance(server, str)
    return server if is_client else connected.address("metadata", connected.datasets)

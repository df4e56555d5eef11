"""The Tiled server's adapters for JPEG and PNG files, one or a series of like ones.

Run in the Tiled server's process, never in the daemon: they need Pillow, numpy and Tiled.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np
from PIL import Image, UnidentifiedImageError
from tiled.adapters.core import Adapter
from tiled.adapters.utils import DataNotReadyError, init_adapter_from_catalog
from tiled.ndslice import NDBlock, NDSlice
from tiled.storage import FileStorage
from tiled.structures.array import ArrayStructure
from tiled.structures.core import Spec, StructureFamily
from tiled.utils import path_from_uri

from spacecast.formats.raw_array import NotServed
from spacecast.formats.regular_files import Irregular, open_regular

_WHOLE = NDSlice(...)
_EVERY = slice(None)
_MODES = {3: "RGB", 4: "RGBA"}
_COLOUR_AXES = 3


class PictureSeriesAdapter(Adapter[ArrayStructure]):  # type: ignore[misc]  # Tiled gives no type information
    """Pictures of one size and kind, one behind the other along the first axis; each is a chunk."""

    structure_family = StructureFamily.array

    def __init__(
        self,
        data_uris: Iterable[str],
        structure: ArrayStructure,
        *,
        metadata: dict[str, Any] | None = None,
        specs: Iterable[Spec] | None = None,
    ) -> None:
        super().__init__(structure, metadata=metadata, specs=list(specs or ()))
        self._paths = [Path(path_from_uri(uri)) for uri in data_uris]

    @classmethod
    def supported_storage(cls) -> set[type]:
        """Give the kinds of storage that can be read: files."""
        return {FileStorage}

    @classmethod
    def from_catalog(cls, data_source: Any, node: Any, /, **parameters: Any) -> Self:
        """Serve registered pictures; called by Tiled with the data source's parameters."""
        adapter: Self = init_adapter_from_catalog(cls, data_source, node, **parameters)
        return adapter

    @classmethod
    def from_uris(cls, *data_uris: str, **parameters: Any) -> Self:
        """Refuse: what the files hold is found by Spacecast."""
        raise NotImplementedError(f"{', '.join(data_uris)}: pictures are registered by Spacecast, with their shape.")

    def read(self, slice: NDSlice = _WHOLE) -> np.ndarray[Any, Any]:  # noqa: A002 - Tiled passes it by this name
        """Unpack a part of the array; only the pictures in it are opened.

        Raises DataNotReadyError (503) for a picture that is cut off, NotServed (422) for what is no such picture.
        """
        first, *rest = tuple(slice) if slice else (...,)
        if first is Ellipsis:
            return self._frames(range(len(self._paths)))[(..., *rest)]
        if isinstance(first, int):
            return np.asarray(self._frames([first])[(0, *rest)])
        return self._frames(range(*first.indices(len(self._paths))))[(_EVERY, *rest)]

    def read_block(self, block: NDBlock, slice: NDSlice = _WHOLE) -> np.ndarray[Any, Any]:  # noqa: A002 - as above
        """Unpack one chunk, or a part of it. Raises as `read` does."""
        array = self.read(NDSlice(*block.slice_from_chunks(self._structure.chunks)))
        return np.asarray(array[slice] if slice else array)

    def _frames(self, numbers: Iterable[int]) -> np.ndarray[Any, Any]:
        shape = tuple(self._structure.shape[1:])
        return np.stack([unpacked(self._paths[number], shape) for number in numbers])


class PictureAdapter(PictureSeriesAdapter):
    """One picture."""

    def __init__(self, data_uri: str, structure: ArrayStructure, **others: Any) -> None:
        super().__init__([data_uri], structure, **others)

    def read(self, slice: NDSlice = _WHOLE) -> np.ndarray[Any, Any]:  # noqa: A002 - Tiled passes it by this name
        """Unpack the picture, or a part of it. Raises as its base does."""
        array = unpacked(self._paths[0], tuple(self._structure.shape))
        return np.asarray(array[slice] if slice else array)


def unpacked(path: Path, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Unpack a picture that was registered with this shape. Raises as `PictureSeriesAdapter.read` does."""
    try:
        with open_regular(path) as file, Image.open(file, formats=("JPEG", "PNG")) as image:
            if (image.height, image.width) != shape[:2]:
                raise NotServed(f"{path.name} is not the picture that was registered: it has another size now.")
            return _pixels(image, shape)
    except (Irregular, UnidentifiedImageError) as fault:
        raise NotServed(f"{path.name} is no JPEG or PNG file that can be opened ({fault}).") from fault
    except (OSError, SyntaxError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise DataNotReadyError(f"{path.name} cannot be unpacked: {error}. It is cut off, or being written.") from error


def _pixels(image: Image.Image, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    if len(shape) == _COLOUR_AXES:
        return np.asarray(image.convert(_MODES[shape[2]]))
    return np.asarray(image if image.mode.startswith("I") else image.convert("L"))

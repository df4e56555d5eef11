"""The Tiled server's adapter for every file that is "a header, then one regular array".

Runs in the Tiled server's process, never in the daemon: it needs numpy and Tiled and no format library, since the
daemon has read the header already and put what it says into the data source's parameters.
"""

import os
from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from tiled.adapters.core import Adapter
from tiled.adapters.utils import DataNotReadyError, IncompatibleShapeError, init_adapter_from_catalog
from tiled.ndslice import NDBlock, NDSlice
from tiled.storage import FileStorage
from tiled.structures.array import ArrayStructure
from tiled.structures.core import Spec, StructureFamily
from tiled.utils import path_from_uri

from spacecast.formats.nibbles import packed_shape, unpacked
from spacecast.formats.regular_files import Irregular, open_regular

_WHOLE = NDSlice(...)


class NotServed(IncompatibleShapeError):  # type: ignore[misc]  # noqa: N818 - no type information; a state of the file
    """There is no regular file where one was registered. Of this family, since the server shows no other's text."""


class RawArrayAdapter(Adapter[ArrayStructure]):  # type: ignore[misc]  # Tiled gives no type information
    """An array in a file, mapped into memory: only the pages of a slice are read.

    `offset` is where the first element lies, in bytes; `dtype` is numpy's spelling (`<f4`); `order` is `C` or `F`;
    `stride`, where given, is the distance in bytes between the starts of two items (a TIFF with other things between
    its pages); an item has the last `item_axes` axes, all but the first if not given. `packing` is `nibbles`
    where a byte holds two numbers. The shape is the structure's.
    """

    structure_family = StructureFamily.array

    def __init__(  # noqa: PLR0913 - the names are those of the data source's parameters
        self,
        data_uri: str,
        structure: ArrayStructure,
        *,
        offset: int,
        dtype: str,
        order: Literal["C", "F"] = "C",
        stride: int | None = None,
        item_axes: int | None = None,
        packing: Literal["bytes", "nibbles"] = "bytes",
        metadata: dict[str, Any] | None = None,
        specs: Iterable[Spec] | None = None,
    ) -> None:
        super().__init__(structure, metadata=metadata, specs=list(specs or ()))
        self._path = Path(path_from_uri(data_uri))
        self._dtype: np.dtype[Any] = np.dtype(dtype)
        self._offset = int(offset)
        self._order = order
        self._stride = stride
        self._is_packed = packing == "nibbles"
        self._item_axes = len(structure.shape) - 1 if item_axes is None else int(item_axes)

    @classmethod
    def supported_storage(cls) -> set[type]:
        """Give the kinds of storage that can be mapped: files."""
        return {FileStorage}

    @classmethod
    def from_catalog(cls, data_source: Any, node: Any, /, **parameters: Any) -> Self:
        """Serve a registered array; called by Tiled with the data source's parameters."""
        adapter: Self = init_adapter_from_catalog(cls, data_source, node, **parameters)
        return adapter

    @classmethod
    def from_uris(cls, *data_uris: str, **parameters: Any) -> Self:
        """Refuse: what the file holds is found by Spacecast, which reads the headers of many formats."""
        raise NotImplementedError(
            f"{', '.join(data_uris)}: an array of this kind is registered by Spacecast, with its shape."
        )

    def read(self, slice: NDSlice = _WHOLE) -> np.ndarray[Any, Any]:  # noqa: A002 - Tiled passes it by this name
        """Copy a part of the array out of the file.

        Raises DataNotReadyError (503) where the file is too short, NotServed (422) where its path leads through a
        symbolic link or to something that is no regular file.
        """
        return self._part(slice or (...,))

    def read_block(self, block: NDBlock, slice: NDSlice = _WHOLE) -> np.ndarray[Any, Any]:  # noqa: A002 - as above
        """Copy one chunk, or a part of it, out of the file. Raises as `read` does."""
        array = self._part(block.slice_from_chunks(self._structure.chunks))
        return array[slice] if slice else array

    def _part(self, wanted: tuple[Any, ...]) -> np.ndarray[Any, Any]:
        shape = tuple(self._structure.shape)
        if self._is_packed:
            return unpacked(self._mapped(packed_shape(shape)), shape, tuple(wanted))
        return np.array(self._mapped(shape)[tuple(wanted)])

    def _mapped(self, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        try:
            file = open_regular(self._path)
        except Irregular as fault:
            raise NotServed(str(fault)) from fault
        # The mapping outlives the open file.
        with file:
            self._check_length(os.fstat(file.fileno()).st_size, shape)
            if self._stride is None:
                return np.memmap(file, self._dtype, "r", self._offset, shape, order=self._order)
            everything = np.memmap(file, np.uint8, "r")
        return np.ndarray(shape, self._dtype, everything, self._offset, self._strides(shape, self._stride))

    def _strides(self, shape: tuple[int, ...], item_stride: int) -> tuple[int, ...]:
        outer = len(shape) - self._item_axes
        return (
            *(prod(shape[axis + 1 : outer]) * item_stride for axis in range(outer)),
            *(prod(shape[axis + 1 :]) * self._dtype.itemsize for axis in range(outer, len(shape))),
        )

    def _check_length(self, size: int, shape: tuple[int, ...]) -> None:
        needed = self._offset + prod(shape) * self._dtype.itemsize
        if self._stride is not None:
            outer = len(shape) - self._item_axes
            item = prod(shape[outer:]) * self._dtype.itemsize
            needed = self._offset + (prod(shape[:outer]) - 1) * self._stride + item
        if size < needed:
            raise DataNotReadyError(
                f"{self._path.name} has {size} bytes and its array needs {needed}: the file is still being written, "
                "or was cut off."
            )

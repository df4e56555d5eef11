"""What is written into files, and how it has to come back from a Tiled server."""

import numpy as np

RANDOM = np.random.default_rng(7)


def some(shape, dtype):
    """Some values of a type."""
    values = RANDOM.integers(0, 120, size=shape)
    return (values + 1j * values[::-1]).astype(dtype) if np.dtype(dtype).kind == "c" else values.astype(dtype)


def assert_serves(entry, array):
    """An entry gives the array, type and shape included."""
    assert entry.shape == array.shape
    assert entry.dtype == array.dtype
    np.testing.assert_array_equal(entry.read(), array)

"""Says which extra to install where a package is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from spacecast.data.faults import MissingExtra


@contextmanager
def needing(extra: str, purpose: str) -> Iterator[None]:
    """Turn a missing package in the `with` block into MissingExtra with the command that installs it."""
    try:
        yield
    except ImportError as missing:
        raise MissingExtra(
            f"{purpose} needs {missing.name}, which is not installed: pip install 'spacecast[{extra}]'"
        ) from missing

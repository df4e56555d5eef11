"""Trials in which a publication does not go straight."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spacecast.sandbox.onedata import FaultRule, HalfMade
from support.torture import TrialWorld, trial


@contextmanager
def half_made(folder: Path) -> Iterator[TrialWorld]:
    """The provider is interrupted at the first support: it has no import, and is taken back."""
    with trial(folder) as world:
        world.onedata.faults.add(FaultRule(HalfMade(), method="POST", path="/provider/spaces$"))
        yield world


@contextmanager
def beside(folder: Path) -> Iterator[TrialWorld]:
    """The token goes into a file of its own."""
    with trial(folder) as world:
        world.values["metadata"]["invite_token"] = "sidecar"
        yield world


@contextmanager
def in_place(folder: Path) -> Iterator[TrialWorld]:
    """The owner cannot be kept, so the same file is overwritten; others may not read it to begin with."""
    with trial(folder) as world:
        world.values["metadata"]["on_not_owner"] = "in-place"
        world.order["forbidden"] = ["change_mode"]
        yield world

"""Replace a metadata file at one instant, and never over somebody's save."""

import hashlib
import os
from dataclasses import dataclass
from typing import Literal

from spacecast.metadata.attributes import carry_over, hide
from spacecast.metadata.exchange import swap_in
from spacecast.metadata.faults import CannotKeep
from spacecast.metadata.in_place import write_in_place
from spacecast.metadata.journal import Journal
from spacecast.metadata.operations import SYSTEM, FileOperations
from spacecast.metadata.target import Stamp, Target, as_faults
from spacecast.metadata.temporary import temporary_file


@dataclass(frozen=True)
class Replaced:
    """The file after it was written; by stamp and digest our own write is recognised."""

    stamp: Stamp
    sha256: str
    method: str
    """`exchange`, `rename`, `in-place`, `created`, or `unchanged` where nothing had to be written."""


def replace_file(  # noqa: PLR0913  each is a demand of its own
    directory_descriptor: int,
    name: str,
    *,
    expected: bytes,
    expected_stamp: tuple[int, int, int, int],
    new: bytes,
    hide_from_others: bool = False,
    on_not_owner: Literal["refuse", "in-place"] = "refuse",
    journal: Journal | None = None,
    operations: FileOperations = SYSTEM,
) -> Replaced:
    """Write `new` in the place of the file that was read as `expected`, with `expected_stamp` (inode, size …).

    Whatever happens, power cut included, the file is the old or the new one, whole, on the disk when this returns;
    owner, group, mode, access list and extended attributes are kept. With `hide_from_others` the permissions of
    others are taken from the existing file, on the disk, before any new content exists.

    Where owner or attributes cannot be kept: CannotKeep, or, with `on_not_owner="in-place"` and a `journal`, the file
    is written in place once the journal has both contents. Raises LostRace where the file is not what was
    expected, Trouble and Unwritable for what the file system says.
    """
    target = Target(operations, directory_descriptor, name)
    with as_faults(name, "its block was being written"), target.opened() as old:
        target.check(old, expected_stamp, expected)
        if hide_from_others and hide(operations, old, name):
            _check_only_mode_changed(target, old, expected_stamp, expected)
        stamp = Stamp.of(operations.fstat(old))
        if new == expected:
            return _replaced(stamp, new, "unchanged")
        try:
            return _swap(target, old, stamp, expected, new, hide_from_others=hide_from_others)
        except CannotKeep:
            if on_not_owner == "refuse" or journal is None:
                raise
        return _replaced(write_in_place(target, stamp, expected, new, journal), new, "in-place")


def hide_from_others(directory_descriptor: int, name: str, *, operations: FileOperations = SYSTEM) -> Stamp:
    """Take the permissions of others from a file, on the disk when this returns; return its stamp.

    For a file that will carry an invite token: first this, then a scan by the provider (which remembers
    permissions), then the token. Raises CannotKeep where only the owner may do that.
    """
    target = Target(operations, directory_descriptor, name)
    with as_faults(name, "it was being hidden from others"), target.opened() as descriptor:
        hide(operations, descriptor, name)
        return Stamp.of(operations.fstat(descriptor))


def _check_only_mode_changed(
    target: Target, old: int, expected_stamp: tuple[int, int, int, int], expected: bytes
) -> None:
    now = Stamp.of(target.operations.fstat(old))
    if now[:3] != tuple(expected_stamp)[:3]:
        raise target.lost()
    target.check(old, now, expected)


def _swap(target: Target, old: int, stamp: Stamp, expected: bytes, new: bytes, *, hide_from_others: bool) -> Replaced:
    with temporary_file(target, new) as temporary:
        carry_over(target.operations, old, temporary.descriptor, target.name, hide_from_others=hide_from_others)
        target.operations.sync(temporary.descriptor)
        temporary.complete(expected, new)
        written = target.operations.fstat(temporary.descriptor)
        method = swap_in(target, temporary, old, stamp, expected, new)
        temporary.remove()
        target.operations.sync(target.directory)
        return _replaced(_stamp_of_ours(target, temporary.descriptor, written, new), new, method)


def _stamp_of_ours(target: Target, descriptor: int, written: os.stat_result, new: bytes) -> Stamp:
    """Return the stamp of what we wrote; raises LostRace where somebody has written into it since."""
    status = target.operations.fstat(descriptor)
    if status.st_mtime_ns != written.st_mtime_ns or not target.reads(descriptor, new):
        raise target.lost()
    return Stamp.of(status)


def _replaced(stamp: Stamp, content: bytes, method: str) -> Replaced:
    return Replaced(stamp, hashlib.sha256(content).hexdigest(), method)

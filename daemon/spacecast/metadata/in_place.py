"""Writing into the same file: for a folder or owner that allows no replacement, after both contents are safe."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from spacecast.metadata.faults import LostRace, Unwritable, shown
from spacecast.metadata.journal import Journal
from spacecast.metadata.operations import SYSTEM, FileOperations
from spacecast.metadata.target import Stamp, Target, as_faults
from spacecast.metadata.text import LIMIT_BYTES


def write_in_place(target: Target, stamp: Stamp, expected: bytes, new: bytes, journal: Journal) -> Stamp:
    """Overwrite the file from the first byte that differs; return its stamp.

    The journal has both contents before: after an end in the middle of this, `finish_in_place` brings it to its end.
    After an error the old content is put back. A save by somebody else between the last look and the write, some
    microseconds, is lost.
    """
    with target.opened(os.O_RDWR) as descriptor:
        target.check(descriptor, stamp, expected)
        journal.keep(expected, new)
        try:
            # Making it safe takes a while.
            target.check(descriptor, stamp, expected)
        except BaseException:
            journal.drop()
            raise
        same = _length_of_common_start(expected, new)
        with _put_back_after_error(target, descriptor, expected, same, journal):
            _overwrite(target, descriptor, new, same)
        journal.drop()
        return Stamp.of(target.operations.fstat(descriptor))


def finish_in_place(
    directory_descriptor: int, name: str, journal: Journal, *, operations: FileOperations = SYSTEM
) -> Path | None:
    """Bring a write that was cut off to its end; whatever somebody has saved since stays.

    Returns where the contents are kept that a person should compare with the file; None where all is well.
    """
    kept = journal.kept()
    if kept is None:
        return None
    target = Target(operations, directory_descriptor, name)
    with as_faults(name, "a write that was cut off was being brought to its end"):
        try:
            with target.opened(os.O_RDWR) as descriptor:
                found = operations.read(descriptor, 2 * LIMIT_BYTES)
                if found in kept:
                    journal.drop()
                    return None
                if _is_cut_off(found, *kept):
                    _overwrite(target, descriptor, kept[1], 0)
                    journal.drop()
                    return None
        except (FileNotFoundError, LostRace, Unwritable):
            pass  # what is there now is not the file that was written
        return journal.set_aside()


def _is_cut_off(found: bytes, old: bytes, new: bytes) -> bool:
    """Say whether this is the new content up to some byte, and the old one from there on."""
    length = _length_of_common_start(found, new)
    return length > 0 and found[length:] == old[length:]


def _length_of_common_start(one: bytes, other: bytes) -> int:
    shorter = min(len(one), len(other))
    return next((index for index in range(shorter) if one[index] != other[index]), shorter)


def _overwrite(target: Target, descriptor: int, content: bytes, same: int) -> None:
    target.operations.write(descriptor, content[same:], same)
    target.operations.truncate(descriptor, len(content))
    target.operations.sync(descriptor)


@contextlib.contextmanager
def _put_back_after_error(target: Target, descriptor: int, old: bytes, same: int, journal: Journal) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        try:
            _overwrite(target, descriptor, old, same)
        except OSError:
            raise Unwritable(
                f"{shown(target.name)}: writing into the file failed ({error.strerror}), and so did putting its old "
                f"content back. Both contents are kept in {journal.set_aside()}, after a line with the length of the "
                "old one; free the disk and restore the file from there."
            ) from error
        journal.drop()
        raise

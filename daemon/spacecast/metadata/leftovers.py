"""What a crash in the middle of a write leaves behind: put right, so that no save and no disk space is lost."""

import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from spacecast.metadata.faults import LostRace, Unwritable
from spacecast.metadata.operations import NO_SUCH_RENAME, SYSTEM, FileOperations
from spacecast.metadata.target import Target, as_faults
from spacecast.metadata.temporary import TemporaryName, short_digest, temporary_name
from spacecast.metadata.text import LIMIT_BYTES


@dataclass(frozen=True)
class Leftover:
    """A temporary file that was found.

    `removed`: it held nothing of anybody's. `restored`: it was a save that a swap had brought out, and is in its
    place again. `kept`: it is a save, but its place holds something newer; a person should compare the two.
    """

    name: str
    belongs_to: str
    outcome: Literal["removed", "restored", "kept"]


def clean_leftovers(
    directory_descriptor: int,
    *,
    minimum_age_seconds: float = 300.0,
    clock: Callable[[], float] = time.time,
    operations: FileOperations = SYSTEM,
) -> list[Leftover]:
    """Settle the temporary files of writes that ended in the middle; return what was found.

    Younger ones than `minimum_age_seconds` may belong to a write that goes on, and are left alone: 0 is right
    only where nobody else writes.
    """
    with as_faults("the folder", "temporary files were being cleaned up"):
        found = list(_found(operations, directory_descriptor, clock() - minimum_age_seconds))
        return [_settled(Target(operations, directory_descriptor, name), said) for name, said in found]


def _found(operations: FileOperations, directory: int, changed_before: float) -> Iterator[tuple[str, TemporaryName]]:
    for name in operations.names(directory):
        said = temporary_name(name)
        if said is None:
            continue
        status = operations.stat(directory, name)
        if stat.S_ISREG(status.st_mode) and status.st_ctime <= changed_before:
            yield name, said


def _settled(temporary: Target, said: TemporaryName) -> Leftover:
    """Decide by content alone: see `temporary` for what the digests mean."""
    if said.new is None or _digest_of(temporary) in (said.old, said.new):
        temporary.operations.unlink(temporary.directory, temporary.name)
        return Leftover(temporary.name, said.name, "removed")
    place = Target(temporary.operations, temporary.directory, said.name)
    if _digest_of(place) == said.new and _is_put_back(temporary, place, said):
        return Leftover(temporary.name, said.name, "restored")
    return Leftover(temporary.name, said.name, "kept")


def _is_put_back(temporary: Target, place: Target, said: TemporaryName) -> bool:
    try:
        temporary.operations.exchange(temporary.directory, temporary.name, place.name)
    except OSError as error:
        if error.errno in NO_SUCH_RENAME:
            return False
        raise
    if _digest_of(temporary) != said.new:  # a save in the instant before: it is the newer one
        temporary.operations.exchange(temporary.directory, temporary.name, place.name)
        return False
    temporary.operations.unlink(temporary.directory, temporary.name)
    temporary.operations.sync(temporary.directory)
    return True


def _digest_of(target: Target) -> str | None:
    """Return the digest of a file's content, None where there is no plain file to read."""
    try:
        with target.opened() as descriptor:
            return short_digest(target.operations.read(descriptor, 2 * LIMIT_BYTES))
    except (FileNotFoundError, LostRace, Unwritable):
        return None

"""Make a file of our own beside a metadata file, at one instant; never over a file that is not ours."""

import hashlib
from collections.abc import Callable

from spacecast.metadata.attributes import OTHERS
from spacecast.metadata.faults import LostRace, Unwritable, shown
from spacecast.metadata.operations import NO_SUCH_RENAME, SYSTEM, FileOperations
from spacecast.metadata.replace import Replaced, replace_file
from spacecast.metadata.sidecar import is_sidecar
from spacecast.metadata.target import Stamp, Target, as_faults
from spacecast.metadata.temporary import Temporary, temporary_file
from spacecast.metadata.text import LIMIT_BYTES


def create_file(
    directory_descriptor: int,
    name: str,
    content: bytes,
    mode: int = 0o600,
    *,
    may_replace: Callable[[bytes], bool] = is_sidecar,
    operations: FileOperations = SYSTEM,
) -> Replaced:
    """Make the file, or replace an existing one whose content is ours by `may_replace`.

    A new file has `mode`; an existing one keeps its own, less the permissions of others where `mode` has none.
    Raises Unwritable where somebody else's file has the name, LostRace where one appears meanwhile.
    """
    target = Target(operations, directory_descriptor, name)
    with as_faults(name, "it was being made"):
        try:
            existing, stamp = _read(target)
        except FileNotFoundError:
            return _made(target, content, mode)
    if not may_replace(existing):
        raise Unwritable(
            f"{shown(name)} is there already and was not written by this service. Move it away or rename it."
        )
    return replace_file(
        directory_descriptor,
        name,
        expected=existing,
        expected_stamp=stamp,
        new=content,
        hide_from_others=not mode & OTHERS,
        operations=operations,
    )


def _read(target: Target) -> tuple[bytes, Stamp]:
    with target.opened() as descriptor:
        stamp = Stamp.of(target.operations.fstat(descriptor))
        return target.operations.read(descriptor, LIMIT_BYTES + 1), stamp


def _made(target: Target, content: bytes, mode: int) -> Replaced:
    with temporary_file(target, content) as temporary:
        target.operations.change_mode(temporary.descriptor, mode & 0o777)
        target.operations.sync(temporary.descriptor)
        try:
            _name_it(target, temporary)
        except FileExistsError:
            raise LostRace(f"{shown(target.name)} has just appeared; it is looked at again.") from None
        target.operations.sync(target.directory)
        stamp = Stamp.of(target.operations.fstat(temporary.descriptor))
    return Replaced(stamp, hashlib.sha256(content).hexdigest(), "created")


def _name_it(target: Target, temporary: Temporary) -> None:
    try:
        target.operations.rename_new(target.directory, temporary.name, target.name)
        temporary.holds = "nothing"
    except OSError as error:
        if error.errno not in NO_SUCH_RENAME:
            raise
        target.operations.link(target.directory, temporary.name, target.name)
        temporary.remove()

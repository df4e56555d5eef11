"""The instant of replacing: swap the names, look at what came out, and swap back if it was somebody's save."""

from spacecast.metadata.lease import Lease, read_lease
from spacecast.metadata.operations import NO_SUCH_RENAME
from spacecast.metadata.target import Stamp, Target
from spacecast.metadata.temporary import Temporary


def swap_in(target: Target, temporary: Temporary, old: int, stamp: Stamp, expected: bytes, new: bytes) -> str:
    """Put the temporary file in the place of the open file `old`; return "exchange" or "rename".

    Raises LostRace where the target is not what was expected, before or after; then the target is what its
    author saved last. Without an exchange on this file system, a save within some hundred microseconds before the
    rename is lost.
    """
    with read_lease(target.operations, old, target.name) as lease:
        target.check(old, stamp, expected)
        temporary.holds = "anything"
        try:
            target.operations.exchange(target.directory, temporary.name, target.name)
        except OSError as error:
            if error.errno not in NO_SUCH_RENAME:
                raise
            target.check(old, stamp, expected)
            return _rename_over(target, temporary, lease)
        _keep_or_undo(target, temporary, lease, old, stamp, expected, new)
    return "exchange"


def _rename_over(target: Target, temporary: Temporary, lease: Lease) -> str:
    if lease.is_wanted_back():
        raise target.lost()
    target.operations.rename(target.directory, temporary.name, target.name)
    temporary.holds = "nothing"
    return "rename"


def _keep_or_undo(
    target: Target, temporary: Temporary, lease: Lease, old: int, stamp: Stamp, expected: bytes, new: bytes
) -> None:
    try:
        came_out = target.operations.stat(target.directory, temporary.name)
        is_expected = came_out.st_ino == stamp.inode and target.reads(old, expected)
        # The lease last: whoever came meanwhile waits, and is seen.
        is_safe = is_expected and not lease.is_wanted_back()
    except OSError:
        _swap_back(target, temporary, new)
        raise
    if not is_safe:
        _swap_back(target, temporary, new)
        raise target.lost()
    temporary.holds = "ours"


def _swap_back(target: Target, temporary: Temporary, new: bytes) -> None:
    """Undo the exchange, unless something newer than ours stands in the target already.

    In that case both saves stay: the newer one in its place, the other under the temporary name, which
    `clean_leftovers` settles.
    """
    inode = target.operations.fstat(temporary.descriptor).st_ino
    named = target.operations.stat(target.directory, target.name)
    if named.st_ino == inode and target.reads(temporary.descriptor, new):
        target.operations.exchange(target.directory, temporary.name, target.name)

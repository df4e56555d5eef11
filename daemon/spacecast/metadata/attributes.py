"""Who owns a file and who may do what with it: carried over to the file that takes its place."""

import errno
import os
import stat

from spacecast.metadata.faults import CannotKeep, shown
from spacecast.metadata.operations import FileOperations

OTHERS = 0o007
_FORBIDDEN = {errno.EPERM, errno.EACCES}
_WITHOUT_ATTRIBUTES = {errno.ENOTSUP, errno.ENOSYS}
# The kernel and its security modules label a new file themselves; only they may set these.
_KERNELS_OWN = ("security.", "trusted.")


def carry_over(operations: FileOperations, old: int, new: int, name: str, *, hide_from_others: bool) -> None:
    """Give the open file `new` the owner, group, access list, attributes and mode of the open file `old`.

    Bits beyond the nine permissions are dropped; with `hide_from_others`, also those of others. Raises CannotKeep
    where the service's user may not; `name` is for its message.
    """
    status = operations.fstat(old)
    try:
        _carry_owner(operations, status, new)
        _carry_attributes(operations, old, new)
        # After the access list: setting that sets the permissions of others, too.
        operations.change_mode(new, _permissions(status, hide_from_others=hide_from_others))
    except OSError as error:
        if error.errno not in _FORBIDDEN:
            raise
        raise CannotKeep(
            f"{shown(name)} belongs to user {status.st_uid}, group {status.st_gid}, and the service may not give a "
            "new file to them. Run the service as that user or with CAP_CHOWN and CAP_FOWNER, let it write in "
            "place (`metadata.on_not_owner: in-place`), or keep the block in a sidecar."
        ) from None


def _permissions(status: os.stat_result, *, hide_from_others: bool) -> int:
    permissions = stat.S_IMODE(status.st_mode) & 0o777
    return permissions & ~OTHERS if hide_from_others else permissions


def _carry_owner(operations: FileOperations, status: os.stat_result, new: int) -> None:
    now = operations.fstat(new)
    if (now.st_uid, now.st_gid) != (status.st_uid, status.st_gid):
        operations.change_owner(new, status.st_uid, status.st_gid)


def _carry_attributes(operations: FileOperations, old: int, new: int) -> None:
    wanted = _attributes(operations, old)
    present = _attributes(operations, new)
    for attribute in present.keys() - wanted.keys():  # the folder's default access list leaks in
        operations.remove_attribute(new, attribute)
    for attribute, value in wanted.items():
        if present.get(attribute) != value:
            operations.set_attribute(new, attribute, value)


def _attributes(operations: FileOperations, descriptor: int) -> dict[str, bytes]:
    try:
        names = operations.attributes(descriptor)
    except OSError as error:
        if error.errno in _WITHOUT_ATTRIBUTES:
            return {}
        raise
    return {name: operations.attribute(descriptor, name) for name in names if not name.startswith(_KERNELS_OWN)}


def hide(operations: FileOperations, descriptor: int, name: str) -> bool:
    """Take the permissions of others from an open file, on the disk when this returns; say whether it had any.

    Raises CannotKeep where only the owner may do that.
    """
    status = operations.fstat(descriptor)
    if not status.st_mode & OTHERS:
        return False
    try:
        operations.change_mode(descriptor, _permissions(status, hide_from_others=True))
    except OSError as error:
        if error.errno not in _FORBIDDEN:
            raise
        raise CannotKeep(
            f"{shown(name)} is readable by others, and the service may not change that, so no invite token is "
            f"written into it. Its owner can: `chmod o-rwx {shown(name)}`; or set `metadata.invite_token: sidecar`."
        ) from None
    operations.sync(descriptor)
    return True

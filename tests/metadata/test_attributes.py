import errno
import os
import struct

import pytest

from spacecast.metadata import CannotKeep
from support.file_operations import MissingOperations
from support.metadata_folder import NEW

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
USER_OBJECT, USER, GROUP_OBJECT, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
NOBODY_IN_PARTICULAR = 0xFFFFFFFF


def access_list(*, named_user=None, other=4):
    entries = [(USER_OBJECT, 6, NOBODY_IN_PARTICULAR)]
    if named_user is not None:
        entries.append((USER, 4, named_user))
    entries += [
        (GROUP_OBJECT, 4, NOBODY_IN_PARTICULAR),
        (MASK, 6, NOBODY_IN_PARTICULAR),
        (OTHER, other, NOBODY_IN_PARTICULAR),
    ]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def set_or_skip(path, name, value):
    try:
        os.setxattr(path, name, value)
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.EPERM):
            raise
        pytest.skip(f"this file system has no {name}")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444, 0o755, 0o200 | 0o400])
def test_the_mode_is_kept(folder, mode):
    folder.file.chmod(mode)
    folder.replace()
    assert (folder.content, folder.file.stat().st_mode & 0o7777) == (NEW, mode)


def test_bits_beyond_the_permissions_are_dropped(folder):
    folder.file.chmod(0o6755)
    folder.replace()
    assert folder.file.stat().st_mode & 0o7777 == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_and_group_are_kept(folder):
    os.chown(folder.file, 1234, 5678)
    folder.replace()
    status = folder.file.stat()
    assert (folder.content, status.st_uid, status.st_gid) == (NEW, 1234, 5678)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_an_owner_that_cannot_be_kept_is_never_changed_silently(folder):
    os.chown(folder.file, 1234, 5678)
    with pytest.raises(CannotKeep, match="belongs to user 1234, group 5678"):
        folder.replace(operations=MissingOperations({"change_owner": errno.EPERM}))
    assert (folder.file.stat().st_uid, folder.names) == (1234, ["SPA.yml"])


def test_extended_attributes_are_kept(folder):
    set_or_skip(folder.file, "user.session", b"\x00value")
    folder.replace()
    assert os.getxattr(folder.file, "user.session") == b"\x00value"


def test_the_access_list_is_kept(folder):
    set_or_skip(folder.file, ACCESS, access_list(named_user=1234))
    mode = folder.file.stat().st_mode
    folder.replace()
    assert os.getxattr(folder.file, ACCESS) == access_list(named_user=1234)
    assert folder.file.stat().st_mode == mode


def test_hiding_takes_the_entry_of_others_from_the_access_list_and_leaves_those_of_named_users(folder):
    set_or_skip(folder.file, ACCESS, access_list(named_user=1234))
    folder.replace(hide_from_others=True)
    assert os.getxattr(folder.file, ACCESS) == access_list(named_user=1234, other=0)
    assert folder.file.stat().st_mode & 0o007 == 0


def test_the_default_access_list_of_the_folder_does_not_leak_in(folder):
    set_or_skip(folder.path, DEFAULT, access_list(named_user=4321))
    folder.replace()
    assert ACCESS not in os.listxattr(folder.file)
    assert folder.file.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_attributes_is_fine(folder, number):
    folder.replace(operations=MissingOperations({"attributes": number}))
    assert folder.content == NEW

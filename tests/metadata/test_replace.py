import errno
import hashlib
import os

import pytest

from spacecast.faults import Passing
from spacecast.metadata import (
    CannotKeep,
    Journal,
    LostRace,
    Stamp,
    Unwritable,
    hide_from_others,
    replace_file,
)
from support.file_operations import MissingOperations, RacedOperations
from support.metadata_folder import NEW, OLD, SAVED


def test_the_new_content_takes_the_old_ones_place_and_nothing_is_left_beside_it(folder):
    done = folder.replace()
    assert folder.content == NEW
    assert folder.names == ["SPA.yml"]
    assert done.method == "exchange"
    assert done.stamp == folder.stamp
    assert done.sha256 == hashlib.sha256(NEW).hexdigest()


def test_nothing_is_written_when_the_content_is_right_already(folder):
    before = folder.stamp
    done = folder.replace(new=OLD)
    assert (done.method, done.stamp, folder.stamp) == ("unchanged", before, before)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS])
def test_without_an_exchange_on_the_file_system_the_file_is_renamed_over(folder, number):
    done = folder.replace(operations=MissingOperations({"exchange": number}))
    assert (folder.content, done.method, done.stamp) == (NEW, "rename", folder.stamp)
    assert folder.names == ["SPA.yml"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EINVAL, errno.ENOLCK])
def test_without_leases_the_file_is_replaced_all_the_same(folder, number):
    assert folder.replace(operations=MissingOperations({"take_lease": number})).method == "exchange"
    assert folder.content == NEW


# ------------------------------------------------------------------------------------------ what is not a plain file


def test_a_symbolic_link_is_not_followed(folder):
    elsewhere = folder.path.parent / "elsewhere.yml"
    elsewhere.write_bytes(OLD)
    folder.file.unlink()
    folder.file.symlink_to(elsewhere)
    with pytest.raises(LostRace):
        folder.replace(expected_stamp=Stamp.of(elsewhere.stat()))
    assert elsewhere.read_bytes() == OLD


def test_a_file_with_a_second_name_is_refused(folder):
    os.link(folder.file, folder.path.parent / "second.yml")
    with pytest.raises(Unwritable, match="hard link"):
        folder.replace()
    assert folder.content == OLD


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_fifo_or_folder_in_its_place_does_not_hold_us_up(folder, make):
    stamp = folder.stamp
    folder.file.unlink()
    make(folder.file)
    with pytest.raises(LostRace):
        folder.replace(expected_stamp=stamp)


def test_a_file_that_is_gone_is_looked_at_again(folder):
    stamp = folder.stamp
    folder.file.unlink()
    with pytest.raises(LostRace, match=r"^SPA\.yml: No such file"):
        folder.replace(expected_stamp=stamp)
    assert folder.names == []


# ------------------------------------------------------------------------------------------ in place


def test_a_file_whose_owner_cannot_be_kept_is_refused_by_default(folder):
    with pytest.raises(CannotKeep, match="in-place"):
        folder.replace(operations=MissingOperations({"change_mode": errno.EPERM}))
    assert (folder.content, folder.names) == (OLD, ["SPA.yml"])


@pytest.mark.parametrize("call", ["change_mode", "set_attribute"])
def test_a_file_whose_owner_cannot_be_kept_is_written_in_place_after_its_old_content_is_safe(folder, call):
    kept = []
    inode = folder.stamp.inode
    os.setxattr(folder.file, "user.session", b"x")

    class Looking(MissingOperations):
        def write(self, descriptor, data, offset=0):
            if folder.content == OLD:
                kept.append(folder.journal.kept())
            super().write(descriptor, data, offset)

    done = folder.replace(operations=Looking({call: errno.EPERM}), on_not_owner="in-place", journal=folder.journal)
    assert (folder.content, kept[-1], done.method) == (NEW, (OLD, NEW), "in-place")
    assert list(folder.journal.file.parent.iterdir()) == []
    assert (folder.stamp.inode, done.stamp) == (inode, folder.stamp)
    assert folder.names == ["SPA.yml"]


def test_a_folder_that_allows_no_new_files_is_written_in_place(folder):
    class NoNewFiles(MissingOperations):
        def open(self, directory, name, flags=os.O_RDONLY, mode=0o600):
            if flags & os.O_CREAT:
                raise PermissionError(errno.EACCES, "Permission denied")
            return super().open(directory, name, flags, mode)

    with pytest.raises(CannotKeep, match="write permission on the folder"):
        folder.replace(operations=NoNewFiles({}))
    done = folder.replace(operations=NoNewFiles({}), on_not_owner="in-place", journal=folder.journal)
    assert (folder.content, done.method) == (NEW, "in-place")


def test_a_shorter_content_written_in_place_leaves_no_tail(folder):
    operations = MissingOperations({"change_mode": errno.EPERM})
    folder.replace(new=b"DataId: 1\n", operations=operations, on_not_owner="in-place", journal=folder.journal)
    assert folder.content == b"DataId: 1\n"


def test_nothing_is_written_in_place_when_the_old_content_cannot_be_made_safe(folder):
    class Full(Journal):
        def keep(self, old, new):
            raise OSError(errno.ENOSPC, "no space")

    with pytest.raises(Passing):
        folder.replace(
            operations=MissingOperations({"change_mode": errno.EPERM}),
            on_not_owner="in-place",
            journal=Full(folder.journal.file),
        )
    assert folder.content == OLD


def test_a_save_before_the_write_in_place_stays(folder):
    class Saving(Journal):
        def keep(self, old, new):
            super().keep(old, new)
            folder.file.write_bytes(SAVED)

    with pytest.raises(LostRace):
        folder.replace(
            operations=MissingOperations({"change_mode": errno.EPERM}),
            on_not_owner="in-place",
            journal=Saving(folder.journal.file),
        )
    assert folder.content == SAVED


# ------------------------------------------------------------------------------------------ hiding


def test_others_lose_their_permissions_before_the_new_content_exists(folder):
    seen = []

    class Watching(MissingOperations):
        def write(self, descriptor, data, offset=0):
            seen.append((folder.stamp.inode, folder.file.stat().st_mode & 0o777))
            super().write(descriptor, data, offset)

    inode = folder.stamp.inode
    folder.replace(hide_from_others=True, operations=Watching({}))
    assert seen == [(inode, 0o640)]
    assert folder.file.stat().st_mode & 0o777 == 0o640
    assert folder.content == NEW


def test_a_file_is_hidden_although_its_content_is_right_already(folder):
    done = folder.replace(new=OLD, hide_from_others=True)
    assert folder.file.stat().st_mode & 0o777 == 0o640
    assert done.stamp == folder.stamp


def test_a_file_can_be_hidden_ahead_of_the_write(folder):
    stamp = hide_from_others(folder.descriptor, folder.name)
    assert (stamp, folder.file.stat().st_mode & 0o777, folder.content) == (folder.stamp, 0o640, OLD)
    assert hide_from_others(folder.descriptor, folder.name) == stamp
    done = replace_file(folder.descriptor, folder.name, expected=OLD, expected_stamp=stamp, new=NEW)
    assert done.stamp == folder.stamp


def test_no_token_is_written_into_a_file_that_cannot_be_hidden(folder):
    with pytest.raises(CannotKeep, match="chmod o-rwx"):
        folder.replace(
            operations=MissingOperations({"change_mode": errno.EPERM}),
            hide_from_others=True,
            on_not_owner="in-place",
            journal=folder.journal,
        )
    assert folder.content == OLD


def test_a_save_while_the_file_is_being_hidden_stays(folder):
    with pytest.raises(LostRace):
        folder.replace(
            hide_from_others=True,
            operations=RacedOperations(before={"change_mode": lambda: folder.file.write_bytes(SAVED)}),
        )
    assert folder.content == SAVED

"""A write into the same file is cut off at any byte: the next look brings it to its end, and loses no save."""

import errno
import os

import pytest

from spacecast.metadata import finish_in_place
from support.file_operations import MissingOperations
from support.metadata_folder import NEW

OLD = b"Project: demo\nOnedata:\n  InviteToken: " + b"M" * 40 + b"\nNumber: 000417\n"
LONGER, SHORTER = OLD.replace(b"M" * 40, b"N" * 60), OLD.replace(b"M" * 40, b"N" * 20)
SAVED = b"Project: demo, saved anew\n"


class Dying(MissingOperations):
    """Its process ends after so many bytes of a write in place, as a kill would end it."""

    def __init__(self, target, most):
        super().__init__({"change_mode": errno.EPERM})
        self._target, self._left = target, most

    def write(self, descriptor, data, offset=0):
        if os.fstat(descriptor).st_ino != self._target.stat().st_ino:
            super().write(descriptor, data, offset)
            return
        super().write(descriptor, data[: self._left], offset)
        if self._left < len(data):
            os._exit(9)

    def truncate(self, _descriptor, _size):
        os._exit(9)


def killed(folder, new, most):
    folder.file.write_bytes(OLD)
    process = os.fork()
    if process == 0:
        operations = Dying(folder.file, most)
        folder.replace(new=new, expected=OLD, operations=operations, on_not_owner="in-place", journal=folder.journal)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 9


def finished(folder):
    return finish_in_place(folder.descriptor, folder.name, folder.journal)


@pytest.mark.parametrize("new", [LONGER, SHORTER], ids=["longer", "shorter"])
@pytest.mark.parametrize("most", [0, 1, 5, 30, 10_000])
def test_it_is_brought_to_its_end(folder, new, most):
    killed(folder, new, most)
    assert finished(folder) is None
    assert folder.content in ((OLD, new) if most == 0 else (new,))
    assert folder.journal.kept() is None


@pytest.mark.parametrize("most", [0, 5, 10_000])
def test_a_save_after_the_kill_stays_and_both_contents_are_kept_for_a_person(folder, most):
    killed(folder, LONGER, most)
    folder.file.write_bytes(SAVED)
    aside = finished(folder)
    assert folder.content == SAVED
    assert aside.read_bytes() == b"%d\n" % len(OLD) + OLD + LONGER
    assert aside.stat().st_mode & 0o077 == 0
    assert finished(folder) is None


def test_without_a_cut_off_write_nothing_is_touched(folder):
    folder.file.write_bytes(NEW)
    stamp = folder.stamp
    assert finished(folder) is None
    assert folder.stamp == stamp

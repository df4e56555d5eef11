"""Every call to the file system fails once, and from there on, in every kind: the file is the old or the new one."""

import errno
import itertools
import os

import pytest

from spacecast.faults import Fault
from spacecast.metadata import CannotKeep, clean_leftovers, create_file, render_sidecar
from support.file_operations import FailingOperations, MissingOperations
from support.metadata_folder import NEW, OLD

KINDS = [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EPERM, errno.EROFS, errno.ESTALE, errno.EMFILE, errno.EINVAL]
SIDECAR = render_sidecar("SPA.yml", {"Onedata": {"Space": "a"}})
ways = pytest.mark.parametrize(("stay", "after"), [(False, False), (True, False), (False, True)])


def fail_each_call(attempt, number, *, stay, after):
    """Run `attempt` with its first call failing, then its second … until none fails; yield after each."""
    for fail_at in itertools.count(1):
        operations = FailingOperations(fail_at, number, stay=stay, after=after)
        fault = None
        try:
            attempt(operations)
        except Fault as raised:
            fault = raised
        if not operations.has_failed:
            assert fault is None
            return
        yield fault
        assert fail_at < 100


@ways
@pytest.mark.parametrize("number", KINDS, ids=errno.errorcode.get)
def test_a_replacement_is_done_or_not_done_whatever_fails(folder, number, stay, after):
    def attempt(operations):
        folder.replace(hide_from_others=True, operations=operations)

    for fault in fail_each_call(attempt, number, stay=stay, after=after):
        assert folder.content in (OLD, NEW)
        assert fault is not None or folder.content == NEW
        assert {found.outcome for found in clean_leftovers(folder.descriptor, minimum_age_seconds=-1)} <= {"removed"}
        assert folder.names == ["SPA.yml"]
        if folder.content == NEW:
            assert folder.file.stat().st_mode & 0o007 == 0
        folder.file.write_bytes(OLD)
        folder.file.chmod(0o644)
    assert folder.content == NEW


@ways
@pytest.mark.parametrize("number", KINDS, ids=errno.errorcode.get)
def test_a_write_in_place_is_undone_when_it_fails(folder, number, stay, after):
    kept_aside = folder.journal.file.with_suffix(".kept")

    def attempt(operations):
        folder.replace(operations=Blend(operations), on_not_owner="in-place", journal=folder.journal)

    for _fault in fail_each_call(attempt, number, stay=stay, after=after):
        if folder.content not in (OLD, NEW):
            # Not even the old content could be put back: it is safe.
            assert stay
            assert kept_aside.read_bytes() == b"%d\n" % len(OLD) + OLD + NEW
        assert folder.journal.kept() is None
        clean_leftovers(folder.descriptor, minimum_age_seconds=-1)
        assert folder.names == ["SPA.yml"]
        folder.file.write_bytes(OLD)
    assert folder.content == NEW


class Blend(MissingOperations):
    """A user who may not set the mode of a file, on a file system that fails."""

    def __init__(self, operations):
        super().__init__({"change_mode": errno.EPERM})
        self._operations = operations

    def __getattribute__(self, name):
        if name.startswith("_") or name == "change_mode":
            return super().__getattribute__(name)
        return getattr(self._operations, name)


@ways
@pytest.mark.parametrize("number", KINDS, ids=errno.errorcode.get)
def test_a_new_file_is_there_whole_or_not_at_all(folder, number, stay, after):
    name = "SPA.spacecast.yml"

    def attempt(operations):
        create_file(folder.descriptor, name, SIDECAR, operations=operations)

    for fault in fail_each_call(attempt, number, stay=stay, after=after):
        clean_leftovers(folder.descriptor, minimum_age_seconds=-1)
        assert folder.names in (["SPA.yml"], [name, "SPA.yml"])
        if name in folder.names:
            assert (folder.path / name).read_bytes() == SIDECAR
            (folder.path / name).unlink()
        else:
            assert fault is not None
    assert (folder.path / name).read_bytes() == SIDECAR


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "No space left on device"),
        (errno.EROFS, "Mount the folder writable; or, .* `spacecast install --write`"),
        (errno.EACCES, "write permission on the folder"),
        (errno.EIO, "is tried again"),
    ],
)
def test_a_message_names_the_file_the_cause_and_what_is_next(folder, number, words):
    with pytest.raises(Fault, match=words) as raised:
        folder.replace(operations=MissingOperations({"write": number}))
    assert not isinstance(raised.value, CannotKeep)
    assert str(raised.value).startswith("SPA.yml: ")


def test_a_short_write_goes_on_where_it_stopped(folder, monkeypatch):
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, offset: pwrite(descriptor, data[:3], offset))
    folder.replace()
    assert folder.content == NEW

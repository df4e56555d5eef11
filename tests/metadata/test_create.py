import errno

import pytest

from spacecast.metadata import LostRace, Unwritable, create_file, render_sidecar
from support.file_operations import MissingOperations, RacedOperations

SIDECAR = render_sidecar("SPA.yml", {"Onedata": {"Space": "a"}})
NEXT = render_sidecar("SPA.yml", {"Onedata": {"Space": "b"}})
NAME = "SPA.spacecast.yml"


def content(folder):
    return (folder.path / NAME).read_bytes()


def mode(folder):
    return (folder.path / NAME).stat().st_mode & 0o7777


@pytest.mark.parametrize("missing", [{}, {"rename_new": errno.EINVAL}, {"rename_new": errno.ENOSYS}])
def test_a_new_file_appears_whole_with_its_mode(folder, missing):
    done = create_file(folder.descriptor, NAME, SIDECAR, 0o640, operations=MissingOperations(missing))
    assert (content(folder), mode(folder), done.method) == (SIDECAR, 0o640, "created")
    assert folder.names == [NAME, "SPA.yml"]
    assert done.stamp.inode == (folder.path / NAME).stat().st_ino


def test_our_own_file_is_replaced_and_left_alone_when_it_is_right(folder):
    create_file(folder.descriptor, NAME, SIDECAR)
    assert create_file(folder.descriptor, NAME, SIDECAR).method == "unchanged"
    assert create_file(folder.descriptor, NAME, NEXT).method == "exchange"
    assert (content(folder), mode(folder)) == (NEXT, 0o600)


def test_a_file_that_others_can_read_is_hidden_when_it_is_written_again(folder):
    create_file(folder.descriptor, NAME, SIDECAR, 0o644)
    create_file(folder.descriptor, NAME, NEXT, 0o640)
    assert (content(folder), mode(folder)) == (NEXT, 0o640)


def test_somebody_elses_file_of_that_name_is_left_alone(folder):
    (folder.path / NAME).write_bytes(b"theirs\n")
    with pytest.raises(Unwritable, match="was not written by this service"):
        create_file(folder.descriptor, NAME, SIDECAR)
    assert content(folder) == b"theirs\n"


@pytest.mark.parametrize("missing", ["none", "rename_new"])
def test_a_file_that_appears_meanwhile_is_left_alone(folder, missing):
    class Raced(RacedOperations):
        def rename_new(self, *names):
            if missing == "rename_new":
                raise OSError(errno.EINVAL, "not here")
            super().rename_new(*names)

    def appear():
        (folder.path / NAME).write_bytes(b"theirs\n")

    with pytest.raises(LostRace):
        create_file(folder.descriptor, NAME, SIDECAR, operations=Raced(before={"sync": appear}))
    assert content(folder) == b"theirs\n"
    assert folder.names == [NAME, "SPA.yml"]


def test_a_symbolic_link_of_that_name_is_not_followed(folder):
    (folder.path / NAME).symlink_to("/nowhere/at/all")
    with pytest.raises(LostRace):
        create_file(folder.descriptor, NAME, SIDECAR)
    assert (folder.path / NAME).is_symlink()

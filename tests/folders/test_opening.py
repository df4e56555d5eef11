"""Reading from a dataset's folder, and everything that could lead the reader out of it."""

import io
import os

import pytest

from spacecast.faults import Passing
from spacecast.folders import Changed, Skipped, Stamp, Unusable, Vanished, open_folder
from spacecast.folders.walking import Walk
from support.folders import make_dataset, open_descriptors


def walked(folder, skipped: list[Skipped] | None = None) -> list[str]:
    return [file.path for file in folder.files((skipped if skipped is not None else []).append)]


def test_the_metadata_file_is_read_with_its_stamp(root):
    path = make_dataset(root, "first", "a: 1\n")
    with open_folder(root, "first") as folder:
        read = folder.read("SPA.yml")
        assert folder.path == root / "first"
    assert read.data == b"a: 1\n"
    assert read.stamp == Stamp.of(path.stat())
    assert read.status.st_mode == path.stat().st_mode


def test_nothing_stays_open(root, tmp_path):
    make_dataset(root, "first")
    (root / "first" / "a" / "b").mkdir(parents=True)
    (root / "first" / "a" / "b" / "x").touch()
    (root / "first" / "link").symlink_to(tmp_path)
    before = open_descriptors()
    with open_folder(root, "first") as folder:
        folder.read("SPA.yml")
        folder.still_there()
        folder.open("a/b/x").close()
        for path in ("link/x", "SPA.yml/x", "missing"):
            with pytest.raises((Unusable, Vanished)):
                folder.open(path)
        files = folder.files()
        next(files)
        files.close()
    for name in ("missing", "first/a"):
        with pytest.raises((Unusable, Vanished)), open_folder(root, name):
            pass
    assert open_descriptors() == before


def test_a_symlinked_folder_is_not_opened(root, tmp_path):
    make_dataset(tmp_path, "elsewhere")
    (root / "first").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unusable, match="never followed"), open_folder(root, "first"):
        pass


def test_a_folder_swapped_for_a_link_after_the_check_stays_the_folder_that_was_checked(root, tmp_path):
    make_dataset(root, "first", "mine: 1\n")
    make_dataset(tmp_path, "elsewhere", "secret: 1\n")
    with open_folder(root, "first") as folder:
        assert folder.still_there()
        (root / "first").rename(root / "moved")
        (root / "first").symlink_to(tmp_path / "elsewhere")
        assert not folder.still_there()
        assert folder.read("SPA.yml").data == b"mine: 1\n"


def test_a_folder_that_was_replaced_since_it_was_seen_is_not_taken_for_it(root):
    make_dataset(root, "first")
    make_dataset(root, "second")
    with open_folder(root, "second") as other, pytest.raises(Vanished):  # noqa: SIM117  the identity is needed first
        with open_folder(root, "first", expected_identity=other.identity):
            pass


def test_a_missing_folder_or_file_has_vanished(root):
    make_dataset(root, "first")
    with pytest.raises(Vanished), open_folder(root, "missing"):
        pass
    with open_folder(root, "first") as folder, pytest.raises(Vanished):
        folder.read("missing")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/etc/passwd")])
def test_what_is_no_regular_file_is_not_read(root, make):
    (root / "first").mkdir()
    make(root / "first" / "SPA.yml")
    with open_folder(root, "first") as folder:
        with pytest.raises(Unusable):
            folder.read("SPA.yml")
        with pytest.raises(Unusable):
            folder.open("SPA.yml")


def test_a_hard_linked_file_is_not_read_but_may_be_data(root):
    path = make_dataset(root, "first")
    os.link(path, root / "first" / "other.yml")
    with open_folder(root, "first") as folder:
        with pytest.raises(Unusable, match="hard links"):
            folder.read("SPA.yml")
        with folder.open("other.yml") as file:
            assert file.read() == b"a: 1\n"


def test_more_than_the_limit_is_not_read(root):
    make_dataset(root, "first", "x" * 101)
    with open_folder(root, "first") as folder:
        assert len(folder.read("SPA.yml", limit_bytes=101).data) == 101
        with pytest.raises(Unusable, match="at most 100"):
            folder.read("SPA.yml", limit_bytes=100)


def test_a_file_that_grows_while_it_is_read_is_not_used(root, monkeypatch):
    path = make_dataset(root, "first")
    real_read = os.read

    def read_while_somebody_writes(descriptor: int, size: int) -> bytes:
        data = real_read(descriptor, size)
        path.write_text("a: 1\nb: 2\n")
        return data

    with open_folder(root, "first") as folder:
        monkeypatch.setattr(os, "read", read_while_somebody_writes)
        with pytest.raises(Changed):
            folder.read("SPA.yml")


@pytest.mark.parametrize("path", ["/etc/passwd", "../other/SPA.yml", "a/../../x", "a//x", ""])
def test_a_path_cannot_lead_out_of_the_folder(root, path):
    make_dataset(root, "first")
    make_dataset(root, "other")
    with open_folder(root, "first") as folder, pytest.raises(Unusable):
        folder.open(path)


def test_a_link_in_the_middle_of_a_path_is_not_followed(root, tmp_path):
    make_dataset(root, "first")
    make_dataset(tmp_path, "elsewhere")
    (root / "first" / "data").symlink_to(tmp_path / "elsewhere")
    with open_folder(root, "first") as folder, pytest.raises(Unusable):
        folder.open("data/SPA.yml")


def test_nested_files_can_be_opened_as_binary_streams(root):
    make_dataset(root, "first")
    make_dataset(root / "first", "a/b", "deep")
    with open_folder(root, "first") as folder, folder.open("a/b/SPA.yml") as file:
        assert isinstance(file, io.BufferedReader)
        assert file.read() == b"deep"
        assert file.seek(1) == 1


def test_files_come_in_natural_order_with_what_is_known_of_them(root):
    for name in ("f10.tif", "f9.tif", "f09.tif", "b/2", "b/10", "a"):
        path = root / "first" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    with open_folder(root, "first") as folder:
        files = list(folder.files())
    assert [file.path for file in files] == ["a", "b/2", "b/10", "f09.tif", "f9.tif", "f10.tif"]
    status = (root / "first" / "b" / "10").stat()
    assert (files[2].size, files[2].modified_ns, files[2].inode) == (4, status.st_mtime_ns, status.st_ino)


def test_what_is_not_a_file_is_left_out_and_said_so(root, tmp_path):
    folder_path = make_dataset(root, "first").parent
    (folder_path / "link").symlink_to(tmp_path)
    (folder_path / "loop").symlink_to(".")
    os.mkfifo(folder_path / "pipe")
    (folder_path / "bad\nname").touch()
    (folder_path / os.fsdecode(b"caf\xe9")).touch()
    skipped: list[Skipped] = []
    with open_folder(root, "first") as folder:
        assert walked(folder, skipped) == ["SPA.yml"]
    reasons = {str(each.path): each.reason for each in skipped}
    assert "a pipe" in reasons["pipe"]
    assert "symbolic link" in reasons["loop"]
    assert "symbolic link" in reasons["link"]
    assert len(reasons) == 5
    assert all(reason.isprintable() for reason in reasons.values())


def test_the_walk_goes_down_only_so_far(root):
    make_dataset(root / "first", "a/b/c/d")
    skipped: list[Skipped] = []
    with open_folder(root, "first") as folder:
        found = [file.path for file in Walk(skipped.append, depth_limit=3).files(folder.descriptor, "first")]
    assert found == []
    assert [str(each.path) for each in skipped] == ["a/b/c/d"]
    with open_folder(root, "first") as folder:
        assert walked(folder) == ["a/b/c/d/SPA.yml"]


def test_a_walk_reads_a_folder_only_when_it_gets_there(root):
    for number in range(3):
        make_dataset(root / "first", f"d{number}")
    with open_folder(root, "first") as folder:
        files = folder.files()
        assert str(next(files).path) == "d0/SPA.yml"
        make_dataset(root / "first", "d2", metadata_name="Z.yml")
        (root / "first" / "d1" / "SPA.yml").unlink()
        assert [file.path for file in files] == ["d2/SPA.yml", "d2/Z.yml"]


def test_a_folder_swapped_for_a_link_during_the_walk_is_not_entered(root, tmp_path, monkeypatch):
    make_dataset(root / "first", "data")
    make_dataset(tmp_path, "elsewhere")
    skipped: list[Skipped] = []
    real_stat = os.stat

    def stat_then_swap(path, **options):
        status = real_stat(path, **options)
        if path == "data":
            (root / "first" / "data").rename(root / "first" / "zz-moved")
            (root / "first" / "data").symlink_to(tmp_path / "elsewhere")
        return status

    with open_folder(root, "first") as folder:
        monkeypatch.setattr(os, "stat", stat_then_swap)
        assert walked(folder, skipped) == []
    assert [str(each.path) for each in skipped] == ["data"]


def test_a_disk_that_does_not_answer_is_a_passing_fault(root, monkeypatch):
    make_dataset(root, "first")

    def broken(*_arguments, **_options):
        raise OSError(5, "Input/output error")

    with open_folder(root, "first") as folder:
        monkeypatch.setattr(os, "stat", broken)
        with pytest.raises(Passing, match="Input/output error"):
            walked(folder)

"""What a look at a folder says, and what it says about hostile ones."""

import errno
import os
from pathlib import Path

import pytest

from spacecast.folders import RootUnreadable, Sighting, Stamp, Unusable, Wanted, look, scan
from support.folders import WANTED, make_dataset


def only(root: Path, wanted: Wanted = WANTED) -> Sighting:
    """Return the one sighting of a scan, which a single look must confirm."""
    (sighting,) = scan(root, wanted)
    assert look(root, sighting.name, wanted) == sighting
    return sighting


def test_a_folder_with_a_metadata_file_is_a_dataset(root):
    path = make_dataset(root, "first")
    status, folder = path.stat(), path.parent.stat()
    assert only(root) == Sighting(
        root, "first", "SPA.yml", Stamp.of(status), running=False, folder_identity=(folder.st_dev, folder.st_ino)
    )


def test_a_folder_without_a_metadata_file_is_none(root):
    (root / "first").mkdir()
    (root / "first" / "other.yml").touch()
    assert list(scan(root, WANTED)) == []
    sighting = look(root, "first", WANTED)
    assert not sighting.is_dataset
    assert sighting.folder_identity is not None


def test_a_missing_folder_has_no_identity(root):
    assert look(root, "first", WANTED) == Sighting(root, "first")


def test_plain_files_and_hidden_folders_in_a_root_are_passed_over(root):
    (root / "notes.txt").touch()
    make_dataset(root, ".trash")
    make_dataset(root, "lost+found")
    assert list(scan(root, WANTED)) == []
    assert not look(root, "notes.txt", WANTED).is_dataset


def test_the_running_file_makes_it_live(root):
    make_dataset(root, "first")
    (root / "first" / ".running").touch()
    assert only(root).running


def test_a_dangling_link_as_running_file_counts_too(root):
    make_dataset(root, "first")
    (root / "first" / ".running").symlink_to("nowhere")
    assert only(root).running


def test_the_first_name_that_exists_counts(root):
    make_dataset(root, "first", metadata_name="B.yml")
    make_dataset(root, "first", metadata_name="A.yml")
    assert only(root, Wanted(("missing.yml", "B.yml", "A.yml"))).metadata_name == "B.yml"


def test_of_several_matches_of_a_pattern_the_naturally_first_counts(root):
    for name in ("run_10.yml", "run_9.yml", ".run_1.yml", "run_2.spacecast.yml"):
        make_dataset(root, "first", metadata_name=name)
    assert only(root, Wanted(("*.yml",))).metadata_name == "run_9.yml"


def test_a_sidecar_of_ours_never_counts_as_a_metadata_file(root):
    make_dataset(root, "first", metadata_name="SPA.spacecast.yml")
    assert list(scan(root, Wanted(("*.yml",)))) == []
    assert not Wanted(("*.yml",)).is_relevant("SPA.spacecast.yml")


def test_only_metadata_and_running_files_are_relevant():
    wanted = Wanted(("SPA.yml", "*.meta"), running_file=".live")
    assert all(map(wanted.is_relevant, ("SPA.yml", "x.meta", ".live")))
    assert not any(map(wanted.is_relevant, ("frame_1.tif", ".x.meta", ".running", "spa.yml")))


def test_a_change_of_the_file_changes_the_stamp(root):
    path = make_dataset(root, "first")
    before = only(root).stamp
    path.write_text("a: 2\n# longer\n")
    assert only(root).stamp != before


def test_a_symlinked_folder_is_a_problem_and_is_not_looked_into(root, tmp_path):
    make_dataset(tmp_path, "elsewhere")
    (root / "first").symlink_to(tmp_path / "elsewhere")
    sighting = only(root)
    assert "symbolic link" in sighting.problem
    assert sighting.metadata_name is None


def test_a_symlinked_metadata_file_is_a_problem(root, tmp_path):
    target = make_dataset(tmp_path, "elsewhere")
    (root / "first").mkdir()
    (root / "first" / "SPA.yml").symlink_to(target)
    assert "symbolic link" in only(root).problem


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (os.mkfifo, "a pipe"),
        (os.mkdir, "a folder"),
        (lambda path: os.link(make_dataset(path.parent.parent.parent, "other"), path), "hard links"),
        (lambda path: path.write_bytes(b"x" * (1024 * 1024 + 1)), "at most 1048576"),
    ],
)
def test_other_kinds_of_metadata_files_are_problems(root, make, word):
    (root / "first").mkdir()
    make(root / "first" / "SPA.yml")
    sighting = only(root)
    assert word in sighting.problem
    assert sighting.stamp is not None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_device_as_metadata_file_is_a_problem(root):
    (root / "first").mkdir()
    try:
        os.mknod(root / "first" / "SPA.yml", 0o020644, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("no devices in this container")
    assert "a device" in only(root).problem


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"line\nbreak", r"line\nbreak"),
        (b"\x1b[31mred", r"\x1b[31mred"),
        (b"caf\xe9", r"caf\xe9"),
        ("a\u2028b".encode(), r"a\u2028b"),
    ],
)
def test_names_that_nobody_can_carry_are_problems_with_an_escaped_text(root, name, shown):
    make_dataset(root, os.fsdecode(name))
    problem = only(root).problem
    assert shown in problem
    assert problem.isprintable()


def test_weird_names_without_a_metadata_file_are_nobodys_business(root):
    (root / "line\nbreak").mkdir()
    assert list(scan(root, WANTED)) == []


@pytest.mark.parametrize("name", ["n" * 255, "-rf *", "čeština 2024", "a'b\"c", "日本"])
def test_unusual_but_sound_names_are_fine(root, name):
    make_dataset(root, name)
    assert only(root).problem is None


@pytest.mark.parametrize(
    ("number", "kind", "word"),
    [(errno.EACCES, "problem", "may not be read"), (errno.EIO, "trouble", "cannot be read now")],
)
@pytest.mark.parametrize("file", ["SPA.yml", ".running"])
def test_a_folder_that_cannot_be_looked_into_concerns_that_folder_alone(root, monkeypatch, number, kind, word, file):
    for name in ("bad", "good"):
        make_dataset(root, name)
    real_stat = os.stat

    def stat_with_a_fault(path, **options):
        if path == f"bad/{file}":
            raise OSError(number, os.strerror(number))
        return real_stat(path, **options)

    monkeypatch.setattr(os, "stat", stat_with_a_fault)
    sightings = {sighting.name: sighting for sighting in scan(root, WANTED)}
    assert word in getattr(sightings["bad"], kind)
    assert sightings["good"].problem is None
    assert look(root, "bad", WANTED) == sightings["bad"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_a_name_must_be_one_component(root, name):
    with pytest.raises(Unusable):
        look(root, name, WANTED)


def test_a_missing_root_says_nothing_about_its_datasets(root):
    with pytest.raises(RootUnreadable, match="left as they are"):
        list(scan(root / "missing", WANTED))
    with pytest.raises(RootUnreadable):
        look(root / "missing", "first", WANTED)


def test_a_root_that_became_a_symbolic_link_is_not_followed(root, tmp_path):
    make_dataset(tmp_path / "elsewhere", "secret")
    root.rmdir()
    root.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RootUnreadable):
        list(scan(root, WANTED))


def test_a_scan_ends_early_when_told_to(root):
    for number in range(10):
        make_dataset(root, f"d{number}")
    answers = iter([True, True, False])
    assert len(list(scan(root, WANTED, keep_going=lambda: next(answers)))) == 2

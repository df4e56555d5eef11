"""What lies at one path of a dataset's folder now: the file, those below a folder, or nothing; no link is followed."""

import os

import pytest

from spacecast.faults import Passing
from spacecast.folders import Skipped, Unusable, open_folder
from support.folders import make_dataset, open_descriptors


def at(root, path: str, skipped: list[Skipped] | None = None) -> list[str]:
    before = open_descriptors()
    with open_folder(root, "first") as folder:
        told = (skipped if skipped is not None else []).append
        found = sorted(file.path for file in folder.files_at(path, told))
    assert open_descriptors() == before
    return found


@pytest.fixture
def tree(root, tmp_path):
    make_dataset(root, "first")
    (root / "first" / "a" / "b").mkdir(parents=True)
    for name in ("top", "a/one", "a/b/two"):
        (root / "first" / name).touch()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").touch()
    (root / "first" / "link").symlink_to(tmp_path / "outside")
    return root


def test_a_file_is_given_with_what_is_known_of_it(tree):
    with open_folder(tree, "first") as folder:
        (alone,) = folder.files_at("a/b/two")
        assert alone in list(folder.files())
    assert at(tree, "top") == ["top"]


def test_of_a_folder_all_files_below_are_given(tree):
    assert at(tree, "a") == ["a/b/two", "a/one"]
    assert at(tree, "a/b") == ["a/b/two"]


def test_what_is_gone_or_was_never_there_is_nothing(tree):
    for path in ("gone", "a/gone", "gone/gone", "top/gone"):
        assert at(tree, path) == []


def test_neither_a_link_nor_what_is_behind_it_is_given(tree):
    skipped: list[Skipped] = []
    assert at(tree, "link", skipped) == []
    assert [each.path for each in skipped] == ["link"]
    assert at(tree, "link/secret") == []


@pytest.mark.parametrize("path", ["../outside/secret", "a/../../outside", "/outside/secret", "a//one", ""])
def test_a_path_that_could_lead_out_of_the_folder_is_refused(tree, path):
    with pytest.raises(Unusable):
        at(tree, path)


def test_a_disk_that_does_not_answer_is_a_passing_fault(tree, monkeypatch):
    def fails(*_args, **_kwargs):
        raise OSError(5, "Input/output error")

    with open_folder(tree, "first") as folder:
        monkeypatch.setattr(os, "stat", fails)
        with pytest.raises(Passing):
            list(folder.files_at("top"))

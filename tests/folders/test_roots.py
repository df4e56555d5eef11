"""Roots by name and by pattern; a root that is not there never means that its datasets are deleted."""

from pathlib import Path

from spacecast.folders import WatchedFolder, expand_roots
from spacecast.folders.roots import Roots


def paths(states) -> list[Path]:
    return [state.root.path for state in states if not state.problem]


def test_a_named_folder_is_one_root(root):
    (state,) = expand_roots([WatchedFolder(str(root))])
    assert state.root.path == root
    assert state.identity == (root.stat().st_dev, root.stat().st_ino)
    assert state.problem is None


def test_a_named_folder_may_be_reached_through_a_link_of_the_operator(root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    assert paths(expand_roots([WatchedFolder(str(tmp_path / "link"))])) == [root]


def test_a_missing_folder_is_a_problem_that_names_it(tmp_path):
    (state,) = expand_roots([WatchedFolder(str(tmp_path / "missing"))])
    assert str(tmp_path / "missing") in state.problem
    assert "left as they are" in state.problem


def test_a_file_as_root_is_a_problem(tmp_path):
    (tmp_path / "file").touch()
    (state,) = expand_roots([WatchedFolder(str(tmp_path / "file"))])
    assert state.problem


def test_a_pattern_is_expanded_anew_at_each_look(root):
    roots = Roots()
    watched = WatchedFolder(f"{root}/*/data")
    (root / "alice" / "data").mkdir(parents=True)
    assert paths(roots.look(watched)) == [root / "alice" / "data"]
    (root / "bob" / "data").mkdir(parents=True)
    assert paths(roots.look(watched)) == [root / "alice" / "data", root / "bob" / "data"]


def test_a_matched_root_that_disappears_becomes_a_problem(root):
    roots = Roots()
    watched = WatchedFolder(f"{root}/*/data")
    (root / "alice" / "data").mkdir(parents=True)
    roots.look(watched)
    (root / "alice" / "data").rmdir()
    (state,) = roots.look(watched)
    assert state.root.path == root / "alice" / "data"
    assert state.problem


def test_files_that_a_pattern_matches_are_no_roots(root):
    (root / "README").touch()
    assert expand_roots([WatchedFolder(f"{root}/*")]) == []


def test_a_link_that_leads_out_of_the_pattern_is_refused(root, tmp_path):
    (tmp_path / "private").mkdir()
    (root / "alice").mkdir()
    (root / "alice" / "data").symlink_to(tmp_path / "private")
    (state,) = expand_roots([WatchedFolder(f"{root}/*/data")])
    assert "leads out of" in state.problem


def test_a_folder_is_one_root_however_often_it_is_matched(root):
    (root / "alice").mkdir()
    (root / "bob").symlink_to("alice")
    states = expand_roots([WatchedFolder(f"{root}/*"), WatchedFolder(str(root / "alice")), WatchedFolder(f"{root}/a*")])
    assert paths(states) == [root / "alice"]


def test_an_empty_folder_in_the_place_of_a_known_one_is_not_mounted(root):
    watched = WatchedFolder(str(root))
    roots = Roots()
    (root / "dataset").mkdir()
    roots.look(watched)
    root.rename(root.with_name("mounted-elsewhere"))
    root.mkdir()
    (root / "lost+found").mkdir()
    (state,) = roots.look(watched)
    assert "not mounted" in state.problem
    root.joinpath("lost+found").rmdir()
    root.rmdir()
    root.with_name("mounted-elsewhere").rename(root)
    assert paths(roots.look(watched)) == [root]


def test_a_root_that_was_really_emptied_is_no_problem(root):
    roots = Roots()
    (root / "dataset").mkdir()
    roots.look(WatchedFolder(str(root)))
    (root / "dataset").rmdir()
    assert paths(roots.look(WatchedFolder(str(root)))) == [root]


def test_another_file_system_with_content_is_taken_as_it_is(root):
    roots = Roots()
    roots.look(WatchedFolder(str(root)))
    root.rename(root.with_name("old"))
    (root / "dataset").mkdir(parents=True)
    assert paths(roots.look(WatchedFolder(str(root)))) == [root]


def test_identities_of_an_earlier_run_tell_a_lost_mount_at_start(root):
    earlier = {root: (0, 1)}
    (state,) = Roots(earlier).look(WatchedFolder(str(root)))
    assert "not mounted" in state.problem
    roots = Roots()
    roots.look(WatchedFolder(str(root)))
    assert paths(Roots(roots.identities()).look(WatchedFolder(str(root)))) == [root]


def test_a_root_in_which_datasets_are_expected_is_no_proof_when_it_is_empty(root):
    roots = Roots()
    roots.expect(root)
    (state,) = roots.look(WatchedFolder(str(root)))
    assert "not mounted" in state.problem
    (root / "something").mkdir()
    assert paths(roots.look(WatchedFolder(str(root)))) == [root]


def test_a_new_and_empty_root_is_fine(root):
    assert paths(expand_roots([WatchedFolder(str(root))])) == [root]

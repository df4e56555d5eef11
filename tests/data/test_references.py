"""References are made at once, from names, addresses, and paths on any computer."""

import pytest

from spacecast import data


def test_a_reference_is_made_from_names_and_read_again_from_its_text():
    ref = data.ref("20211227125_Demo", "grid 1/spectrum_0001.dm4")
    assert str(ref) == "20211227125_Demo/grid 1/spectrum_0001.dm4"
    assert data.ref(str(ref)) == ref
    assert data.ref("20211227125_Demo") / "grid 1" / "spectrum_0001.dm4" == ref


def test_a_folder_whose_name_cannot_be_a_key_has_the_key_that_the_daemon_gives_it():
    assert data.ref("Žofie: run #7").dataset.startswith("Zofie-run-7-")


def test_the_address_in_the_metadata_file_is_a_reference():
    ref = data.ref("https://tiled.example.org/api/v1/metadata/cemcof/20211227125_Demo", "a.tif")
    assert (ref.dataset, ref.file) == ("20211227125_Demo", "a.tif")
    assert ref.address == "https://tiled.example.org/api/v1/metadata/cemcof"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (r"d:\Data\Run 1\grid\a.tif", "Run-1-"),
        ("/data/users/anna/datasets/run/a.tif", "run/a.tif"),
        (r"E:\Gatan\today\eels_1.dm4", "20211227125_Demo/gatan/eels_1.dm4"),
        (r"\\storage\scope\run\a.tif", "run/a.tif"),
    ],
)
def test_each_computer_finds_its_own_folders_in_the_shared_root_map(tmp_path, monkeypatch, path, expected):
    (tmp_path / "roots.yaml").write_text(
        r"""
D:\data: ""
/data/users/*/datasets:
E:\Gatan\today: 20211227125_Demo/gatan
\\storage\scope: ""
"""
    )
    monkeypatch.setenv("SPACECAST_ROOTS", str(tmp_path / "roots.yaml"))
    assert str(data.ref(path)).startswith(expected)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("", "names no dataset"),
        ("..", "names no dataset"),
        ("run/../other", r"`\.\.`"),
        ("/somewhere/else/a.tif", "below no root"),
        ("https://example.org/share/77ab", "no address of a dataset"),
    ],
)
def test_what_names_nothing_is_refused_with_the_reason(wrong, said):
    with pytest.raises(data.BadReference, match=said):
        data.ref(wrong, roots={"/data": ""})


def test_a_path_without_a_root_map_says_what_to_set(monkeypatch):
    monkeypatch.delenv("SPACECAST_ROOTS", raising=False)
    with pytest.raises(data.BadReference, match="SPACECAST_ROOTS"):
        data.ref("/data/datasets/run")


def test_a_root_map_that_is_none_names_its_file(tmp_path):
    (tmp_path / "roots.yaml").write_text("- a\n")
    with pytest.raises(data.BadReference, match=r"roots\.yaml"):
        data.ref("/data/run", roots=tmp_path / "roots.yaml")
    with pytest.raises(data.BadReference, match="does not map"):
        data.RootMap({"relative": ""})
    with pytest.raises(data.BadReference, match="does not map"):
        data.RootMap({"/data": "../outside"})

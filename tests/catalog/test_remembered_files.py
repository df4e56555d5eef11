"""A new file in a dataset of many costs a few requests, and none that reads all the others back."""

import threading
from pathlib import PurePosixPath

import pytest

from spacecast.catalog import assets, build_plan, open_inventory, register, renew_plan, writing
from spacecast.folders import open_folder
from support.catalog import PowerCutError, cut_after


@pytest.fixture
def place(tmp_path):
    return tmp_path / "inventories" / "one.sqlite"


@pytest.fixture
def filled(dataset, place):
    for number in range(3):
        dataset.write(f"note_{number}.txt")
    go_through(dataset, place)
    return dataset


def go_through(dataset, place, *paths, **options):
    """Register as the daemon does, the inventory kept: all files, or what is at these paths."""
    dataset.transport.sent.clear()
    with open_folder(dataset.folder.parent, dataset.key) as folder, open_inventory(place) as inventory:
        choice = {"folder": PurePosixPath(dataset.folder), "stop": threading.Event(), "inventory": inventory}
        if paths:
            looks = [(path, folder.files_at(path)) for path in paths]
            plan = renew_plan(looks, folder.open, **choice)
        else:
            plan = build_plan(folder.files(most_sorted=0), folder.open, **choice)
        options = {"metadata": dataset.metadata, "facts": dataset.facts, "stop": threading.Event(), **options}
        register(dataset.client, ("datasets",), dataset.key, plan, **options)


def on_disk(dataset):
    return sorted(str(path.relative_to(dataset.folder)) for path in dataset.folder.rglob("*") if path.is_file())


def reads_of_files(dataset):
    return [str(sent) for sent in dataset.transport.sent if sent.method == "GET" and "/files" in sent.path]


def test_how_many_of_the_new_files_have_been_sent_is_told(filled, place, monkeypatch):
    for module in (assets, writing):
        monkeypatch.setattr(module, "MOST_ASSETS", 2)
    for number in range(5):
        filled.write(f"late_{number}.txt")
    told = []
    go_through(filled, place, on_sent=lambda *so_far: told.append(so_far))
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert filled.names() == on_disk(filled)


def test_files_that_come_and_grow_are_sent_and_the_others_are_not_read(filled, place):
    filled.write("deep/late.txt")
    filled.write("note_1.txt", b"has grown")
    go_through(filled, place, "deep", "note_1.txt")
    assert filled.names() == on_disk(filled)
    assert reads_of_files(filled) == []
    assert len(filled.transport.sent) <= 6
    assert {asset.size for asset in filled.assets("files")} == {9}
    filled.write("later.txt")
    go_through(filled, place)
    assert filled.names() == on_disk(filled)
    assert reads_of_files(filled) == []


def test_a_file_that_goes_is_taken_out_and_what_comes_then_is_cheap_again(filled, place):
    (filled.folder / "note_0.txt").unlink()
    filled.write("late.txt")
    go_through(filled, place, "note_0.txt", "late.txt")
    assert filled.names() == on_disk(filled)
    assert len(reads_of_files(filled)) == 1
    filled.write("later.txt")
    go_through(filled, place, "later.txt")
    assert filled.names() == on_disk(filled)
    assert reads_of_files(filled) == []


def test_a_file_that_is_withheld_by_now_is_taken_out(filled, place):
    filled.write("note_0.txt", b"MDAxY2xvY2F0aW9uIGRhdGFodWIuZWdpLmV1")
    go_through(filled, place, "note_0.txt")
    assert filled.names() == ["note_1.txt", "note_2.txt"]


def test_where_somebody_else_has_changed_the_entry_it_is_read(filled, place):
    filled.write("theirs.txt")
    filled.register()
    (filled.folder / "theirs.txt").unlink()
    filled.write("ours.txt")
    go_through(filled, place)
    assert filled.names() == on_disk(filled)
    assert len(reads_of_files(filled)) == 1


@pytest.mark.parametrize("writes", range(3))
def test_after_an_end_in_the_middle_the_next_pass_completes_it(filled, place, writes):
    filled.write("late.txt")
    filled.hdf5("late.h5", 1)
    filled.transport.spoil = cut_after(writes)
    with pytest.raises(PowerCutError):
        go_through(filled, place)
    filled.transport.spoil = None
    filled.write("later.txt")
    for _ in range(2):
        go_through(filled, place)
    assert filled.names() == on_disk(filled)
    assert "late.h5" in filled.entry

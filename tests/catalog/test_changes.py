"""What a registration sends, and leaves alone, when a dataset has changed."""

import numpy as np

from spacecast.catalog import FILES
from support.catalog import frames


def test_five_more_readable_files_cost_at_most_ten_requests(dataset):
    for number in range(3):
        dataset.hdf5(f"scan_{number}.h5", number)
    dataset.register()
    for number in range(3, 8):
        dataset.hdf5(f"scan_{number}.h5", number)
    done = dataset.register()
    assert done.created == tuple(f"scan_{number}.h5" for number in range(3, 8))
    assert len(dataset.transport.sent) <= 10
    assert len(dataset.names()) == 8


def test_a_file_that_was_removed_is_in_no_entry_any_more(dataset):
    dataset.hdf5("scan.h5", 1)
    dataset.write("notes.txt")
    dataset.write("more.txt")
    dataset.register()
    (dataset.folder / "scan.h5").unlink()
    done = dataset.register()
    assert done.removed == ("scan.h5",)
    assert list(dataset.entry) == [FILES]
    assert dataset.names() == ["more.txt", "notes.txt"]


def test_a_file_that_was_replaced_is_changed_in_place(dataset):
    dataset.image("a.tif", 1)
    dataset.register()
    np.save(dataset.folder / "b.npy", np.arange(3))
    dataset.image("a.tif", 2, (8, 2, 3))
    done = dataset.register()
    assert done.updated == ("a.tif",)
    assert not any("DELETE" in write for write in dataset.transport.writes)
    assert dataset.entry["a.tif"].shape == (8, 2, 3)
    sizes = {asset.data_uri.rsplit("/", 1)[1]: asset.size for asset in dataset.assets(FILES)}
    assert sizes["a.tif"] == (dataset.folder / "a.tif").stat().st_size


def test_a_file_that_became_something_else_gets_a_new_entry_under_its_key(dataset):
    dataset.image("data.bin", 1)
    dataset.register()
    dataset.hdf5("data.bin", 4)
    dataset.register()
    assert np.array_equal(dataset.entry["data.bin", "data"].read(), np.arange(5) * 4)


def test_a_file_that_is_being_written_is_waited_for_and_its_entry_stays(dataset):
    path = dataset.hdf5("scan.h5", 1)
    whole = path.read_bytes()
    dataset.register()
    path.write_bytes(whole[:-10])
    done = dataset.register()
    assert list(done.waiting) == ["scan.h5"]
    assert done.removed == ()
    assert "scan.h5" in dataset.entry
    assert dataset.entry.metadata["spacecast"]["waiting"] == 1
    path.write_bytes(whole)
    assert dataset.register().waiting == ()


def test_what_users_added_stays_and_what_the_file_dropped_goes(dataset):
    dataset.image("a.tif", 1)
    dataset.register(metadata={"Sample": "A", "Old": 1})
    dataset.entry.update_metadata({"favourite": True}, specs=[*dataset.entry.specs, "theirs"])
    dataset.entry["a.tif"].update_metadata({"judged": "good"})
    dataset.tiled["datasets", dataset.key].create_container("analysis")
    dataset.image("a.tif", 2, (9, 9))
    done = dataset.register(metadata={"Sample": "B"})
    assert done.removed == ()
    assert dataset.entry.metadata["favourite"] is True
    assert dataset.entry.metadata["Sample"] == "B"
    assert "Old" not in dataset.entry.metadata
    assert {spec.name for spec in dataset.entry.specs} == {"spacecast_dataset", "theirs"}
    assert dataset.entry["a.tif"].metadata["judged"] == "good"
    assert "analysis" in dataset.entry


def test_an_entry_that_somebody_added_does_not_make_every_look_a_long_one(dataset):
    dataset.image("a.tif", 1)
    dataset.register()
    dataset.entry.create_container("analysis")
    dataset.register()
    dataset.register()
    assert [sent.method for sent in dataset.transport.sent] == ["GET"]


def test_an_entry_that_somebody_removed_is_made_again(dataset):
    dataset.image("a.tif", 1)
    dataset.image("b.tif", 2)
    dataset.register()
    dataset.entry.delete_contents("a.tif", external_only=True)
    assert dataset.register().created == ("a.tif",)
    assert np.array_equal(dataset.entry["a.tif"].read(), np.full((4, 6), 1))


def test_a_moved_folder_is_served_from_where_it_is_now(dataset):
    for number in range(3):
        dataset.image(f"frame_{number}.tif", number)
    dataset.hdf5("scan.h5", 2)
    dataset.register()
    key, moved = dataset.key, dataset.folder.parent / f"{dataset.key}-moved"
    dataset.folder.rename(moved)
    dataset.folder = moved
    dataset.register(key=key)
    entry = dataset.tiled["datasets", key]
    assert np.array_equal(entry["frame_series.tif"].read(), frames(range(3)))
    assert np.array_equal(entry["scan.h5", "data"].read(), np.arange(5) * 2)
    source = entry[FILES].include_data_sources().data_sources()[0]
    assert {asset.data_uri.rsplit("/", 1)[0] for asset in source.assets} == {f"file://localhost{moved}"}


def test_more_entries_than_one_page_of_the_listing_are_all_found(dataset, monkeypatch):
    monkeypatch.setattr("spacecast.catalog.client._PAGE_ENTRIES", 2)
    for number in range(5):
        dataset.hdf5(f"scan_{number}.h5", number)
    dataset.register()
    (dataset.folder / "scan_4.h5").unlink()
    dataset.write("note.txt")
    done = dataset.register()
    assert (done.created, done.updated, done.removed) == ((), (), ("scan_4.h5",))
    assert sorted(dataset.client.child_keys(("datasets", dataset.key))) == [
        FILES,
        *(f"scan_{number}.h5" for number in range(4)),
    ]


def test_a_file_that_cannot_be_read_for_a_moment_stays_and_a_new_one_comes_when_it_was_searched(dataset):
    for name in ("a.txt", "b.txt"):
        dataset.write(name)
    dataset.image("c.tif", 3)
    dataset.register()
    dataset.write("d.txt")
    dataset.unreadable_now = {"a.txt", "c.tif", "d.txt"}
    done = dataset.register()
    assert list(done.waiting) == ["a.txt", "c.tif", "d.txt"]
    assert dataset.names() == ["a.txt", "b.txt", "c.tif"]
    assert np.array_equal(dataset.entry["c.tif"].read(), np.full((4, 6), 3))
    dataset.unreadable_now = set()
    dataset.register()
    assert dataset.names() == ["a.txt", "b.txt", "c.tif", "d.txt"]


def test_a_file_that_could_not_be_read_and_holds_a_token_goes_when_that_is_seen(dataset):
    for name in ("a.txt", "b.txt"):
        dataset.write(name)
    dataset.register()
    dataset.write("a.txt", b"InviteToken: MDAxY2xvY2F00aW9uIG9uZXpvbmUKMDAzMGlkZW500aWZpZXIgMi9ub-19fQ")
    dataset.unreadable_now = {"a.txt"}
    dataset.register()
    dataset.unreadable_now = set()
    dataset.register()
    assert dataset.names() == ["b.txt"]

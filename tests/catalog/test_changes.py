"""What a registration sends, and leaves alone, when a dataset has changed."""

import itertools
import sys
import threading

import numpy as np
import pytest

from spacecast.catalog import FILES, NoAdapter, arranging, give_access_tags
from spacecast.transport import Answer
from support.catalog import PowerCutError, cut_after

# The package's function hides the module of that name.
registering = sys.modules["spacecast.catalog.register"]


def frames(values, shape=(4, 6)):
    return np.stack([np.full(shape, value) for value in values])


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


def test_five_more_images_make_the_series_longer(dataset):
    for number in range(1, 4):
        dataset.image(f"frame_{number:02}.tif", number)
    dataset.register()
    for number in range(4, 9):
        dataset.image(f"frame_{number:02}.tif", number)
    done = dataset.register()
    assert (done.created, done.updated, done.removed) == ((), ("frame_series.tif",), ())
    assert len(dataset.transport.sent) <= 10
    assert not any("DELETE" in write or "POST" in write for write in dataset.transport.writes)
    assert np.array_equal(dataset.entry["frame_series.tif"].read(), frames(range(1, 9)))
    assert dataset.entry["frame_series.tif"].metadata["spacecast"]["last"] == "frame_08.tif"


def test_a_series_of_more_images_than_one_request_takes_is_whole(dataset):
    for number in range(510):
        dataset.image(f"f_{number}.tif", number, (2, 2))
    dataset.register()
    assert np.array_equal(dataset.entry["f_series.tif"].read(), frames(range(510), (2, 2)))
    assert dataset.register().updated == ()


def test_an_image_that_comes_late_takes_its_place_in_the_middle_and_nothing_vanishes(dataset):
    for number in (1, 2, 4, 5):
        dataset.image(f"frame_{number}.tif", number)
    dataset.register()
    dataset.image("frame_3.tif", 3)
    dataset.register()
    assert np.array_equal(dataset.entry["frame_series.tif"].read(), frames(range(1, 6)))
    assert not any("DELETE /metadata" in write for write in dataset.transport.writes)


def test_an_image_that_vanished_leaves_the_series(dataset):
    for number in range(1, 6):
        dataset.image(f"frame_{number}.tif", number)
    dataset.register()
    (dataset.folder / "frame_2.tif").unlink()
    dataset.register()
    assert np.array_equal(dataset.entry["frame_series.tif"].read(), frames([1, 3, 4, 5]))
    assert dataset.names() == [f"frame_{number}.tif" for number in (1, 3, 4, 5)]


def test_an_image_that_comes_before_all_others_makes_the_series_anew_and_keeps_what_users_added(dataset):
    for number in (2, 3):
        dataset.image(f"frame_{number}.tif", number)
    dataset.register()
    dataset.entry["frame_series.tif"].update_metadata({"judged": "good"}, specs=["theirs"])
    dataset.image("frame_1.tif", 1)
    dataset.register()
    entry = dataset.entry["frame_series.tif"]
    assert np.array_equal(entry.read(), frames([1, 2, 3]))
    assert entry.metadata["judged"] == "good"
    assert [spec.name for spec in entry.specs] == ["theirs"]


def test_an_image_keeps_its_own_entry_when_it_becomes_part_of_a_series(dataset):
    dataset.image("frame_1.tif", 1)
    dataset.register()
    dataset.image("frame_2.tif", 2)
    assert dataset.register().removed == ()
    assert np.array_equal(dataset.entry["frame_1.tif"].read(), np.full((4, 6), 1))
    assert np.array_equal(dataset.entry["frame_series.tif"].read(), frames([1, 2]))
    (dataset.folder / "frame_1.tif").unlink()
    assert dataset.register().removed == ("frame_1.tif", "frame_series.tif")
    assert set(dataset.entry) == {"frame_2.tif", FILES}


def test_images_of_another_size_make_a_series_of_their_own(dataset):
    for number in range(2):
        dataset.image(f"frame_{number}.tif", number)
    for number in range(2, 4):
        dataset.image(f"frame_{number}.tif", number, (3, 3))
    dataset.image("frame_9.tif", 9, (1, 5))
    dataset.register()
    assert set(dataset.entry) == {FILES, "frame_series.tif", "frame_series_3x3_u2.tif", "frame_9.tif"}
    assert np.array_equal(dataset.entry["frame_series_3x3_u2.tif"].read(), frames([2, 3], (3, 3)))


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
    assert [str(waiting) for waiting in done.waiting] == ["scan.h5"]
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


def first_state(dataset):
    (dataset.folder / "other.h5").unlink(missing_ok=True)
    (dataset.folder / "frame_2.tif").unlink(missing_ok=True)
    for number in range(2):
        dataset.image(f"frame_{number}.tif", number)
    dataset.hdf5("scan.h5", 1)
    dataset.write("notes.txt")
    return {"entries": {FILES, "frame_series.tif", "scan.h5"}, "frames": frames(range(2))}


def second_state(dataset):
    (dataset.folder / "scan.h5").unlink()
    dataset.image("frame_2.tif", 2)
    dataset.hdf5("other.h5", 2)
    dataset.write("notes.txt", b"longer than before")
    return {"entries": {FILES, "frame_series.tif", "other.h5"}, "frames": frames(range(3))}


def assert_catalog_shows(dataset, state):
    assert set(dataset.entry) == state["entries"]
    assert np.array_equal(dataset.entry["frame_series.tif"].read(), state["frames"])
    assert dataset.names() == sorted(path.name for path in dataset.folder.iterdir())
    sizes = {asset.data_uri.rsplit("/", 1)[1]: asset.size for asset in dataset.assets(FILES)}
    assert sizes["notes.txt"] == (dataset.folder / "notes.txt").stat().st_size
    assert dataset.entry.metadata["spacecast"]["status"] == "available"


def is_cut(dataset, writes):
    dataset.transport.spoil = cut_after(writes)
    try:
        dataset.register()
    except PowerCutError:
        return True
    finally:
        dataset.transport.spoil = None
    return False


def test_a_power_cut_at_any_point_of_the_first_registration_is_made_up_for(make_dataset):
    for writes in itertools.count():
        dataset = make_dataset()
        state = first_state(dataset)
        if not is_cut(dataset, writes):
            break
        dataset.register()
        assert_catalog_shows(dataset, state)
    assert writes >= 4


def test_a_power_cut_at_any_point_of_a_change_is_made_up_for(make_dataset):
    for writes in itertools.count():
        dataset = make_dataset()
        first_state(dataset)
        dataset.register()
        state = second_state(dataset)
        if not is_cut(dataset, writes):
            break
        dataset.register()
        assert_catalog_shows(dataset, state)
    assert writes >= 6


def test_a_change_that_was_cut_off_and_taken_back_on_the_disk_leaves_nothing_behind(make_dataset):
    for writes in itertools.count():
        dataset = make_dataset()
        first_state(dataset)
        dataset.register()
        second_state(dataset)
        if not is_cut(dataset, writes):
            break
        state = first_state(dataset)
        dataset.register()
        assert_catalog_shows(dataset, state)
    assert writes >= 6


def test_a_reader_sees_every_entry_all_the_time_and_only_whole_series(dataset):
    for number in (1, 2, 4):
        dataset.image(f"frame_{number}.tif", number)
    dataset.hdf5("scan.h5", 1)
    dataset.register()
    before = set(dataset.entry)
    looks = []

    def look(sent, send):
        answer = send()
        if sent.method != "GET":
            looks.append(set(dataset.entry) >= before)
            # Fails where the structure promises more frames than there are files.
            assert dataset.entry["frame_series.tif"].read().shape[0] >= 2
            assert dataset.entry.metadata["spacecast"]["status"] == "available"
        return answer

    dataset.image("frame_3.tif", 3)
    dataset.image("frame_5.tif", 5)
    dataset.hdf5("scan.h5", 2)
    dataset.transport.spoil = look
    dataset.register()
    assert len(looks) >= 5
    assert all(looks)
    assert np.array_equal(dataset.entry["frame_series.tif"].read(), frames(range(1, 6)))


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


def test_access_tags_go_to_every_entry_and_new_ones_in_place_of_the_old(dataset):
    dataset.image("a.tif", 1)
    dataset.register(access_tags=("group-1",))
    bodies = [sent.body for sent in dataset.transport.sent if sent.method in ("POST", "PUT")]
    assert len(bodies) >= 4
    assert all(body["access_tags"] == ["group-1"] for body in bodies)
    dataset.transport.sent.clear()
    path = ("datasets", dataset.key)
    assert give_access_tags(dataset.client, path[:1], path[1], ["group-2"], stop=threading.Event()) == 3
    sent = {sent.path.rsplit("/", 1)[1]: sent.body for sent in dataset.transport.sent if sent.method == "PUT"}
    assert next(iter(sent)) == dataset.key
    assert sent == {key: {"access_tags": ["group-2"]} for key in (dataset.key, "a.tif", FILES)}
    dataset.register(access_tags=("group-2",))
    assert dataset.transport.writes == []


def test_access_tags_of_what_others_have_made_stay(dataset, tiled):
    dataset.image("a.tif", 1)
    dataset.register()
    dataset.entry.create_container("mine")
    assert give_access_tags(dataset.client, ("datasets",), dataset.key, ["group-2"], stop=threading.Event()) == 3
    tiled.client.create_container("not-ours")
    assert give_access_tags(dataset.client, (), "not-ours", ["group-2"], stop=threading.Event()) == 0
    assert give_access_tags(dataset.client, (), "nowhere", ["group-2"], stop=threading.Event()) == 0


@pytest.fixture
def long_series(monkeypatch):
    """Series of more than three files are long, so that few files show what thousands do."""
    for module in (arranging, registering):
        monkeypatch.setattr(module, "LONG_SERIES_FILES", 3)


def images(dataset, numbers):
    for number in numbers:
        dataset.image(f"f_{number}.tif", number)


@pytest.mark.usefixtures("long_series")
def test_the_files_of_a_long_series_are_downloaded_from_its_own_entry(dataset):
    images(dataset, range(5))
    dataset.write("notes.txt")
    dataset.register()
    assert dataset.names() == ["notes.txt"]
    assert [asset.data_uri.rsplit("/", 1)[1] for asset in dataset.assets("f_series.tif")] == [
        f"f_{number}.tif" for number in range(5)
    ]
    assert dataset.entry.metadata["spacecast"]["files"] == 6
    images(dataset, range(5, 10))
    dataset.register()
    assert not any(FILES in str(sent) for sent in dataset.transport.sent)


@pytest.mark.usefixtures("long_series")
def test_no_file_leaves_the_downloads_when_its_series_gets_long(dataset):
    images(dataset, range(3))
    dataset.register()
    images(dataset, range(3, 6))
    dataset.register()
    assert dataset.names() == ["f_0.tif", "f_1.tif", "f_2.tif"]
    assert dataset.register().updated == ()
    assert len(dataset.transport.sent) == 1


@pytest.mark.usefixtures("long_series")
def test_a_removed_file_leaves_the_downloads_of_a_long_series_too(dataset):
    images(dataset, range(3))
    dataset.register()
    images(dataset, range(3, 7))
    dataset.register()
    (dataset.folder / "f_1.tif").unlink()
    dataset.register()
    assert dataset.names() == ["f_0.tif", "f_2.tif"]
    assert np.array_equal(dataset.entry["f_series.tif"].read(), frames([0, 2, 3, 4, 5, 6]))
    for number in (0, 2, 3, 4):
        (dataset.folder / f"f_{number}.tif").unlink()
    dataset.register()
    assert dataset.names() == ["f_5.tif", "f_6.tif"]


@pytest.mark.usefixtures("long_series")
def test_a_long_series_without_other_files_needs_no_files_entry_and_gets_one_when_it_dissolves(dataset):
    images(dataset, range(5))
    dataset.register()
    assert list(dataset.entry) == ["f_series.tif"]
    for number in range(4):
        (dataset.folder / f"f_{number}.tif").unlink()
    dataset.write("notes.txt")
    dataset.register()
    assert set(dataset.entry) == {"f_4.tif", FILES}
    assert dataset.names() == ["f_4.tif", "notes.txt"]


@pytest.mark.usefixtures("long_series")
def test_files_of_a_long_series_that_the_server_refuses_can_be_downloaded(dataset):
    images(dataset, range(5))

    def spoil(sent, send):
        is_series = sent.method == "POST" and (sent.body or {}).get("id") == "f_series.tif"
        return Answer(415, {}, b'{"detail": "unknown"}') if is_series else send()

    dataset.transport.spoil = spoil
    with pytest.raises(NoAdapter):
        dataset.register()
    assert dataset.names() == [f"f_{number}.tif" for number in range(5)]
    dataset.transport.spoil = None
    dataset.register()
    assert np.array_equal(dataset.entry["f_series.tif"].read(), frames(range(5)))
    assert dataset.names() == [f"f_{number}.tif" for number in range(5)]
    assert dataset.register().updated == ()
    assert len(dataset.transport.sent) == 1


def test_a_file_that_cannot_be_read_for_a_moment_stays_and_a_new_one_comes_when_it_was_searched(dataset):
    for name in ("a.txt", "b.txt"):
        dataset.write(name)
    dataset.image("c.tif", 3)
    dataset.register()
    dataset.write("d.txt")
    dataset.unreadable_now = {"a.txt", "c.tif", "d.txt"}
    done = dataset.register()
    assert [str(path) for path in done.waiting] == ["a.txt", "c.tif", "d.txt"]
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

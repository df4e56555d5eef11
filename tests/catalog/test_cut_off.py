"""A registration that ends at any point leaves nothing wrong, and readers see every entry meanwhile."""

import itertools

import numpy as np

from spacecast.catalog import FILES
from support.catalog import PowerCutError, cut_after, frames


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

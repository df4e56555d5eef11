"""Series of images that get longer and shorter, as readers find them."""

import numpy as np

from spacecast.catalog import FILES
from support.catalog import frames


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

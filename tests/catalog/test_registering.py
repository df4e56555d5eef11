"""What is in the catalog after a dataset was registered, read through Tiled's own client."""

import threading

import numpy as np
import pytest

from spacecast.catalog import FILES, mark, register
from spacecast.transport import Stopped


def test_everything_readable_can_be_read_and_every_file_downloaded(dataset, tmp_path):
    dataset.write("notes.txt")
    dataset.hdf5("scan.h5", 3)
    dataset.image("overview.tif", 7)
    for number in range(3):
        dataset.image(f"raw/frame_{number}.tif", number)
    np.save(dataset.folder / "dark.npy", np.arange(6.0).reshape(2, 3))
    dataset.write("table.csv", b"time,counts\n1,10\n2,20\n")

    done = dataset.register()

    entry = dataset.entry
    assert entry.metadata["Sample"] == {"Name": "apoferritin"}
    assert entry.metadata["spacecast"]["status"] == "available"
    assert entry.metadata["spacecast"]["facts"] == {"space": "abc"}
    assert [(spec.name, spec.version) for spec in entry.specs] == [("spacecast_dataset", "1")]
    assert done.entries == 5
    assert [path for path, _ in done.unread] == ["notes.txt"]
    assert done.waiting == ()
    series = next(key for key in entry if key.startswith("raw_frame_series"))
    assert set(entry) == {FILES, "scan.h5", "overview.tif", "dark.npy", "table.csv", series}
    assert np.array_equal(entry["scan.h5", "data"].read(), np.arange(5) * 3)
    assert np.array_equal(entry["overview.tif"].read(), np.full((4, 6), 7))
    assert np.array_equal(entry[series].read(), np.stack([np.full((4, 6), number) for number in range(3)]))
    assert np.array_equal(entry["dark.npy"].read(), np.arange(6.0).reshape(2, 3))
    assert list(entry["table.csv"].read()["counts"]) == [10, 20]
    assert dataset.names() == [
        "dark.npy",
        "notes.txt",
        "overview.tif",
        "raw/frame_0.tif",
        "raw/frame_1.tif",
        "raw/frame_2.tif",
        "scan.h5",
        "table.csv",
    ]


def test_a_new_dataset_costs_a_request_for_each_entry_and_few_besides(make_dataset):
    make_dataset().register()  # the container above all datasets is there from now on
    dataset = make_dataset()
    for number in range(1201):
        dataset.write(f"note_{number}.txt", b"x")
    dataset.hdf5("scan.h5", 1)
    dataset.register()
    # Look, container, entry, three portions of files, done.
    assert len(dataset.transport.sent) <= 4 + 3 + 1
    assert len(dataset.names()) == 1202
    assert [asset.num for asset in dataset.assets(FILES)] == list(range(1202))


def test_a_second_registration_only_looks(dataset):
    dataset.image("a.tif", 1)
    dataset.write("b.txt")
    dataset.register()
    done = dataset.register()
    assert [sent.method for sent in dataset.transport.sent] == ["GET"]
    assert (done.created, done.updated, done.removed, done.entries) == ((), (), (), 1)


def test_new_facts_cost_one_look_and_one_write(dataset):
    dataset.image("a.tif", 1)
    dataset.register()
    dataset.register(facts={"space": "abc", "public_url": "https://zone/share/1"})
    assert [sent.method for sent in dataset.transport.sent] == ["GET", "PUT"]
    assert dataset.entry.metadata["spacecast"]["facts"]["public_url"] == "https://zone/share/1"


def test_a_dataset_without_data_files_has_a_container_only(dataset):
    dataset.write("SPA.yml", b"a: 1")
    dataset.register()
    assert list(dataset.entry) == []
    assert dataset.entry.metadata["spacecast"]["files"] == 0


def test_the_metadata_file_and_its_sidecar_cannot_be_downloaded(dataset):
    for name in ("SPA.yml", "SPA.spacecast.yml", "EELS.spacecast.yml", ".SPA.yml.spacecast-part-00.tmp", ".running"):
        dataset.write(name, b"InviteToken: secret")
    dataset.write("data.bin")
    dataset.register()
    assert dataset.names() == ["data.bin"]


def test_the_container_is_pending_until_everything_is_there(dataset):
    seen = []

    def watch(sent, send):
        if sent.method != "GET":
            found = dataset.client.entry(("datasets", dataset.key))
            seen.append(found and found.metadata["spacecast"]["status"])
        return send()

    dataset.image("a.tif", 1)
    dataset.transport.spoil = watch
    dataset.register()
    assert seen[0] is None
    assert set(seen[1:]) == {"pending"}
    assert dataset.entry.metadata["spacecast"]["status"] == "available"


def test_a_key_of_the_file_that_is_reserved_is_kept_under_another_name(dataset):
    dataset.write("a.txt")
    dataset.register(metadata={"spacecast": {"theirs": 1}, "other": float("nan")})
    metadata = dataset.entry.metadata
    assert metadata["spacecast_of_file"] == {"theirs": 1}
    assert metadata["other"] is None
    assert "spacecast_of_file" in metadata["spacecast"]["note"]


def test_a_set_stop_ends_a_registration_and_the_next_one_finishes_it(dataset):
    dataset.image("a.tif", 1)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        dataset.register(stop=stop)
    dataset.register()
    assert set(dataset.entry) == {"a.tif", FILES}


def test_a_withdrawn_dataset_answers_and_can_be_registered_again(dataset):
    dataset.image("a.tif", 1)
    dataset.register()
    place = (dataset.client, ("datasets",), dataset.key)
    assert mark(*place, status="removed", reason="withdrawn by an operator", stop=threading.Event())
    assert list(dataset.entry) == []
    assert dataset.entry.metadata["spacecast"]["status"] == "removed"
    assert dataset.entry.metadata["spacecast"]["reason"] == "withdrawn by an operator"
    assert not mark(*place, status="removed", reason="withdrawn by an operator", stop=threading.Event())
    dataset.register()
    assert np.array_equal(dataset.entry["a.tif"].read(), np.full((4, 6), 1))
    assert "reason" not in dataset.entry.metadata["spacecast"]


def test_a_reference_answers_before_anything_is_registered(dataset):
    place = (dataset.client, ("datasets",), dataset.key)
    assert mark(*place, status="pending", metadata={"a": 1}, stop=threading.Event())
    assert not mark(*place, status="pending", stop=threading.Event())
    assert dataset.entry.metadata["spacecast"]["status"] == "pending"
    assert mark(*place, status="blocked", reason="rename the folder", stop=threading.Event())
    assert dataset.entry.metadata["spacecast"]["reason"] == "rename the folder"
    assert mark(*place, status="pending", stop=threading.Event())
    assert dataset.entry.metadata["spacecast"]["reason"] == ""
    dataset.write("a.txt")
    dataset.register()
    assert dataset.entry.metadata["spacecast"]["status"] == "available"
    assert "a" not in dataset.entry.metadata


def test_what_is_readable_stays_available_when_something_else_is_in_the_way(dataset):
    dataset.image("a.tif", 1)
    dataset.register()
    place = (dataset.client, ("datasets",), dataset.key)
    assert mark(*place, status="blocked", reason="rename b.tif", stop=threading.Event())
    assert not mark(*place, status="blocked", reason="rename b.tif", stop=threading.Event())
    block = dataset.entry.metadata["spacecast"]
    assert (block["status"], block["reason"]) == ("available", "rename b.tif")
    dataset.register()
    assert "reason" not in dataset.entry.metadata["spacecast"]


def test_nothing_is_made_to_say_that_a_dataset_was_removed(dataset):
    assert not mark(dataset.client, ("datasets",), dataset.key, status="removed", stop=threading.Event())
    assert dataset.client.entry(("datasets", dataset.key)) is None


def test_missing_containers_above_the_dataset_are_made(dataset):
    dataset.write("a.txt")
    parent = ("facility", dataset.key, "2026")
    register(dataset.client, parent, "d1", dataset.plan(), metadata={}, facts={}, stop=threading.Event())
    assert dataset.tiled[(*parent, "d1")].metadata["spacecast"]["status"] == "available"

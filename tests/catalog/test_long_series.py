"""The files of a long series are in its own entry alone, and can be downloaded there."""

import numpy as np
import pytest

from spacecast.catalog import FILES, NoAdapter, arranging
from spacecast.formats import series
from spacecast.transport import Answer
from support.catalog import frames


@pytest.fixture
def long_series(monkeypatch):
    """Series of more than three files are long, so that few files show what thousands do."""
    monkeypatch.setattr(arranging, "LONG_SERIES_FILES", 3)


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


@pytest.mark.usefixtures("long_series")
def test_more_tables_than_one_entry_has_are_downloaded_from_theirs_and_grow_at_the_end(dataset, monkeypatch):
    monkeypatch.setattr(series, "_MOST_TABLES", 20)

    def write(numbers):
        for number in numbers:
            dataset.write(f"drift_{number}.csv", f"time,x\n0,{number}\n".encode())

    write(range(45))
    dataset.register()
    assert set(dataset.entry) == {"drift_series.csv", "drift_series_2.csv", "drift_series_3.csv"}
    write(range(45, 62))
    done = dataset.register()
    assert (done.created, done.updated, done.removed) == (("drift_series_4.csv",), ("drift_series_3.csv",), ())
    assert [len(dataset.assets(key)) for key in sorted(dataset.entry)] == [20, 20, 20, 2]
    assert dataset.entry["drift_series_3.csv"].read_partition(19)["x"].tolist() == [59]

"""What is full of files is sent while the others are still being looked at; the end is the same as without."""

import itertools
import threading

import numpy as np
import pytest

from spacecast.catalog import FILES, NoAdapter, ahead, runs
from spacecast.formats import entry_key, series
from spacecast.transport import Answer, Stopped
from support.catalog import PowerCutError, cut_after, failing, frames
from support.world import wait_for

LAST = "zz_last.csv"


@pytest.fixture(autouse=True)
def short_entries(monkeypatch):
    """Entries are full with few files, so that some show what thousands do."""
    monkeypatch.setattr(series, "_FEWEST_TABLES", 2)
    monkeypatch.setattr(series, "_MOST_TABLES", 4)
    monkeypatch.setattr(runs, "MOST_ASSETS", 4)


def tables(dataset, count, stem="drift_"):
    for number in range(count):
        dataset.write(f"{stem}{number:03}.csv", f"time,x\n0,{number}\n".encode())


def made(dataset):
    """Keys in the order of the requests that were to make them."""
    return [sent.body["id"] for sent in dataset.transport.sent if sent.path.startswith("/register/")]


def look_on_when(dataset, is_true, name=LAST):
    """Look into the last file only when something is true; gives what was made by then."""
    dataset.write(name, b"a,b\n1,2\n")
    early = []

    def on_open(path):
        if path == name:
            wait_for("what is sent ahead", is_true, 60)
            early.extend(made(dataset))

    dataset.on_open = on_open
    return early


def is_sending():
    return any(thread.name.startswith("ahead ") for thread in threading.enumerate())


def assert_as_planned(dataset):
    dataset.on_open, dataset.transport.spoil = lambda _: None, None
    planned = dict(dataset.plan().entries.digests())
    children = {key: dataset.entry[key].metadata["spacecast"].get("digest") for key in dataset.entry if key != FILES}
    assert children == planned
    for key, entry in ((key, dataset.plan().entries.get(key)) for key in planned):
        assert [asset.data_uri for asset in dataset.assets(key)] == [file.uri for file in entry.files]
    assert dataset.register().updated == ()
    assert len(dataset.transport.sent) == 1


def test_a_full_series_is_sent_while_other_files_are_looked_into_and_not_again(dataset):
    tables(dataset, 9)
    early = look_on_when(dataset, lambda: "drift_series.csv" in made(dataset))
    dataset.register()
    assert "drift_series.csv" in early
    assert sorted(made(dataset)) == sorted(dataset.entry)
    assert list(dataset.entry)[:3] == ["drift_series.csv", "drift_series_2.csv", "drift_series_3.csv"]
    assert dataset.entry["drift_series.csv"].read()["x"].tolist() == [0, 1, 2, 3]
    assert_as_planned(dataset)


def test_all_full_ones_are_sent_meanwhile_where_the_server_is_quick_enough(dataset):
    tables(dataset, 21)
    early = look_on_when(dataset, lambda: "drift_series_5.csv" in made(dataset))
    dataset.register()
    assert early == ["drift_series.csv", *(f"drift_series_{number}.csv" for number in range(2, 6))]
    assert_as_planned(dataset)


@pytest.mark.parametrize("most_waiting", [1, 8])
def test_where_too_many_wait_the_others_are_sent_in_the_end_and_none_out_of_order(dataset, monkeypatch, most_waiting):
    monkeypatch.setattr(ahead, "_MOST_WAITING", most_waiting)
    tables(dataset, 21)
    looked_into_all = threading.Event()
    early = look_on_when(dataset, lambda: made(dataset) and not looked_into_all.set())

    def slow(sent, send):
        if sent.path.startswith("/register/"):
            assert looked_into_all.wait(60)
        return send()

    dataset.transport.spoil = slow
    dataset.register()
    assert early == ["drift_series.csv"]
    series_keys = [key for key in dataset.entry if key.startswith("drift_")]
    assert series_keys == ["drift_series.csv", *(f"drift_series_{number}.csv" for number in range(2, 7))]
    dataset.transport.spoil = None
    assert_as_planned(dataset)


def test_an_image_series_is_begun_and_made_longer(dataset):
    for number in range(9):
        dataset.image(f"f_{number}.tif", number)
    look_on_when(dataset, lambda: "f_series.tif" in made(dataset))
    dataset.register()
    assert made(dataset).count("f_series.tif") == 1
    assert np.array_equal(dataset.entry["f_series.tif"].read(), frames(range(9)))
    assert_as_planned(dataset)


@pytest.mark.parametrize(
    "change",
    [
        lambda dataset: dataset.write("drift_series.csv", b"a,b\n1,2\n"),
        lambda dataset: dataset.write("drift_999.csv", b"other,columns\n1,2\n"),
        lambda dataset: dataset.write("drift_999.csv", b"MDAxY2xvY2F0aW9uIGRhdGFodWIuZWdpLmV1"),
        lambda dataset: dataset.write("drift_000a/drift_000.csv", b"time,x\n0,1\n"),
    ],
    ids=["its key is a file's", "a file of another kind", "a file with a token", "a folder between"],
)
def test_what_a_later_file_changes_is_changed_in_the_end(dataset, change):
    tables(dataset, 9)
    change(dataset)
    look_on_when(dataset, lambda: "drift_series.csv" in made(dataset))
    dataset.register()
    assert_as_planned(dataset)


@pytest.mark.parametrize(
    "change",
    [
        lambda dataset: dataset.write("é_000.csv", b"other,columns\n1,2\n"),
        lambda dataset: dataset.write(entry_key("é_003.csv"), b"a,b\n1,2\n"),
    ],
    ids=["the first file is of another kind", "another file has the key of one of them"],
)
def test_what_is_not_certain_to_be_so_is_not_sent_ahead(dataset, change):
    tables(dataset, 5, "é_")
    change(dataset)
    was_sending = []
    look_on_when(dataset, lambda: was_sending.append(is_sending()) or True, "ÿ.csv")
    dataset.register()
    assert was_sending == [False]
    assert_as_planned(dataset)


def test_a_fault_ends_it_and_is_met_again_only_if_it_lasts(dataset):
    tables(dataset, 9)
    early = look_on_when(dataset, lambda: any("DELETE" in write for write in dataset.transport.writes))
    dataset.transport.spoil = failing(1, method="POST", ending=f"/register/datasets/{dataset.key}")
    dataset.register()
    assert early == ["drift_series.csv"]
    assert made(dataset)[1:] == ["drift_series.csv", "drift_series_2.csv", "drift_series_3.csv", LAST, FILES]
    assert_as_planned(dataset)


def test_what_the_server_refuses_is_told_of_when_all_others_are_there(dataset):
    tables(dataset, 9)
    look_on_when(dataset, lambda: "drift_series.csv" in made(dataset))

    def refuse(sent, send):
        is_refused = sent.method == "POST" and (sent.body or {}).get("id") == "drift_series.csv"
        return Answer(415, {}, b'{"detail": "unknown"}') if is_refused else send()

    dataset.transport.spoil = refuse
    with pytest.raises(NoAdapter):
        dataset.register()
    assert set(dataset.entry) == {"drift_series_2.csv", "drift_series_3.csv", LAST, FILES}
    dataset.on_open, dataset.transport.spoil = lambda _: None, None
    dataset.register()
    assert_as_planned(dataset)


def test_a_stop_ends_it_and_the_next_pass_goes_on(dataset):
    tables(dataset, 9)
    stop = threading.Event()

    def stop_then_answer(sent, send):
        if sent.path.startswith("/register/"):
            stop.set()
        return send()

    dataset.transport.spoil = stop_then_answer
    look_on_when(dataset, stop.is_set)
    with pytest.raises(Stopped):
        dataset.register(stop=stop)
    assert made(dataset) == ["drift_series.csv"]
    assert not is_sending()
    dataset.transport.spoil = None
    dataset.register()
    assert "drift_series.csv" not in made(dataset)
    assert_as_planned(dataset)


def test_after_a_power_cut_at_any_point_the_next_pass_completes_it_and_no_entry_vanishes(make_dataset):
    for writes in itertools.count():
        dataset = make_dataset()
        tables(dataset, 5)
        cut = cut_after(writes)
        is_cut = threading.Event()

        def cut_and_tell(sent, send, cut=cut, is_cut=is_cut):
            try:
                return cut(sent, send)
            except PowerCutError:
                is_cut.set()
                raise

        look_on_when(dataset, lambda d=dataset, is_cut=is_cut: is_cut.is_set() or made(d)[:1] == ["drift_series.csv"])
        dataset.transport.spoil = cut_and_tell
        try:
            dataset.register()
        except PowerCutError:
            dataset.transport.spoil = None
        else:
            break
        before = set(dataset.entry) if is_there(dataset) else set()
        dataset.register()
        assert set(dataset.entry) >= before
        assert_as_planned(dataset)
    assert writes >= 4


def is_there(dataset):
    return dataset.client.entry(("datasets", dataset.key)) is not None


def test_readers_see_no_entry_vanish(dataset):
    tables(dataset, 9)
    looks = []

    def look(sent, send):
        answer = send()
        if sent.method != "GET" and is_there(dataset):
            looks.append(set(dataset.entry))
        return answer

    look_on_when(dataset, lambda: "drift_series.csv" in made(dataset))
    dataset.transport.spoil = look
    dataset.register()
    assert all(before <= after for before, after in itertools.pairwise(looks))
    assert len(looks) >= 5

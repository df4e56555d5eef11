"""What is planned for the files of a folder; no server needed."""

import io
import threading
import time
from pathlib import PurePosixPath

import pytest

from spacecast.catalog import build_plan
from spacecast.faults import NotPermitted, Passing
from spacecast.transport import Stopped
from support.inventories import File, npy

FOLDER = PurePosixPath("/data/d 1")


def plan_of(files, open_file, **options):
    return build_plan(files, open_file, folder=FOLDER, **{"stop": threading.Event(), **options})


def planned(contents, **options):
    files = [File(name, len(data)) for name, data in contents.items()]
    return plan_of(files, lambda path: io.BytesIO(contents[path]), **options)


def reasons(plan):
    return {remark.path: remark.reason for remark in plan.unread}


def test_hidden_files_and_our_own_are_left_out_without_a_word():
    names = [".hidden", ".snapshots/a.npy", "sub/.x.tmp", "SPA.yml", "SPA.spacecast.yml"]
    ours = frozenset({"SPA.yml", "SPA.spacecast.yml", ""})
    plan = planned({**{name: npy() for name in names}, "a.npy": npy()}, left_out=ours, token_names=("SPA.yml",))
    assert [file.uri for file in plan.files] == ["file://localhost/data/d 1/a.npy"]
    assert len(plan.unread) == 0


def table(first=1, names="a,b"):
    return f"{names}\n{first},x\n".encode()


def test_very_many_tables_of_the_same_columns_are_one_table():
    contents = {f"drift_{number}.csv": table(number) for number in range(20)}
    (entry,) = planned(contents).entries
    assert entry.key == "drift_series.csv"
    source = entry.source(0, 20)
    assert source.mimetype == "multipart/related;type=text/csv"
    assert source.structure["npartitions"] == 20
    assert [asset.number for asset in source.assets] == list(range(20))
    assert source.assets[2].uri.endswith("drift_2.csv")


def test_thousands_of_tables_are_tables_of_so_many_that_each_part_can_be_read_quickly():
    contents = {f"drift_{number}.csv": table(number) for number in range(1001)}
    plan = planned(contents)
    assert [entry.key for entry in plan.entries] == ["drift_series.csv", "drift_series_2.csv", "drift_series_3.csv"]
    assert [len(entry.files) for entry in plan.entries] == [500, 500, 1]
    assert [file.path for entry in plan.entries for file in entry.files] == list(contents)
    assert [asset.number for asset in plan.entries.get("drift_series_3.csv").source(0, 1).assets] == [0]
    assert (len(plan.loose), len(plan.files)) == (0, 1001)


def test_a_file_that_is_called_like_a_part_of_a_series_keeps_its_name():
    contents = {f"drift_{number}.csv": table(number) for number in range(501)} | {"drift_series_2.csv": table(1, "a,c")}
    keys = [entry.key for entry in planned(contents).entries]
    assert keys[0] == "drift_series.csv"
    assert keys[1].startswith("drift_series_2-")
    assert keys[2] == "drift_series_2.csv"


def test_some_tables_stay_by_themselves():
    contents = {f"drift_{number}.csv": table(number) for number in range(19)}
    assert [entry.key for entry in planned(contents).entries] == list(contents)


def test_tables_with_other_columns_stay_out_of_a_series():
    contents = {f"drift_{number:02}.csv": table(number) for number in range(20)} | {"drift_99.csv": table(1, "a,c")}
    assert [entry.key for entry in planned(contents).entries] == ["drift_series.csv", "drift_99.csv"]


def test_names_are_left_out_in_the_datasets_folder_only():
    plan = planned({"notes/.running": b"", "notes/done": b"a: 1"}, left_out=frozenset({"done"}))
    assert [file.path for file in plan.files] == ["notes/done"]


@pytest.mark.parametrize("name", ["movie.mrc.part", "x.filepart", "x.TMP", "draft.txt~"])
def test_files_under_a_temporary_name_are_told_of_and_not_registered(name):
    plan = planned({name: npy()})
    assert len(plan.files) == 0
    assert "not finished" in reasons(plan)[name]


@pytest.mark.parametrize("name", ["a#1.npy", "what?.npy"])
def test_names_that_the_server_cannot_address_are_told_of(name):
    plan = planned({name: npy()})
    assert len(plan.files) == 0
    assert len(plan.entries) == 0
    assert "Rename it" in reasons(plan)[name]


def test_a_path_too_long_for_the_servers_database_is_told_of():
    name = "/".join(["x" * 200] * 6)
    assert "1023" in reasons(planned({name: npy()}))[name]


def test_a_name_outside_latin_1_can_be_read_and_is_told_of():
    plan = planned({"měření.npy": npy()})
    assert len(plan.entries) == len(plan.files) == 1
    assert "public link" in reasons(plan)["měření.npy"]


def test_same_stem_with_other_extension_and_names_in_other_folders_get_keys_of_their_own():
    contents = {"a.npy": npy(), "a.map": npy(), "sub/a.npy": npy(), "sub_a.npy": npy(), "files": npy()}
    keys = [entry.key for entry in planned(contents).entries]
    assert keys[:2] == ["a.map", "a.npy"]
    assert len(set(keys)) == 5
    assert "files" not in keys
    assert all(key.endswith(".npy") for key in keys[3:])


def test_a_file_gets_the_same_key_whatever_else_is_there():
    ((alone, _),) = planned({"sub/a b.npy": npy()}).entries.digests()
    among = {entry.key for entry in planned({"sub/a_b.npy": npy(), "sub/a b.npy": npy(), "z.npy": npy()}).entries}
    assert alone in among


def test_files_that_cannot_be_opened_are_told_of_and_do_not_spoil_the_others():
    def open_file(path):
        if path == "gone.npy":
            raise Passing("it is not there")
        if path == "locked.npy":
            raise NotPermitted("permission denied")
        if path == "bad-disk.npy":
            raise OSError(5, "Input/output error")
        return io.BytesIO(npy())

    files = [File(name, 300_000) for name in ("gone.npy", "locked.npy", "bad-disk.npy", "good.npy")]
    plan = plan_of(files, open_file)
    assert [entry.key for entry in plan.entries] == ["good.npy"]
    assert {remark.path for remark in plan.waiting} == {"gone.npy", "bad-disk.npy"}
    assert "permission denied" in reasons(plan)["locked.npy"]
    assert {one.path: one.lacks_permission for one in plan.obstacles} == {
        "gone.npy": False,
        "locked.npy": True,
        "bad-disk.npy": False,
    }
    assert len(plan.files) == 4


def test_the_plan_tells_when_anything_about_a_file_changes():
    def digests(size, modified_ns):
        files = [File("a.txt", size, modified_ns)]
        plan = plan_of(files, lambda _: io.BytesIO(b"abcd"))
        return plan.digests.files, plan.digests.times

    before = digests(4, 1)
    assert digests(4, 1) == before
    assert digests(5, 1)[0] != before[0]
    assert digests(4, 2)[0] == before[0]
    assert digests(4, 2)[1] != before[1]


def test_planning_ends_soon_after_it_is_told_to_stop():
    stop, opened = threading.Event(), []

    def open_file(path):
        opened.append(path)
        if len(opened) == 3:
            stop.set()
        return io.BytesIO(npy())

    files = [File(f"{number}.npy") for number in range(100)]
    with pytest.raises(Stopped, match="being looked at"):
        plan_of(files, open_file, stop=stop)
    assert opened == ["0.npy", "1.npy", "2.npy"]


def test_planning_ends_when_told_to_stop_while_series_are_put_together():
    stop = threading.Event()

    def files():
        for number in range(10):
            yield File(f"a_{number}.npy", len(npy()))
        stop.set()

    with pytest.raises(Stopped):
        plan_of(files(), lambda _: io.BytesIO(npy()), stop=stop)


def test_a_series_of_unlike_images_becomes_one_series_of_each_kind():
    shapes = [(2, 2), (3, 3), (2, 2), (4, 4), (3, 3)]
    plan = planned({f"f_{number}.npy": npy(shape=shape) for number, shape in enumerate(shapes)})
    found = {entry.key: [file.path for file in entry.files] for entry in plan.entries}
    assert found == {
        "f_series.npy": ["f_0.npy", "f_2.npy"],
        "f_series_3x3_i8.npy": ["f_1.npy", "f_4.npy"],
        "f_3.npy": ["f_3.npy"],
    }


def test_very_many_unlike_images_are_told_apart_in_no_time():
    class Counted(io.BytesIO):
        """An image whose shape nobody else has."""

    files = [File(f"f_{number}.npy", 300_000 + number) for number in range(3000)]

    def open_file(path):
        return Counted(npy(shape=(1, 1 + int(path.removesuffix(".npy").partition("_")[2]))))

    started = time.process_time()
    plan = plan_of(files, open_file)
    assert time.process_time() - started < 20.0
    assert len(plan.entries) == 3000
    assert not any(entry.is_series for entry in plan.entries)


def test_files_named_after_the_key_of_a_series_keep_it_for_themselves():
    images = {"sub/a_1.npy": npy(), "sub/a_2.npy": npy()}
    (series,) = (entry.key for entry in planned(images).entries)
    plan = planned({**images, series: npy()})
    assert len({entry.key for entry in plan.entries}) == len(plan.entries) == 3
    assert not any(entry.is_series for entry in plan.entries)

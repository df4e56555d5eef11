"""What was found in files is kept beside memory, and spares opening those that have not changed."""

import io
import threading
import time
import tracemalloc
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from spacecast.catalog import build_plan, inventory_file, open_inventory
from spacecast.catalog import inventory as inventory_module
from spacecast.faults import NeedsPerson, Passing
from spacecast.transport import Stopped
from support.inventories import File, Folder, npy, told


@pytest.fixture
def place(tmp_path):
    return tmp_path / "inventories" / "one.sqlite"


def test_only_new_and_changed_files_are_opened_and_the_plan_is_the_same_as_without(place):
    folder = Folder(a=npy(), b=npy(), f_1=npy(), f_2=npy())
    with open_inventory(place) as inventory:
        first = told(folder.plan(inventory))
        assert sorted(folder.opened) == ["a.npy", "b.npy", "f_1.npy", "f_2.npy"]
    with open_inventory(place) as inventory:
        assert told(folder.plan(inventory)) == first
        assert folder.opened == []
    folder.touch("b.npy", changed_ns=2)
    folder.contents["f_3.npy"] = npy()
    folder.files["f_3.npy"] = File("f_3.npy", len(npy()))
    del folder.files["a.npy"]
    with open_inventory(place) as inventory:
        now = told(folder.plan(inventory))
        assert folder.opened == ["b.npy", "f_3.npy"]
    assert now == told(folder.plan(None))
    assert [key for key, _, _ in now[0]] == ["f_series.npy", "b.npy"]


def test_a_file_that_was_closed_to_us_is_tried_again(place):
    folder = Folder(a=b"x" * 300_000)
    with open_inventory(place) as inventory:
        real, folder.open = folder.open, refuse
        assert "permission denied" in next(iter(folder.plan(inventory).unread)).reason
        folder.open = real
        folder.plan(inventory)
        assert folder.opened == ["a.npy"]


def refuse(_path):
    raise NeedsPerson("permission denied")


def test_what_was_found_before_a_stop_is_kept(place):
    folder, stop = Folder(a=npy(), b=npy()), threading.Event()
    real = folder.open

    def open_and_stop(path):
        stop.set()
        return real(path)

    folder.open = open_and_stop
    with pytest.raises(Stopped), open_inventory(place) as inventory:
        folder.plan(inventory, stop)
    folder.open = real
    with open_inventory(place) as inventory:
        plan = folder.plan(inventory)
        assert folder.opened == ["b.npy"]
        assert len(plan.entries) == 2


def test_under_another_address_everything_is_looked_at_anew(place):
    folder = Folder(a=npy())
    with open_inventory(place) as inventory:
        folder.plan(inventory)
    with open_inventory(place) as inventory:
        plan = folder.plan(inventory, folder=PurePosixPath("/elsewhere"))
        assert folder.opened == ["a.npy"]
        assert next(iter(plan.files)).uri == "file://localhost/elsewhere/a.npy"


def test_a_damaged_inventory_is_begun_anew_and_only_its_owner_may_read_it(place):
    folder = Folder(a=npy())
    place.parent.mkdir()
    place.write_bytes(b"this is no database at all, but long enough to be looked at" * 100)
    with open_inventory(place) as inventory:
        assert len(folder.plan(inventory).entries) == 1
    assert place.stat().st_mode & 0o077 == 0


def test_memory_stays_the_same_for_many_files(place):
    files = (File(f"frame_{number:06}_of_a_long_acquisition.txt", 5) for number in range(4000))
    with open_inventory(place) as inventory:
        tracemalloc.start()
        try:
            plan = build_plan(
                files,
                lambda _: io.BytesIO(b"hello"),
                folder=PurePosixPath("/data/d1"),
                stop=threading.Event(),
                inventory=inventory,
            )
            assert plan.digests
            kept_bytes, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(plan.files) == len(plan.unread) == 4000
    # The paths alone would take more.
    assert peak_bytes < 1_500_000
    # Their names too, which early releases of Python 3.12 keep once they are in a path object.
    assert kept_bytes < 150_000


def test_a_full_disk_is_a_passing_fault(place):
    folder = Folder(**{f"x{number}": npy() for number in range(200)})

    def fill_the_disk(inventory) -> None:
        inventory.connection.execute("PRAGMA max_page_count = 30")
        inventory.connection.execute("PRAGMA cache_size = 1")
        folder.plan(inventory)

    with pytest.raises(Passing, match="disk of the state folder"), open_inventory(place) as inventory:
        fill_the_disk(inventory)
    with open_inventory(place) as inventory:
        assert len(folder.plan(inventory).files) == 200


def test_an_inventory_that_turns_out_damaged_is_removed(place):
    folder = Folder(**{f"x{number}": npy() for number in range(300)})
    with open_inventory(place) as inventory:
        folder.plan(inventory)
    data = bytearray(place.read_bytes())
    half = len(data) // 2
    data[half:] = b"\xff" * (len(data) - half)
    place.write_bytes(data)
    with pytest.raises(Passing), open_inventory(place) as inventory:
        folder.plan(inventory)
    with open_inventory(place) as inventory:
        assert len(folder.plan(inventory).files) == 300


def test_a_kill_in_the_middle_loses_some_files_only(place, monkeypatch):
    monkeypatch.setattr(inventory_module, "COMMIT_FILES", 10)
    folder = Folder(**{f"d{number}": npy() for number in range(25)})
    real, kill = folder.open, KeyboardInterrupt

    def open_some(path):
        if len(folder.opened) == 23:
            raise kill
        return real(path)

    folder.open = open_some
    left = inventory_file._opened(place)
    with pytest.raises(kill):
        folder.plan(left)
    left.close()  # without the commit of an orderly end
    folder.open = real
    with open_inventory(place) as inventory:
        plan = folder.plan(inventory)
        assert len(folder.opened) == 5
        assert told(plan) == told(folder.plan(None))


def test_a_look_at_what_has_changed_gives_the_same_plan_as_one_at_everything(place):
    folder = Folder(a=npy(), b=npy(), f_1=npy(), f_2=npy())
    with open_inventory(place) as inventory:
        folder.plan(inventory)
    folder.touch("b.npy", changed_ns=2)
    folder.contents["f_3.npy"] = npy()
    folder.files["f_3.npy"] = File("f_3.npy", len(npy()))
    del folder.files["a.npy"]
    with open_inventory(place) as inventory:
        now = told(folder.renew(inventory, "a.npy", "b.npy", "f_3.npy", "never.npy"))
        assert folder.opened == ["b.npy", "f_3.npy"]
    assert now == told(folder.plan(None))
    with open_inventory(place) as inventory:
        assert told(folder.renew(inventory)) == now
        assert told(folder.plan(inventory)) == now
        assert folder.opened == []


def test_a_part_is_not_looked_at_alone_where_the_rest_is_not_known(place):
    folder = Folder(a=npy(), b=npy())
    with open_inventory(place) as inventory:
        assert folder.renew(inventory, "a.npy") is None, "nothing is known yet"
    stop = threading.Event()
    stop.set()
    with open_inventory(place) as inventory, pytest.raises(Stopped):
        folder.plan(inventory, stop)
    with open_inventory(place) as inventory:
        assert folder.renew(inventory, "a.npy") is None, "the last pass was ended"
        folder.plan(inventory)
        assert folder.renew(inventory, "a.npy", token_names=("x",)) is None, "it was made under other names"
        assert folder.renew(inventory, "a.npy") is not None


def test_a_file_that_is_cut_off_is_opened_again_once_it_has_changed(place):
    folder = Folder(a=npy(), b=npy())
    for name in ("a.npy", "b.npy"):
        folder.contents[name] = folder.contents[name][:-1]
        folder.touch(name, size=len(folder.contents[name]))
    folder.touch("b.npy", changed_ns=time.time_ns())
    with open_inventory(place) as inventory:
        assert len(folder.plan(inventory).waiting) == 2
        folder.plan(inventory)
        assert folder.opened == ["b.npy"], "a write that follows at once need not give it another time"
        folder.contents["a.npy"] = npy()
        folder.touch("a.npy", size=len(npy()), modified_ns=2)
        assert [remark.path for remark in folder.plan(inventory).waiting] == ["b.npy"]
        assert "a.npy" in folder.opened


def test_a_file_that_the_disk_does_not_give_is_asked_for_in_every_pass(place):
    folder = Folder(a=npy())
    folder.contents.clear()

    def gone(_path):
        raise OSError(5, "Input/output error")

    with open_inventory(place) as inventory:
        for _ in range(2):
            plan = build_plan(
                [replace(file, size=1 << 20) for file in folder.files.values()],
                gone,
                inventory=inventory,
                folder=PurePosixPath("/data/d1"),
                stop=threading.Event(),
            )
            assert len(plan.obstacles) == 1


def test_what_cannot_be_published_is_told_of_until_a_file_takes_its_place(place):
    folder = Folder(a=npy(), b=npy())
    folder.touch("a.npy", size=0, left_out="it is a symbolic link")
    with open_inventory(place) as inventory:
        plan = folder.plan(inventory)
        assert [(remark.path, remark.reason) for remark in plan.unread] == [("a.npy", "it is a symbolic link")]
        assert [file.path for file in plan.files] == ["b.npy"]
        assert folder.opened == ["b.npy"]
        assert told(folder.renew(inventory, "a.npy")) == told(plan)
        folder.touch("a.npy", size=len(npy()), left_out="")
        plan = folder.renew(inventory, "a.npy")
        assert [file.path for file in plan.files] == ["a.npy", "b.npy"]
        assert not list(plan.unread)

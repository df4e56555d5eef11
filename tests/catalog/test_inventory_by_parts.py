"""A file that changes among many costs little, and the plan is the one that all files looked at anew would give."""

import random
import threading
from io import BytesIO
from pathlib import PurePosixPath

import pytest

from spacecast.catalog import build_plan, open_inventory, renew_plan
from spacecast.formats import entry_key
from support.inventories import File, Folder, npy, told

_STEPS = 150
_IMAGE = npy()
_OTHER_IMAGE = npy(2.5)
_TABLE = b"time,x\n0,1\n1,2\n"
_TOKEN = b"MDAxY2xvY2F0aW9uIGRhdGFodWIuZWdpLmV1"
_CONTENTS = (_IMAGE, _IMAGE, _IMAGE, _OTHER_IMAGE, _IMAGE[:-1], _TABLE, b"", b"plain words", _TOKEN)
# Frames and what may take the key of their series, files that may share a key, and unlike ones.
_NAMES = (
    *(f"f_{number}.npy" for number in range(4)),
    *(f"sub/g_{number}.npy" for number in range(3)),
    "f_series.npy",
    entry_key("f_series.npy", reserved=frozenset({"f_series.npy"})),
    entry_key("sub/g_series.npy"),
    "sub/one.csv",
    entry_key("sub/one.csv"),
    "one.csv",
    "notes.txt",
    "deep/er/data.bin",
    "half.part",
)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "inventories" / "one.sqlite"


@pytest.mark.parametrize("seed", range(2))
def test_whatever_comes_changes_and_goes_the_plan_is_that_of_all_files_anew(place, seed):
    chance, folder, moment = random.Random(seed), Folder(), 1
    with open_inventory(place) as inventory:
        folder.plan(inventory)
    for _ in range(_STEPS):
        moment += 1
        changed = chance.sample(_NAMES, chance.choice((1, 1, 1, 3)))
        for name in changed:
            change(folder, name, chance.choice((None, *_CONTENTS)), moment)
        with open_inventory(place) as inventory:
            part = told(go_through(folder, inventory, changed, chance.random()))
        assert part == told(folder.plan(None)), f"after {changed} at {moment}"


def go_through(folder, inventory, changed, chance):
    """Look at what has changed, mostly; or at everything, perhaps with a look at what has changed in the middle."""
    if chance < 0.7:
        return folder.renew(inventory, *changed)
    if chance < 0.85:
        return folder.plan(inventory)
    files = tuple(folder.files.values())

    def found():
        yield from files[: len(files) // 2]
        assert (folder.renew(inventory, *changed) is None) != inventory.knew_all
        yield from files[len(files) // 2 :]

    choice = {"folder": PurePosixPath("/data/d1"), "stop": threading.Event()}
    return build_plan(found(), folder.open, inventory=inventory, **choice)


def test_a_look_in_the_middle_of_a_pass_that_is_ended_does_not_count_as_whole(place):
    folder = Folder(a=npy(), b=npy(), c=npy())
    with open_inventory(place) as inventory:
        folder.plan(inventory)
    folder.touch("c.npy", changed_ns=2)

    def found():
        yield folder.files["a.npy"]
        assert len(folder.renew(inventory, "b.npy").entries) == 3
        raise OSError("the disk is gone")

    choice = {"folder": PurePosixPath("/data/d1"), "stop": threading.Event()}
    with open_inventory(place) as inventory, pytest.raises(OSError, match="gone"):
        build_plan(found(), folder.open, inventory=inventory, **choice)
    with open_inventory(place) as inventory:
        assert folder.renew(inventory, "b.npy") is None


def change(folder, name, content, moment):
    """Write a file, or remove it where there is no content."""
    folder.contents.pop(name, None)
    folder.files.pop(name, None)
    if content is not None:
        folder.contents[name] = content
        folder.files[name] = File(name, len(content), modified_ns=moment, changed_ns=moment)


def steps_for_one_file(place, others):
    """Count what the database does, in thousands of its steps, for one new file beside so many others."""
    choice = {"folder": PurePosixPath("/data/d1"), "stop": threading.Event()}
    files = (File(f"part{number % 7}/frame{number}.dat", 0) for number in range(others))
    late = "part0/late.dat"
    with open_inventory(place) as inventory:
        build_plan(files, lambda _: BytesIO(), inventory=inventory, **choice)
    steps = [0]

    def count():
        steps[0] += 1

    with open_inventory(place) as inventory:
        inventory.connection.set_progress_handler(count, 1000)
        plan = renew_plan([(late, [File(late, 0)])], lambda _: BytesIO(), inventory=inventory, **choice)
        assert (len(plan.files), len(plan.unread), len(plan.entries)) == (others + 1, others + 1, 0)
        assert list(plan.waiting) == list(plan.entries.digests()) == []
        inventory.connection.set_progress_handler(None, 0)
    return steps[0]


def test_a_new_file_costs_the_same_among_many_others(tmp_path):
    few, many = (steps_for_one_file(tmp_path / f"{others}.sqlite", others) for others in (2_000, 8_000))
    assert many - few < 20, "each of the six thousand others would take some steps"

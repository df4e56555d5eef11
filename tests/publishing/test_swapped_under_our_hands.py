"""A folder or file that is swapped for a link again and again, between check and use: nothing outside is touched."""

import itertools
import threading
from contextlib import contextmanager

import pytest

from spacecast.faults import Fault
from spacecast.folders import Wanted, look, open_folder
from spacecast.metadata import create_file, hide_from_others, replace_file
from support.sentinel import sentinel

INSIDE, OUTSIDE = b"Inside: 1\n", b"Outside: 1\n"
ROUNDS = 600


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "outside"
    (folder / "deep").mkdir(parents=True)
    for name in ("SPA.yml", "SPA.spacecast.yml", "deep/frame.dat"):
        (folder / name).write_bytes(OUTSIDE)
    return folder


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    (root / "run1/deep").mkdir(parents=True)
    for name in ("SPA.yml", "SPA.spacecast.yml", "deep/frame.dat"):
        (root / "run1" / name).write_bytes(INSIDE)
    return root


@contextmanager
def swapping(path, target):
    """Put a link in the place of `path`, then the real thing again, as fast as it goes."""
    link, aside, stop, swaps = path.with_name("link"), path.with_name("aside"), threading.Event(), itertools.count()
    link.symlink_to(target)
    dirty = []

    def swap():
        while not stop.is_set():
            try:
                path.rename(aside)
                link.rename(path)
                path.rename(link)
                aside.rename(path)
            except OSError as error:  # our own code made a file of the name meanwhile
                dirty.append(error)
                return
            next(swaps)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert next(swaps) > 10
    assert dirty == []


def _use(root, name="run1"):
    """Everything that is done with a folder and its files; returns what was read."""
    look(root, name, Wanted(("SPA.yml",)))
    with open_folder(root, name) as folder:
        read = folder.read("SPA.yml")
        yield read.data
        for found in folder.files():
            with folder.open(found.path) as file:
                yield file.read()
        hide_from_others(folder.descriptor, "SPA.yml")
        read = folder.read("SPA.yml")
        yield read.data


def _write(root, number):
    with open_folder(root, "run1") as folder:
        read = folder.read("SPA.yml")
        new = INSIDE + b"Written: %d\n" % number
        replace_file(
            folder.descriptor,
            "SPA.yml",
            expected=read.data,
            expected_stamp=read.stamp,
            new=new,
            hide_from_others=True,
        )
        create_file(folder.descriptor, "SPA.spacecast.yml", b"# Written by Spacecast\n", mode=0o640)


@pytest.mark.parametrize("what", ["", "SPA.yml", "deep", "deep/frame.dat"])
def test_what_is_read_is_never_what_a_link_leads_to(root, outside, what):
    read, refused = set(), 0
    with sentinel(outside) as watching:
        with swapping(root / "run1" / what, outside / what):
            for _ in range(ROUNDS):
                try:
                    read.update(_use(root))
                except Fault:
                    refused += 1
        assert watching.events() == []
    assert read <= {INSIDE}
    assert refused or read


def test_what_is_written_never_goes_where_a_link_leads(root, outside):
    (root / "run1/SPA.spacecast.yml").unlink()
    with sentinel(outside) as watching:
        with swapping(root / "run1", outside):
            for number in range(ROUNDS):
                try:
                    _write(root, number)
                except Fault:
                    continue
        assert watching.events() == []
    assert {path.name for path in outside.iterdir()} == {"SPA.yml", "SPA.spacecast.yml", "deep"}
    assert (outside / "SPA.yml").read_bytes() == (outside / "SPA.spacecast.yml").read_bytes() == OUTSIDE


def test_a_link_that_lies_in_the_metadata_files_place_is_never_written_through(root, outside):
    file = root / "run1/SPA.yml"
    file.unlink()
    file.symlink_to(outside / "SPA.yml")
    with sentinel(outside) as watching:
        with open_folder(root, "run1") as folder:
            for attempt in (
                lambda: folder.read("SPA.yml"),
                lambda: hide_from_others(folder.descriptor, "SPA.yml"),
                lambda: create_file(folder.descriptor, "SPA.yml", b"x", mode=0o640),
                lambda: replace_file(
                    folder.descriptor, "SPA.yml", expected=OUTSIDE, expected_stamp=(0, 0, 0, 0), new=b"x"
                ),
            ):
                with pytest.raises(Fault):
                    attempt()
        assert watching.events() == []
    assert file.is_symlink()

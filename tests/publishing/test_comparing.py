"""What the provider has is compared with the disk file by file, in the same memory for any number of files."""

import os
import tracemalloc
from pathlib import Path

import pytest

from spacecast.config.onedata_section import StorageImport
from spacecast.folders import open_folder
from spacecast.publish.comparing import compare_with
from spacecast.publish.tally import open_tally
from spacecast.transport import Stopped

SETTINGS = StorageImport()


def compared(folder: Path, imported: dict[str, int], settings=SETTINGS, **options):
    with open_tally() as tally, open_folder(folder.parent, folder.name) as opened:
        tally.fill(imported.items())
        return compare_with(tally, opened, settings, **options)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path.resolve() / "run1"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.dat").write_bytes(b"12345")
    (folder / "sub" / "b.dat").write_bytes(b"1")
    return folder


def test_equal_folders_do_not_differ(folder):
    result = compared(folder, {"a.dat": 5, "sub/b.dat": 1})
    assert (result.different, result.left_out, result.shown) == (0, 0, [])


def test_every_kind_of_difference_is_counted_and_told(folder):
    result = compared(folder, {"a.dat": 4, "gone.dat": 1})
    assert result.different == 3
    assert sorted(result.shown) == [
        "a.dat has 5 bytes here and 4 there",
        "gone.dat is there only",
        "sub/b.dat is not imported",
    ]


def test_only_the_first_differences_are_kept_in_words(folder):
    result = compared(folder, {"a.dat": 5, "sub/b.dat": 1} | {f"gone{number}": 0 for number in range(50)})
    assert result.different == 50
    assert len(result.shown) == 3


def test_what_only_one_side_can_see_is_left_out(folder, tmp_path):
    (folder / "link").symlink_to(tmp_path)
    (folder / os.fsdecode(b"caf\xe9")).touch()
    imported = {"a.dat": 5, "sub/b.dat": 1, "link/inside.dat": 3, "link": 1, "linkage": 1}
    result = compared(folder, imported)
    assert result.left_out == 2
    assert result.shown == ["linkage is there only"]


def test_what_the_import_is_told_not_to_look_for_does_not_count(folder):
    settings = StorageImport(detect_modifications=False, detect_deletions=False, max_depth=1)
    result = compared(folder, {"a.dat": 4, "gone.dat": 1}, settings)
    assert (result.different, result.left_out) == (0, 1)


def test_it_ends_soon_when_the_daemon_stops(folder):
    with pytest.raises(Stopped):
        compared(folder, {}, is_stopped=lambda: True)


def test_memory_stays_the_same_for_many_files_in_one_folder(folder):
    for number in range(4000):
        (folder / f"frame_{number:06}_of_a_long_acquisition.dat").touch()

    def imported():
        yield "a.dat", 5
        yield "sub/b.dat", 1
        for number in range(4000):
            yield f"frame_{number:06}_of_a_long_acquisition.dat", 0

    with open_tally() as tally, open_folder(folder.parent, folder.name) as opened:
        tracemalloc.start()
        try:
            tally.fill(imported())
            result = compare_with(tally, opened, SETTINGS)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert result.different == 0
    # The names alone would take three times as much.
    assert peak_bytes < 150_000

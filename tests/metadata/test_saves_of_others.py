import errno
import os
import threading
import time
from pathlib import Path

import pytest

from spacecast.faults import Passing
from spacecast.metadata import (
    LostRace,
    clean_leftovers,
)
from support.file_operations import MissingOperations, RacedOperations
from support.metadata_folder import OLD, SAVED


def test_a_file_that_is_not_what_was_read_is_left_alone(folder):
    stamp = folder.stamp
    folder.file.write_bytes(SAVED)
    with pytest.raises(LostRace) as raised:
        folder.replace(expected_stamp=stamp)
    assert isinstance(raised.value, Passing)
    with pytest.raises(LostRace):
        folder.replace()
    assert folder.content == SAVED


def test_a_file_touched_since_it_was_read_is_left_alone(folder):
    stamp = folder.stamp
    os.utime(folder.file, ns=(1, 1))
    with pytest.raises(LostRace):
        folder.replace(expected_stamp=stamp)
    assert folder.content == OLD


def saves_in_place(folder):
    return lambda: folder.file.write_bytes(SAVED)


def saves_by_rename(folder):
    def save():
        other = folder.path / "SPA.yml~"
        other.write_bytes(SAVED)
        other.rename(folder.file)

    return save


@pytest.mark.parametrize("save", [saves_in_place, saves_by_rename])
@pytest.mark.parametrize("call", ["write", "change_mode", "sync", "take_lease"])
def test_a_save_while_the_new_file_is_prepared_stays(folder, save, call):
    with pytest.raises(LostRace):
        folder.replace(operations=RacedOperations(before={call: save(folder)}))
    assert folder.content == SAVED
    assert folder.names == ["SPA.yml"]


@pytest.mark.parametrize("save", [saves_in_place, saves_by_rename])
def test_a_save_right_after_the_file_was_opened_makes_us_come_again(folder, save):
    with pytest.raises(LostRace):
        folder.replace(operations=RacedOperations(after={"open": save(folder)}))
    assert (folder.content, folder.names) == (SAVED, ["SPA.yml"])


def test_a_rename_over_the_file_just_before_the_swap_is_swapped_back(folder):
    with pytest.raises(LostRace):
        folder.replace(operations=RacedOperations(before={"exchange": saves_by_rename(folder)}))
    assert folder.content == SAVED
    assert folder.names == ["SPA.yml"]


def test_a_write_in_place_just_before_the_swap_waits_for_the_lease_and_lands_in_the_file(folder):
    editor = threading.Thread(target=saves_in_place(folder))

    def start_editor_and_let_it_wait():
        editor.start()
        deadline = time.monotonic() + 10
        while not wants_lease_back(folder) and time.monotonic() < deadline:
            time.sleep(0.001)

    with pytest.raises(LostRace):
        folder.replace(operations=RacedOperations(before={"exchange": start_editor_and_let_it_wait}))
    editor.join(10)
    assert folder.content == SAVED
    assert folder.names == ["SPA.yml"]


def wants_lease_back(folder):
    """Whether the kernel is breaking a lease on the file right now."""
    inode = folder.file.stat().st_ino
    locks = Path("/proc/locks").read_text().splitlines()
    return any("BREAKING" in line and f":{inode} " in line for line in locks)


def test_a_write_by_somebody_who_had_the_file_open_before_makes_us_come_again(folder):
    with folder.file.open("r+b"), pytest.raises(LostRace, match="open for writing"):
        folder.replace()
    assert folder.content == OLD
    assert folder.replace().method == "exchange"


def test_a_write_into_the_new_file_right_after_the_swap_stays_and_is_noticed(folder):
    with pytest.raises(LostRace):
        folder.replace(operations=RacedOperations(after={"exchange": saves_in_place(folder)}))
    assert (folder.content, folder.names) == (SAVED, ["SPA.yml"])


def test_a_rename_over_the_new_file_stays_and_differs_from_the_stamp_of_ours(folder):
    done = folder.replace(operations=RacedOperations(after={"exchange": saves_by_rename(folder)}))
    assert (folder.content, folder.names) == (SAVED, ["SPA.yml"])
    assert folder.stamp != done.stamp


def test_two_saves_around_the_swap_are_both_there_afterwards(folder):
    later = b"DataId: 3\n"
    operations = RacedOperations(
        before={"exchange": saves_by_rename(folder)}, after={"exchange": lambda: folder.file.write_bytes(later)}
    )
    with pytest.raises(LostRace):
        folder.replace(operations=operations)
    assert folder.content == later
    (leftover,) = clean_leftovers(folder.descriptor, minimum_age_seconds=-1)
    assert leftover.outcome == "kept"
    assert (folder.path / leftover.name).read_bytes() == SAVED


def test_a_save_just_before_the_rename_is_noticed_through_the_lease(folder):
    editor = threading.Thread(target=saves_in_place(folder))

    class WithoutExchange(MissingOperations):
        def exchange(self, *_names):
            editor.start()
            while not wants_lease_back(folder):
                time.sleep(0.001)
            raise OSError(errno.EINVAL, "no exchange")

    with pytest.raises(LostRace):
        folder.replace(operations=WithoutExchange({}))
    editor.join(10)
    assert folder.content == SAVED

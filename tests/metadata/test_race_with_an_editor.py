"""An operator saves again and again while we write our block as fast as we can: no save is ever lost."""

import os
import threading
import time

import pytest

from spacecast.metadata import LostRace, Refused, Stamp, replace_file, set_block

SAVES = 12
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def truncate_and_write_slowly(path, data):
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(data), 40):
            file.write(data[start : start + 40])
            time.sleep(0.0002)


def write_at_once(path, data):
    path.write_bytes(data)


def rename_over(path, data):
    other = path.with_name("SPA.yml~")
    other.write_bytes(data)
    other.rename(path)


class BlockWriter(threading.Thread):
    """Sets the block to another value in every round, so that every round replaces the file."""

    def __init__(self, folder):
        super().__init__()
        self.folder, self.stop, self.written, self.fault = folder, threading.Event(), 0, None

    def run(self):
        number = 0
        while not self.stop.is_set():
            number += 1
            try:
                self.set_block(str(number))
                self.written += 1
            except (LostRace, Refused):
                continue
            except Exception as fault:  # noqa: BLE001  handed to the test, which fails with it
                self.fault = fault
                return

    def set_block(self, value):
        with self.folder.file.open("rb") as file:
            stamp, old = Stamp.of(os.fstat(file.fileno())), file.read()
        new = set_block(old, "Onedata", {"Space": value})
        replace_file(self.folder.descriptor, self.folder.name, expected=old, expected_stamp=stamp, new=new)


@pytest.mark.parametrize("save", [truncate_and_write_slowly, write_at_once, rename_over])
def test_no_save_is_lost(folder, save):
    writer = BlockWriter(folder)
    writer.start()
    lost = []
    try:
        for number in range(200 if LONG else SAVES):
            mark = f"Save: {number}\n".encode()
            save(folder.file, mark + b"# notes\n" * 30)
            time.sleep(0.01)
            if not folder.content.startswith(mark):
                lost.append(number)
    finally:
        writer.stop.set()
        writer.join(30)
    assert writer.fault is None
    assert lost == []
    assert writer.written > 0
    writer.set_block("the last one")  # nobody disturbs it any more
    assert folder.content.startswith(mark)
    assert b"Onedata:" in folder.content
    assert folder.names == ["SPA.yml"]

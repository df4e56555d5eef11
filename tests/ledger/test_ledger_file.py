"""A ledger's file that is removed, replaced, left behind by a kill, or on a disk that takes nothing."""

import os
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from spacecast.ledger import LedgerTrouble, LedgerUnusable, open_ledger
from support.ledgers import NAMES, PAGE_BYTES, filled, known, overwritten, read_through, url_of
from support.torture_files import small_disk


@pytest.mark.parametrize("gone", ["empty", "removed"])
def test_an_empty_or_removed_ledger_is_begun_anew_and_its_log_is_kept(file, gone):
    file.with_name("ledger.sqlite-wal").write_bytes(b"what had been written last")
    file.unlink()
    if gone == "empty":
        file.touch()
    assert known(file) == {}
    (aside,) = file.parent.glob("ledger.sqlite-wal.without-ledger-*")
    assert aside.read_bytes() == b"what had been written last"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def _copied_while_in_use(file, place):
    """Copy a ledger with its log as a kill leaves them: nobody has closed it."""
    ledger = open_ledger(url_of(file))
    ledger.add(Path("/data"), "last", key="last", title="last", marker="last")
    place.mkdir()
    for path in file.parent.glob("ledger.sqlite*"):
        (place / path.name).write_bytes(path.read_bytes())
    ledger.close()
    return place / file.name


def test_a_log_that_a_kill_left_is_taken_up(file, tmp_path):
    copy = _copied_while_in_use(file, tmp_path / "killed")
    copy.with_name("ledger.sqlite-shm").unlink()
    assert "last" in known(copy)


def test_without_its_log_a_ledger_is_an_older_one_but_sound(file, tmp_path):
    copy = _copied_while_in_use(file, tmp_path / "killed")
    for end in ("-wal", "-shm"):
        copy.with_name(f"{copy.name}{end}").unlink()
    assert set(known(copy)) == set(NAMES)


def test_a_log_of_another_ledger_is_noticed_or_harmless(file, tmp_path):
    copy = _copied_while_in_use(file, tmp_path / "killed")
    backup = filled(tmp_path / "backup" / "ledger.sqlite", NAMES[:40])
    copy.write_bytes(backup.read_bytes())
    ledger = None
    with suppress(LedgerUnusable):
        ledger = open_ledger(url_of(copy), thorough=True)
        assert {dataset.name for dataset in ledger.datasets()} <= {*NAMES, "last"}
    if ledger is not None:
        ledger.close()


def test_a_ledger_that_is_removed_while_in_use_is_noticed_and_not_replaced(file):
    ledger = open_ledger(url_of(file))
    ledger.check_in_place()
    file.unlink()
    with pytest.raises(LedgerUnusable, match="removed or replaced while it was in use"):
        ledger.check_in_place()
    ledger._engine.dispose()
    with pytest.raises(LedgerTrouble, match="unable to open database file"):
        list(ledger.datasets())
    assert not file.exists()
    ledger.close()


def test_a_ledger_that_gets_damaged_while_in_use_is_noticed(file):
    ledger = open_ledger(url_of(file))
    ledger._engine.dispose()
    overwritten(4 * PAGE_BYTES, os.urandom(24 * PAGE_BYTES))(file)
    with pytest.raises(LedgerUnusable, match=r"damaged.*`mkdir "):
        read_through(ledger)
    with pytest.raises(LedgerUnusable, match="damaged"):
        ledger.check_in_place()
    ledger.close()


def test_a_full_disk_at_the_start_is_told_with_what_to_look_at(tmp_path):
    with small_disk(tmp_path / "disk", 256 * 1024) as disk:
        ballast = disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as full:
            while True:
                full.write(bytes(4096))
        with pytest.raises(LedgerUnusable, match=r"cannot be opened: .*\(`df -h .*start again"):
            open_ledger(url_of(disk / "state" / "ledger.sqlite"))
        ballast.unlink()
        assert known(disk / "state" / "ledger.sqlite") == {}


def test_a_ledger_on_a_disk_that_is_mounted_readable_only_is_told_with_what_to_look_at(tmp_path):
    with small_disk(tmp_path / "disk", 4 * 1024 * 1024) as disk:
        file = filled(disk / "state" / "ledger.sqlite", NAMES[:3])
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(LedgerUnusable, match=r"cannot be opened: .*[Rr]ead-?only.*`ls -ld "):
            open_ledger(url_of(file))
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        assert set(known(file)) == set(NAMES[:3])

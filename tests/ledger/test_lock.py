"""One daemon per ledger: the second one learns who holds it, and what a kill has left is in nobody's way."""

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys

import pytest

from spacecast.ledger import LedgerLock, LedgerLocked, LockUnusable

_HOLDING = """
import sys, time
from pathlib import Path
from spacecast.ledger import LedgerLock
with LedgerLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDING, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.stdin.close()


def test_a_second_daemon_is_told_which_process_on_which_host_holds_it_since_when(tmp_path, holder):
    with pytest.raises(LedgerLocked) as refused, LedgerLock(tmp_path):
        pass
    assert f"is held by process {holder.pid} on {socket.gethostname()} since 20" in str(refused.value)
    assert "systemctl stop spacecast" in str(refused.value)


def test_the_lock_of_a_killed_daemon_is_free_and_tells_that_it_was_left_behind(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait(20)
    with LedgerLock(tmp_path) as lock:
        assert lock.was_left_behind
    with LedgerLock(tmp_path) as lock:
        assert not lock.was_left_behind


def test_a_lock_that_says_nothing_is_still_a_lock(tmp_path, holder):
    (tmp_path / "spacecast.lock").write_bytes(b"")
    with pytest.raises(LedgerLocked, match="held by process unknown on unknown since unknown"), LedgerLock(tmp_path):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EIO])
def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch, number):
    """What network file systems answer; none is at hand."""

    def refuse(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(LockUnusable, match=r"cannot be locked: .* folder on a local disk"), LedgerLock(tmp_path):
        pass


def test_a_symbolic_link_in_the_place_of_the_lock_is_refused(tmp_path):
    (tmp_path / "spacecast.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LockUnusable, match="cannot be opened"), LedgerLock(tmp_path):
        pass
    assert not (tmp_path / "elsewhere").exists()

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import spacecast
from spacecast.metadata import ignore_lease_signal

SOURCES = Path(spacecast.__file__).parents[1]
BREAK_A_LEASE = textwrap.dedent("""
    import fcntl, os, sys, threading
    from spacecast.metadata import ignore_lease_signal
    from spacecast.metadata.lease import read_lease
    from spacecast.metadata.operations import SYSTEM

    if "ignore" in sys.argv:
        ignore_lease_signal()
    path = sys.argv[1]
    descriptor = os.open(path, os.O_RDONLY)
    with read_lease(SYSTEM, descriptor, "x") as lease:
        editor = threading.Thread(target=lambda: open(path, "wb").close())
        editor.start()
        while not lease.is_wanted_back():
            pass
        print("wanted back", flush=True)
    editor.join()
    print("still alive")
""")


def broken_lease(tmp_path, *arguments):
    path = tmp_path / "file"
    path.write_bytes(b"x")
    return subprocess.run(
        [sys.executable, "-c", BREAK_A_LEASE, str(path), *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_broken_lease_does_not_end_the_process(tmp_path):
    for arguments in ([], ["ignore"]):
        done = broken_lease(tmp_path, *arguments)
        assert (done.returncode, done.stdout.split("\n")[:2]) == (0, ["wanted back", "still alive"])


def test_the_lease_signal_is_ignored_on_demand():
    before = signal.getsignal(signal.SIGIO)
    try:
        ignore_lease_signal()
        assert signal.getsignal(signal.SIGIO) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGIO, before)

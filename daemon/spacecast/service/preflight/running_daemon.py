"""Whether a daemon works with a state folder, and whether file permissions bind it, found out without disturbing it."""

import fcntl
import os
from pathlib import Path

from spacecast.ledger.lock import LOCK_FILE

# capabilities(7): the number of CAP_DAC_OVERRIDE, "bypass file read, write, and execute permission checks".
_DAC_OVERRIDE_BIT = 1 << 1


def process_of_daemon(state_folder: Path) -> int | None:
    """Return the daemon's process number, 0 where it cannot be read, None where none runs; raises OSError."""
    try:
        descriptor = os.open(state_folder / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        # Shared and let go of at once: it tells whether somebody holds the lock, and keeps it from nobody.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        return int(holder) if holder.isdecimal() else 0
    finally:
        os.close(descriptor)
    return None


def daemon_overrides_permissions(state_folder: Path, processes: Path = Path("/proc")) -> bool | None:
    """Whether the running daemon may write where the permissions say no; None where that cannot be known."""
    try:
        process = process_of_daemon(state_folder)
        status = (processes / str(process) / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            return bool(int(value, 16) & _DAC_OVERRIDE_BIT)
    return None

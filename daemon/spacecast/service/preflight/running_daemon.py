"""Whether a daemon works with a state folder, and whether file permissions bind it, found out without disturbing it."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from spacecast.ledger.lock import LOCK_FILE, holder_of

# capabilities(7): CAP_CHOWN makes arbitrary changes to owner and group of files, CAP_DAC_OVERRIDE bypasses file
# read, write and execute permission checks, CAP_FOWNER bypasses checks for the file's owner, as for its mode.
CHOWN, DAC_OVERRIDE, FOWNER = 1 << 0, 1 << 1, 1 << 3


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
        process = next(iter(holder_of(descriptor)), "")
        return int(process) if process.isdecimal() else 0
    finally:
        os.close(descriptor)
    return None


def daemon_overrides_permissions(state_folder: Path, processes: Path = Path("/proc")) -> bool | None:
    """Whether the running daemon may write where the permissions say no; None where that cannot be known."""
    daemon = running_daemon(state_folder, processes)
    return None if daemon is None else daemon.has(DAC_OVERRIDE)


@dataclass(frozen=True)
class Process:
    """As whom a process runs, and what it may beyond that user's rights."""

    user_id: int
    capabilities: int

    def has(self, capabilities: int) -> bool:
        """Whether it has all of these."""
        return self.capabilities & capabilities == capabilities


def running_daemon(state_folder: Path, processes: Path = Path("/proc")) -> Process | None:
    """Return the daemon that works with this state folder; None where none runs or it cannot be known."""
    try:
        process = process_of_daemon(state_folder)
    except OSError:
        return None
    return process_facts(str(process), processes) if process else None


def process_facts(process: str, processes: Path = Path("/proc")) -> Process | None:
    """Return what proc(5) tells of a process: its effective user and capabilities; None where it does not."""
    try:
        lines = (processes / process / "status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    facts = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    if not (facts.get("CapEff") and len(facts.get("Uid", ())) > 1):
        return None
    # Uid: real, effective, saved, file system.
    return Process(int(facts["Uid"][1]), int(facts["CapEff"][0], 16))

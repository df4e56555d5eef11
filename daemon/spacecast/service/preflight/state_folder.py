"""The state folder and the ledger in it: private, on a local disk, sound; and whether a daemon works with it."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from spacecast.config import Config, format_size
from spacecast.config.models import LEDGER_FILE
from spacecast.faults import Fault
from spacecast.folders import filesystem_type
from spacecast.ledger import Ledger
from spacecast.service.preflight.model import Finding, Notes
from spacecast.service.preflight.running_daemon import process_of_daemon
from spacecast.service.preflight.users import user_name

NOTES = Notes("state")
LEAST_FREE_BYTES = 256 * 2**20
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_state(config: Config, open_ledger: Callable[[], Ledger]) -> Iterator[Finding]:
    """Look at the state folder and the ledger; `open_ledger` opens it without changing it."""
    folder = config.state_folder
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
    except FileNotFoundError:
        yield _not_there(folder)
        if config.ledger is not None:
            yield _ledger(open_ledger)
        return
    except OSError as error:
        yield NOTES.problem(str(folder), f"cannot be looked at: {error.strerror}", f"chown spacecast {folder}")
        return
    yield _private_and_writable(folder, mode)
    yield from _disk(config)
    # Where it may not be looked into, that has been said, and nothing more can be.
    if os.access(folder, os.X_OK, effective_ids=True):
        yield from _contents(config, open_ledger)


def _contents(config: Config, open_ledger: Callable[[], Ledger]) -> Iterator[Finding]:
    if config.ledger is not None or (config.state_folder / LEDGER_FILE).exists():
        yield _ledger(open_ledger)
    else:
        yield NOTES.ok("ledger", "none yet; it is made at the first start")
    yield from _lock(config.state_folder)


def _not_there(folder: Path) -> Finding:
    if os.access(folder.parent, os.W_OK | os.X_OK, effective_ids=True):
        return NOTES.ok(str(folder), "is not there yet; it is made at the first start")
    message = "is not there, and this user cannot make it"
    return NOTES.problem(str(folder), message, f"install -d -m 0700 -o spacecast -g spacecast {folder}")


def _private_and_writable(folder: Path, mode: int) -> Finding:
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        owner = user_name(folder.stat().st_uid)
        remedy = f"sudo -u {owner} spacecast check   (or, for a daemon of another user: chown -R that user: {folder})"
        message = f"this user cannot write to it: it belongs to {owner} (mode {mode:04o})"
        return NOTES.problem(str(folder), message, remedy)
    if mode & _OTHERS:
        message = f"others can look into it (mode {mode:04o})"
        return NOTES.warning(str(folder), message, f"chmod 700 {folder}")
    return NOTES.ok(str(folder), "is writable, and closed to others")


def _disk(config: Config) -> Iterator[Finding]:
    folder = config.state_folder
    kind = filesystem_type(folder)
    if config.ledger is None and not kind.reports_remote_writes:
        yield NOTES.problem(
            "disk",
            f"{folder} is on {kind.name}, where SQLite's write-ahead log is not safe",
            "Set state_folder to a folder on a local disk, or ledger to a PostgreSQL database.",
        )
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < LEAST_FREE_BYTES:
        message = f"only {format_size(free_bytes)} are free: when it is full, nothing is published"
        yield NOTES.warning("disk", message, f"Make room on the file system of {folder}.")


def _ledger(open_ledger: Callable[[], Ledger]) -> Finding:
    try:
        ledger = open_ledger()
    except Fault as fault:
        return NOTES.problem("ledger", str(fault))
    try:
        datasets = sum(1 for _ in ledger.datasets())
    finally:
        ledger.close()
    return NOTES.ok("ledger", f"is sound and knows {datasets} datasets")


def _lock(folder: Path) -> Iterator[Finding]:
    try:
        process = process_of_daemon(folder)
    except OSError as error:
        message = f"cannot tell whether one runs: {error.filename}: {error.strerror}"
        yield NOTES.warning("daemon", message, "Run the check as the daemon's user.")
        return
    if process is None:
        yield NOTES.ok("daemon", "none runs with this state folder at the moment")
    else:
        yield NOTES.ok("daemon", f"one runs with this state folder (process {process or 'unknown'})")

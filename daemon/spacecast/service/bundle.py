"""What a bug report should hold: facts about the machine, the config and the ledger, without any secret."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from spacecast import __version__
from spacecast.config import Config
from spacecast.faults import Fault, NeedsPerson
from spacecast.folders import WatchedFolder, expand_roots, filesystem_type, inotify_limits
from spacecast.ledger import Ledger
from spacecast.secrecy import without_secrets
from spacecast.service.log import printable

LOG_LINES = 5000
_JOURNAL_SECONDS = 20.0
_UNIT = "spacecast"
_PIPE = "Give it from a user who may: journalctl -u spacecast | sudo -u spacecast spacecast doctor --log -"
_LIBRARIES = ("requests", "urllib3", "sqlalchemy", "pydantic", "structlog", "tiled", "onedatafilerestclient")


class Cleaner:
    """Takes everything secret out of values and texts: what the config names, used or not, and all Onedata tokens."""

    def __init__(self, config: Config) -> None:
        self._secrets = tuple(_values(config))

    def text(self, text: str) -> str:
        """Return a text without secrets and control characters."""
        return printable(without_secrets(text, self._secrets))

    def value(self, value: Any) -> Any:
        """Return a value of which JSON can be made, with every text in it cleaned."""
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(item) for item in value]
        if isinstance(value, (int, float, bool, type(None))):
            return value
        return self.text(str(value))


def _values(config: Config) -> Iterator[str]:
    for secret in config.secrets():
        try:
            secret.reveal()
        except Fault:
            # What cannot be read here cannot get into the bundle from here either; the log may still have its form.
            continue
    yield from config.given_secrets()


def system_facts(config: Config) -> dict[str, Any]:
    """Return what is known of the machine and the installation."""
    limits = inotify_limits()
    return {
        "spacecast": __version__,
        "python": sys.version,
        "platform": platform.platform(),
        "kernel": platform.release(),
        "processors": os.cpu_count(),
        "user_id": os.geteuid(),
        "libraries": dict(_versions()),
        "inotify": {
            "queued_events": limits.queued_events,
            "instances": limits.instances,
            "watches": limits.watches,
        },
        "folders": [*_folders(config)],
    }


def _versions() -> Iterator[tuple[str, str]]:
    for name in _LIBRARIES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, "not installed"


def _folders(config: Config) -> Iterator[dict[str, Any]]:
    for state in expand_roots([WatchedFolder(str(watch.folder)) for watch in config.watch]):
        yield _folder(state.root.path, "watched", state.problem)
    yield _folder(config.state_folder, "state", None)


def _folder(path: Path, purpose: str, problem: str | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"path": str(path), "purpose": purpose, "problem": problem}
    try:
        usage, kind = shutil.disk_usage(path), filesystem_type(path)
    except OSError as error:
        return {**facts, "problem": problem or error.strerror}
    return {**facts, "file_system": kind.name, "size_bytes": usage.total, "free_bytes": usage.free}


def ledger_facts(config: Config, ledger: Ledger) -> dict[str, Any]:
    """Return how large the ledger is, table by table."""
    file = config.ledger_file
    sizes = {path.name: path.stat().st_size for path in sorted(file.parent.glob(f"{file.name}*"))} if file else {}
    return {"rows": ledger.sizes(), "files_bytes": sizes}


def journal() -> str:
    """Return the last lines that the service has written into the journal, with their times.

    Raises NeedsPerson where they cannot be had: the service's user may not read the journal, and need not.
    """
    program = shutil.which("journalctl")
    if program is None:
        raise NeedsPerson("there is no journalctl here. Name the daemon's log with --log FILE")
    command = [program, "--unit", _UNIT, "--no-pager", "--lines", str(LOG_LINES), "--output", "short-iso-precise"]
    try:
        found = subprocess.run(command, capture_output=True, timeout=_JOURNAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NeedsPerson(f"the journal cannot be read: {error}. {_PIPE}") from error
    if not found.stdout:
        said = " ".join(found.stderr.decode("utf-8", "replace").split()) or "it is empty"
        raise NeedsPerson(f"the journal cannot be read: {said.rstrip('.')}. {_PIPE}")
    return found.stdout.decode("utf-8", "replace")

"""Whether metadata files can keep their owner when they are replaced, as `metadata.on_not_owner: refuse` demands."""

import os
from dataclasses import dataclass
from pathlib import Path

from spacecast.service.preflight.model import Finding, Notes
from spacecast.service.preflight.running_daemon import CHOWN, FOWNER, Process, process_facts, running_daemon

NOTES = Notes("folders")


@dataclass(frozen=True)
class OwnerKeeper:
    """Who replaces the metadata files: the running daemon, or else whoever is checking."""

    process: Process

    def can_keep(self, path: Path) -> bool:
        """Whether a new file in the place of this one can have its owner; True where the file cannot be looked at."""
        try:
            owner = path.lstat().st_uid
        except OSError:
            return True
        return owner == self.process.user_id or self.process.has(CHOWN | FOWNER)


def owner_keeper(state_folder: Path) -> OwnerKeeper:
    """Find out who replaces the files of the daemon with this state folder."""
    known = running_daemon(state_folder) or process_facts("self")
    return OwnerKeeper(known or Process(os.geteuid(), 0))


def not_kept(subject: str, number: int, some: str) -> Finding:
    """Tell of metadata files that would be refused."""
    return NOTES.warning(
        subject,
        f"{number} metadata files belong to other users, and without CAP_CHOWN and CAP_FOWNER a new file cannot be"
        f" given to them; with `metadata.on_not_owner: refuse` their datasets are blocked: {some}",
        "Start the daemon with the unit that comes with Spacecast, which has both; or set metadata.on_not_owner:"
        " in-place.",
    )

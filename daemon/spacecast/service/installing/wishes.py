"""What an operator may choose when the service is installed; everything has a default."""

from dataclasses import dataclass
from pathlib import Path

HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
"""What the unit hides from the service by `ProtectHome=`."""
HIDDEN_FOLDERS = (*HOMES, Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - nothing is written there; they are compared
"""What it hides altogether; the last by `PrivateTmp=`."""


@dataclass(frozen=True)
class Wishes:
    """How and as whom the service runs."""

    config_path: Path
    """As the service sees it."""
    program: tuple[str, ...]
    """The absolute path of the program, and words before `run`."""
    user: str = "spacecast"
    group: str = "spacecast"
    data_groups: tuple[str, ...] = ()
    """Further groups of the user: those that may write into the watched folders."""


def is_hidden(path: Path) -> bool:
    """Say whether the unit hides a path from the service."""
    return any(path.is_relative_to(folder) for folder in HIDDEN_FOLDERS)

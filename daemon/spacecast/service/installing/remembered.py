"""What an operator chose when the service was installed the last time, read from the drop-in that it left."""

from dataclasses import dataclass
from pathlib import Path

from spacecast.faults import NeedsPerson
from spacecast.service.installing.plan import DROP_IN_PLACE


@dataclass(frozen=True)
class Remembered:
    """The account of the service as it is now; empty where nothing is installed yet."""

    user: str = ""
    group: str = ""
    data_groups: tuple[str, ...] = ()


def remembered(root: Path) -> Remembered:
    """Return what the drop-in below `root` says; raises NeedsPerson where it cannot be read.

    So a later `spacecast install --write`, after the config has changed, takes no group away.
    """
    place = root / DROP_IN_PLACE.relative_to("/")
    try:
        lines = place.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return Remembered()
    except OSError as error:
        raise NeedsPerson(
            f"{place} cannot be read: {error.strerror}. Type it as root: sudo spacecast install …"
        ) from error
    settings = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    groups = settings.get("SupplementaryGroups", "").split()
    return Remembered(settings.get("User", ""), settings.get("Group", ""), tuple(groups))

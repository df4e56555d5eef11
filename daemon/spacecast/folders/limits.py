"""The kernel's limits for inotify, as `spacecast check` shows them and as remedies name them."""

from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path("/proc/sys/fs/inotify")


@dataclass(frozen=True)
class InotifyLimits:
    """Each is None where the kernel does not tell (no inotify, or `/proc/sys` hidden by a sandbox)."""

    queued_events: int | None
    instances: int | None
    watches: int | None


def inotify_limits(folder: Path = _FOLDER) -> InotifyLimits:
    """Return the limits in force now."""
    return InotifyLimits(
        queued_events=_number(folder / "max_queued_events"),
        instances=_number(folder / "max_user_instances"),
        watches=_number(folder / "max_user_watches"),
    )


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def remedy(limit: str, current: int | None) -> str:
    """Return the command that raises `fs.inotify.<limit>`: four times what it is, or a good size."""
    value = 4 * current if current else {"max_user_instances": 1024}.get(limit, 1048576)
    return f"sysctl fs.inotify.{limit}={value}  (keep it with a line in /etc/sysctl.d/90-spacecast.conf)"

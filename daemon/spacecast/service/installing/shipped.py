"""The unit, sysusers, tmpfiles and the sample config as they are shipped: in the package, or in a checkout."""

from importlib import resources
from pathlib import Path

_CHECKOUT = Path(__file__).parents[4]
UNIT = "systemd/spacecast.service"
SYSUSERS = "systemd/spacecast.sysusers.conf"
TMPFILES = "systemd/spacecast.tmpfiles.conf"
SAMPLE = "config/spacecast.yaml"


def shipped(name: str) -> str:
    """Return the text of one of the files above."""
    packaged = resources.files("spacecast") / name
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (_CHECKOUT / name).read_text(encoding="utf-8")

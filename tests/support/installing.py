"""A machine's root into which `spacecast install` writes."""

from click.testing import CliRunner

from spacecast.cli.installing import install
from support.config_files import write_config

PLACES = (
    "etc/sysusers.d/spacecast.conf",
    "etc/tmpfiles.d/spacecast.conf",
    "etc/systemd/system/spacecast.service",
    "etc/systemd/system/spacecast.service.d/10-config.conf",
)
UNIT, DROP_IN = PLACES[2:]
PROGRAM = "/opt/spacecast/bin/spacecast"


def configure(root, values):
    folder = root / "etc/spacecast"
    folder.mkdir(parents=True, exist_ok=True)
    return write_config(folder, values)


def run(root, *words):
    command = ["--root", str(root), "--program", PROGRAM, *words]
    return CliRunner().invoke(install, command, catch_exceptions=False)


def files(root):
    return {place: (root / place).read_text() for place in PLACES if (root / place).exists()}


def settings(text):
    return [line for line in text.splitlines() if not line.startswith("#")]

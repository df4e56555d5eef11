"""A fresh Debian with a systemd of its own, in a folder of this machine, and thrown away afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.world import wait_for

PROGRAMS = ("debootstrap", "systemd-nspawn", "nsenter", "unshare")
_RELEASE = "bookworm"
# What is on every Debian but the least; the unit reloads by the `kill` of procps.
_SYSTEM = ("systemd", "systemd-sysv", "dbus", "ca-certificates", "procps", "acl")
_BOOT_SECONDS = 120.0
_COMMAND_SECONDS = 900.0
_HAS_SYSTEMD = Path("/run/systemd/system").is_dir()
# Where this machine has no systemd, its groups of processes may be of the old kind: the other one sees only the new.
_ALONE = """
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p "$1/payload" && echo $$ > "$1/payload/cgroup.procs" && shift
exec "$@"
"""
_FORGET = 'mount -t cgroup2 none /sys/fs/cgroup && find "$1" -depth -type d -exec rmdir {} +'
_ENVIRONMENT = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "SYSTEMD_PAGER": "",
    "TERM": "dumb",
}


class Machine:
    """A machine that is booted, shut down, and booted again; commands run in it as root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._first_process = 0

    def boot(self) -> None:
        """Start it; it has when this returns."""
        nspawn = ["systemd-nspawn", "--quiet", "--boot", f"--directory={self.folder}", f"--machine={self.folder.name}"]
        nspawn += ["--resolv-conf=copy-host", "--link-journal=no", "--console=read-only", "--capability=all"]
        if not _HAS_SYSTEMD:
            nspawn = [*_aside(_ALONE, self.folder), *nspawn, "--register=no", "--keep-unit"]
        environment = {"PATH": os.environ["PATH"], "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = process = subprocess.Popen(nspawn, env=environment, **quiet)
        told = "the machine's first process"
        self._first_process = wait_for(told, lambda: _first_process(process.pid), _BOOT_SECONDS)
        self.await_words("systemctl is-active multi-user.target | grep -x active", "active", _BOOT_SECONDS)

    def shut_down(self) -> None:
        """End it, as by its power button."""
        if self._process is None:
            return
        self._process.terminate()
        self._process.wait(_BOOT_SECONDS)
        self._process = None
        if not _HAS_SYSTEMD:
            subprocess.run(_aside(_FORGET, self.folder), check=True)

    def run(self, command: str, *, is_checked: bool = True) -> str:
        """Run a line of shell in it and return what it says; an assertion fails where it fails."""
        line = ["nsenter", "--target", str(self._first_process), "--all", "/bin/bash", "-c", f"cd; {command}"]
        done = subprocess.run(
            line, env=_ENVIRONMENT, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0 or not is_checked, f"{command}\n{said}"
        return said

    def begin(self, command: str, log: str) -> None:
        """Start a line of shell that goes on."""
        self.run(f"setsid sh -c {command!r} > {log} 2>&1 < /dev/null &")

    def await_words(self, command: str, words: str, seconds: float = 60.0) -> str:
        """Repeat a command until it says these words."""

        def said() -> str | None:
            text = self.run(command, is_checked=False)
            return text if words in text else None

        return wait_for(f"{words!r} of {command}", said, seconds, lambda: self.run(command, is_checked=False))


@contextmanager
def machine(packages: tuple[str, ...]) -> Iterator[Machine]:
    """Give a fresh machine with these packages besides the least."""
    folder = Path(tempfile.mkdtemp(prefix="spacecast-machine-", dir="/var/tmp"))
    # It becomes the root, into which everybody may look.
    folder.chmod(0o755)
    fresh = Machine(folder)
    try:
        included = ",".join((*_SYSTEM, *packages))
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={included}", _RELEASE, str(folder)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        _take_over_pip(folder)
        fresh.boot()
        yield fresh
    finally:
        fresh.shut_down()
        shutil.rmtree(folder)


def _take_over_pip(folder: Path) -> None:
    """Let pip in the machine use the mirror and the authorities that this machine uses."""
    for path in ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt"):
        if Path(path).exists():
            shutil.copy(path, folder / path[1:])


def _aside(script: str, folder: Path) -> list[str]:
    """Return the command that runs a script with mounts of its own, and the machine's group of processes as $1."""
    return ["unshare", "--mount", "--propagation=private", "sh", "-ec", script, "sh", f"/sys/fs/cgroup/{folder.name}"]


def _first_process(nspawn: int) -> int | None:
    """Return the process that is the first one in there: the child of systemd-nspawn that has become systemd."""
    try:
        children = Path(f"/proc/{nspawn}/task/{nspawn}/children").read_text().split()
        names = {int(child): Path(f"/proc/{child}/comm").read_text().strip() for child in children}
    except OSError:
        return None
    return next((child for child, name in names.items() if name == "systemd"), None)

"""Where secrets are read from: a file that others cannot read, an environment variable, a systemd credential."""

import errno
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from spacecast.faults import NeedsPerson

SecretKind = Literal["file", "env", "credential"]
# Identifies one content of a file: inode, size, modified, changed. It says nothing about the content.
SecretVersion = tuple[int, int, int, int]

LONGEST_SECRET_BYTES = 64 * 1024
_CREDENTIAL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class SecretUnreadable(NeedsPerson):
    """A secret cannot be had from where the config says; the message names the place and the remedy."""


def read_secret_file(path: Path, *, private: bool = True) -> tuple[SecretVersion, str]:
    """Read the secret and the version it had.

    With `private`, a file that other users can read is refused: its secret is no secret any more.
    """
    try:
        file = open(path, "rb", opener=_open_at_once)  # noqa: SIM115 - Path.open takes no opener; closed below
    except OSError as fault:
        raise _cannot_open(path, fault) from None
    with file:
        status = os.fstat(file.fileno())
        _check_regular(path, status)
        if private:
            _check_private(path, status)
        return version_of(status), clean(file.read(LONGEST_SECRET_BYTES), f"the secret file {path}")


def read_secret_variable(name: str, environ: Mapping[str, str]) -> str:
    """Read the secret from an environment variable."""
    if name not in environ:
        raise SecretUnreadable(f"the environment variable {name} is not set. Set it for the daemon, or use a file")
    return clean(environ[name].encode("utf-8", "surrogateescape"), f"the environment variable {name}")


def credential_path(name: str, environ: Mapping[str, str]) -> Path:
    """Give the file in which systemd hands over the credential; it has its own protection, whatever its mode."""
    if not _CREDENTIAL_NAME.fullmatch(name):
        raise SecretUnreadable("a credential's name consists of letters, digits, dots, dashes and underscores")
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SecretUnreadable(
            f"the credential {name} is only there when systemd starts the service with LoadCredential={name}:PATH"
            " ($CREDENTIALS_DIRECTORY is not set). Use a file when starting by hand"
        )
    return Path(folder) / name


def version_of(status: os.stat_result) -> SecretVersion:
    """Give what changes whenever the file's content changes."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def clean(data: bytes, place: str) -> str:
    """Give the secret without surrounding white space; it must be one line of printable ASCII to fit into a header."""
    if len(data) >= LONGEST_SECRET_BYTES:
        raise SecretUnreadable(f"{place} is too long for a secret. Correct the path")
    text = data.decode("ascii", "replace").strip()
    if not text:
        raise SecretUnreadable(f"{place} is empty. Put the secret into it")
    if not (text.isascii() and text.isprintable()):
        raise SecretUnreadable(f"{place} must hold the secret alone, on one line of printable ASCII")
    return text


def _open_at_once(path: str, flags: int) -> int:
    # A pipe without a writer would otherwise be waited for.
    return os.open(path, flags | os.O_NONBLOCK)


def _cannot_open(path: Path, fault: OSError) -> SecretUnreadable:
    if fault.errno == errno.EACCES:
        return SecretUnreadable(
            f"the secret file {path} cannot be read by this user. Give it to the user or group of the service"
        )
    return SecretUnreadable(f"the secret file {path}: {fault.strerror}. Create it or correct the path")


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SecretUnreadable(f"the secret file {path} is not a regular file. Correct the path")


def _check_private(path: Path, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o037 or (mode & 0o040 and not _is_own_group(status.st_gid)):
        raise SecretUnreadable(
            f"the secret file {path} (mode {mode:04o}) is open to other users. Close it: chmod 600 {path}"
            " (or owner root, the service's group, and chmod 640), and replace a secret that others may have read"
        )


def _is_own_group(group: int) -> bool:
    # root checks a config on behalf of the service's user, whose group it need not be in.
    return os.geteuid() == 0 or group in {os.getegid(), *os.getgroups()}

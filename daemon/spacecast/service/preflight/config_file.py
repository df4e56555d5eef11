"""The config file itself, and the user under whom all this is looked at."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from spacecast.config import Config, ConfigError
from spacecast.service.preflight.model import Finding, Notes
from spacecast.service.preflight.users import user_name
from spacecast.transport import BadRequest
from spacecast.transport.connections import trusted_authorities

NOTES = Notes("config")


def check_config(path: Path, config: Config, wrong: ConfigError | None) -> Iterator[Finding]:
    """Look at the file; `wrong` is what does not fit this machine, each problem of it a finding."""
    for problem in wrong.problems if wrong else ():
        # Each of these texts ends with what to do.
        yield NOTES.problem(f"{path}:{problem.line}", f"{problem.key}: {problem.text}")
    yield from _check_mode(path)
    yield from _check_user(config)


def check_ca_bundle(config: Config) -> Iterator[Finding]:
    """Look whether the facility's own authorities can be read; without them no Onedata service can be asked."""
    bundle = config.onedata.ca_bundle
    try:
        trusted_authorities(bundle)
    except BadRequest as fault:
        yield NOTES.problem("ca_bundle", str(fault), "Correct the file or onedata.ca_bundle in the config.")


def _check_mode(path: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & stat.S_IWOTH:
        message = f"everybody may write to it (mode {mode:04o}), and so send the tokens to another address"
        yield NOTES.problem(str(path), message, f"chmod o-w {path}")
    else:
        yield NOTES.ok(str(path), "can be read and names no secret itself")


def _check_user(config: Config) -> Iterator[Finding]:
    user = user_name(os.geteuid())
    owner = _owner(config.state_folder)
    if owner is None or owner == os.geteuid():
        yield NOTES.ok("user", f"looked at as {user}")
        return
    yield NOTES.warning(
        "user",
        f"looked at as {user}, but the state folder belongs to {user_name(owner)}: what this user may do says little"
        " about what the daemon may do",
        f"sudo -u {user_name(owner)} spacecast check",
    )


def _owner(folder: Path) -> int | None:
    try:
        return folder.stat().st_uid
    except OSError:
        return None

"""What an operator has to know and to type after the files of the service were written."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from spacecast.config import Config, fixed_part
from spacecast.service.installing.drop_in import CREDENTIALS, ENVIRONMENT, credentials, variables
from spacecast.service.installing.wishes import Wishes, is_hidden

# The settings of the unit that hide something.
_BY = "ProtectHome=, PrivateTmp="


def cautions(config: Config | None, wishes: Wishes) -> list[str]:
    """Return what would keep the service from working although all files are in place."""
    return [*_about_program(wishes), *(_about_config(config, wishes) if config is not None else ())]


def next_commands(config: Config | None, wishes: Wishes) -> list[str]:
    """Return the commands to type next, with comments, in their order."""
    made = ["systemd-sysusers", "systemd-tmpfiles --create spacecast.conf"]
    if config is None:
        again = shlex.join([*wishes.program, "install", "--config", str(wishes.config_path), "--write"])
        return [*made, f"editor {shlex.quote(str(wishes.config_path))}", again]
    return [
        *made,
        *_secrets(config, wishes),
        *made[1:],
        "systemctl daemon-reload",
        _check(config, wishes),
        "systemctl enable spacecast",
        "systemctl restart spacecast",
        "systemctl status spacecast",
    ]


def _about_program(wishes: Wishes) -> Iterator[str]:
    path = Path(wishes.program[0])
    for seen in dict.fromkeys((path, path.resolve())):
        if is_hidden(seen):
            yield (
                f"{seen} is hidden from the service ({_BY}). Install Spacecast where all users find it, "
                "below /opt say, and name it with --program"
            )


def _about_config(config: Config, wishes: Wishes) -> Iterator[str]:
    if is_hidden(wishes.config_path):
        yield f"{wishes.config_path} is hidden from the service ({_BY}). Keep it below /etc/spacecast"
    if is_hidden(config.state_folder):
        yield f"state_folder {config.state_folder} is hidden from the service ({_BY}). Keep it below /var/lib"
    for watch in config.watch:
        if fixed_part(watch.folder) == Path("/"):
            yield (
                f"{watch.folder} begins with a wildcard, and the service may not write into the whole machine. "
                "Name a folder in the first place"
            )
    for path in [secret.place for secret in config.secrets() if secret.kind == "file"]:
        if is_hidden(Path(path)):
            yield f"the secret {path} is hidden from the service ({_BY}). Keep it below /etc/spacecast"


def _secrets(config: Config, wishes: Wishes) -> Iterator[str]:
    group = shlex.quote(wishes.group)
    for path in dict.fromkeys(secret.place for secret in config.secrets() if secret.kind == "file"):
        place = shlex.quote(path)
        # Whoever types all of it once more must not empty a file that has a secret in it.
        yield f"test -e {place} || install -m 0640 -o root -g {group} /dev/null {place}"
        yield f"editor {place}   # the secret, alone"
    for name in credentials(config):
        yield f"editor {CREDENTIALS}/{name}   # the secret, alone"
    if variables(config):
        yield f"test -e {ENVIRONMENT} || install -m 0600 -o root -g root /dev/null {ENVIRONMENT}"
        yield f"editor {ENVIRONMENT}   # {' '.join(f'{name}=…' for name in variables(config))}"


def _check(config: Config, wishes: Wishes) -> str:
    """Return the command that checks as the service: with its groups, credentials and variables."""
    settings = [f"SupplementaryGroups={group}" for group in wishes.data_groups]
    settings += [f"LoadCredential={name}:{CREDENTIALS}/{name}" for name in credentials(config)]
    settings += [f"EnvironmentFile={ENVIRONMENT}"] if variables(config) else []
    check = [*wishes.program, "check", "--config", str(wishes.config_path)]
    if not settings:
        return shlex.join(["sudo", "-u", wishes.user, *check])
    account = [f"--uid={wishes.user}", f"--gid={wishes.group}"]
    options = [part for setting in settings for part in ("-p", setting)]
    return shlex.join(["systemd-run", "--quiet", "--pipe", "--wait", *account, *options, *check])

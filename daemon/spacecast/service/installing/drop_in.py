"""The drop-in: what of the unit follows from one config and the operator's wishes."""

from collections.abc import Iterator
from pathlib import Path

from spacecast.config import Config, fixed_part
from spacecast.service.installing.unit_syntax import command_line, word
from spacecast.service.installing.wishes import HOMES, Wishes, is_hidden

CREDENTIALS = "/etc/spacecast/credentials"
ENVIRONMENT = "/etc/spacecast/environment"
USUAL_STATE = Path("/var/lib/spacecast")
RUNTIME_FOLDER = Path("/run/spacecast")


def drop_in(config: Config, wishes: Wishes) -> str:
    """Return the text of the drop-in."""
    return "\n".join(["[Service]", *_program(wishes), *_account(wishes), *_folders(config), *_secrets(config), ""])


def watched_folders(config: Config) -> list[Path]:
    """Return what the service has to write below: watched folders, and of patterns the part before the first wildcard.

    Never the whole machine: a pattern that begins with a wildcard is left out.
    """
    found = dict.fromkeys(fixed_part(watch.folder) for watch in config.watch)
    # What lies below another one is writable with it.
    return [
        folder
        for folder in found
        if folder != Path("/") and not any(folder != other and folder.is_relative_to(other) for other in found)
    ]


def credentials(config: Config) -> list[str]:
    """Return the names of the credentials that the config reads, each once."""
    return list(dict.fromkeys(secret.place for secret in config.secrets() if secret.kind == "credential"))


def variables(config: Config) -> list[str]:
    """Return the names of the environment variables with secrets that the config reads, each once."""
    return list(dict.fromkeys(secret.place for secret in config.secrets() if secret.kind == "env"))


def _program(wishes: Wishes) -> Iterator[str]:
    yield "# An empty line forgets what the unit says."
    yield "ExecStart="
    yield f"ExecStart={command_line((*wishes.program, 'run', '--config', str(wishes.config_path)))}"


def _account(wishes: Wishes) -> Iterator[str]:
    yield f"User={wishes.user}"
    yield f"Group={wishes.group}"
    if wishes.data_groups:
        yield f"SupplementaryGroups={' '.join(wishes.data_groups)}"


def _folders(config: Config) -> Iterator[str]:
    folders = watched_folders(config)
    yield "ReadWritePaths="
    for folder in folders:
        if is_hidden(folder):
            yield f"BindPaths={word(f'-{folder}')}"
        else:
            # The dash: a folder that is missing does not keep the others from being served.
            yield f"ReadWritePaths={word(f'-{folder}')}"
    if any(folder.is_relative_to(home) for folder in folders for home in HOMES):
        yield "ProtectHome=tmpfs"
    listen = config.monitoring.listen or ""
    if listen.startswith("/") and not Path(listen).is_relative_to(RUNTIME_FOLDER):
        # The socket is made anew at each start.
        yield f"ReadWritePaths={word(str(Path(listen).parent))}"
    if config.state_folder != USUAL_STATE:
        yield "StateDirectory="
        yield f"ReadWritePaths={word(str(config.state_folder))}"


def _secrets(config: Config) -> Iterator[str]:
    for name in credentials(config):
        yield f"LoadCredential={name}:{CREDENTIALS}/{name}"
    if variables(config):
        yield f"EnvironmentFile={ENVIRONMENT}"

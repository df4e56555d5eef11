"""From a file to a config: everything that is wrong is reported at once."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spacecast.config.document import read_document
from spacecast.config.models import Config
from spacecast.config.problems import ConfigError, Problem
from spacecast.config.surroundings import Surroundings
from spacecast.config.validation import validate

CONFIG_VARIABLE = "SPACECAST_CONFIG"
USUAL_PLACE = Path("/etc/spacecast/spacecast.yaml")
LARGEST_CONFIG_BYTES = 1024 * 1024


class UnreadableConfigError(ConfigError):
    """The config file is not there, or cannot be read at all: no line of it is to blame."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(path, [Problem(1, (), text)])
        self.args = (f"{path}: {text}.",)

    def __reduce__(self) -> tuple[type[ConfigError], tuple[Path, Any]]:
        return UnreadableConfigError, (self.path, self.problems[0].text)


def default_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Give the config that is meant when none is named: `$SPACECAST_CONFIG`, else the one in /etc."""
    named = environ.get(CONFIG_VARIABLE)
    return Path(named) if named else USUAL_PLACE


def load(path: Path, *, environ: Mapping[str, str] = os.environ, check_machine: bool = True) -> Config:
    """Give the config in the file.

    With `check_machine` the named folders, files and secrets must be there and be fit for use now.
    Raises ConfigError with every problem, sorted by line; no text of it holds a secret.
    """
    document = read_document(_read(path))
    config, problems = validate(document, Surroundings(environ, check_machine))
    if config is None:
        raise ConfigError(path, problems)
    return config


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_CONFIG_BYTES + 1)
    except OSError as fault:
        advice = f"Name the config with --config or ${CONFIG_VARIABLE}"
        raise UnreadableConfigError(path, f"cannot be read: {fault.strerror}. {advice}") from None
    if len(data) > LARGEST_CONFIG_BYTES:
        raise UnreadableConfigError(path, "is larger than 1 MiB: this is not a config of Spacecast")
    return data

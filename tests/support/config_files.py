"""Configs on disk for tests: a whole small one with the folders and secrets that it names."""

import copy
from pathlib import Path
from typing import Any

import yaml

SECRET = "MDAxVeryMuchASecretValue0123456789"


def secret_file(folder: Path, name: str = "zone.token", value: str = SECRET, mode: int = 0o600) -> Path:
    """Make a file with a secret in it."""
    path = folder / name
    path.write_text(value + "\n")
    path.chmod(mode)
    return path


def small_config(folder: Path) -> dict[str, Any]:
    """Give the values of the smallest usable config; the folders and secrets it names are made below `folder`."""
    (folder / "datasets").mkdir(exist_ok=True)
    token = {"file": str(secret_file(folder))}
    return {
        "facility": "Test facility",
        "state_folder": str(folder / "state"),
        "watch": [{"folder": str(folder / "datasets")}],
        "metadata": {"files": ["SPA.yml"]},
        "onedata": {
            "zone": {"url": "https://zone.example.org", "token": token},
            "provider": {"url": "https://provider.example.org", "token": copy.copy(token)},
        },
    }


def write_config(folder: Path, values: dict[str, Any] | str) -> Path:
    """Write the config, given as values or as YAML text, and give its path."""
    path = folder / "spacecast.yaml"
    path.write_text(values if isinstance(values, str) else yaml.safe_dump(values, sort_keys=False))
    return path

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spacecast.config import Config, ConfigError, Problem, load
from support.config_files import small_config, write_config


@pytest.fixture
def values(tmp_path) -> dict[str, Any]:
    return small_config(tmp_path)


@pytest.fixture
def loaded(tmp_path, values) -> Callable[..., Config]:
    """Load the small config with one key set to another value: `loaded("metadata.quiet", "5s")`."""

    def load_with(key: str = "", value: Any = None, **options: Any) -> Config:
        return load(write_config(tmp_path, changed(values, key, value)), **options)

    return load_with


@pytest.fixture
def problems(tmp_path, values) -> Callable[..., list[Problem]]:
    """Give the problems of the small config with one key set to another value, or of a whole text."""

    def problems_with(key: str, value: Any = None, **options: Any) -> list[Problem]:
        text = key if "\n" in key else changed(values, key, value)
        with pytest.raises(ConfigError) as caught:
            load(write_config(tmp_path, text), **options)
        return list(caught.value.problems)

    return problems_with


def changed(values: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    whole = section = copy.deepcopy(values)
    *above, last = key.split(".")
    for part in above:
        section = section[int(part)] if part.isdigit() else section.setdefault(part, {})
    if key:
        section[last] = value
    return whole


@pytest.fixture
def tree() -> Path:
    """Give the root of the source tree."""
    return Path(__file__).resolve().parents[2]

"""What a config is validated against besides itself: the environment variables and the machine's files."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationInfo


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The machine as validators may see it; `check_machine` says whether files and folders must be there now."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    check_machine: bool = False


def surroundings_of(info: ValidationInfo) -> Surroundings:
    """Give what the loader passed as context; models built directly in Python are not held against the machine."""
    return info.context if isinstance(info.context, Surroundings) else Surroundings()

"""What is wrong with a config, all of it at once, each problem with file, line and key."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from spacecast.faults import NeedsPerson

LONGEST_KEY = 48
KeyPath = tuple[str | int, ...]


def dotted(path: KeyPath) -> str:
    """Give the key's path as people write it: `watch[0].folder`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: where, which key, what is wrong and how to mend it."""

    line: int
    path: KeyPath
    text: str

    @property
    def key(self) -> str:
        """The key's path as people write it, fit for a terminal; empty for the file as a whole."""
        return dotted(tuple(_presentable(part) if isinstance(part, str) else part for part in self.path))


class ConfigError(NeedsPerson):
    """The config cannot be used.

    The text has one line per problem, sorted by line: `FILE:LINE: key: problem. Remedy.`
    """

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(set(problems), key=lambda problem: (problem.line, problem.key)))
        super().__init__("\n".join(f"{path}:{_said(problem)}" for problem in self.problems))

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[Path, tuple[Problem, ...]]]:
        return ConfigError, (self.path, self.problems)


def _presentable(name: str) -> str:
    # No key of ours is that long; a pasted secret is.
    short = name if len(name) <= LONGEST_KEY else f"(a name of {len(name)} characters)"
    return "".join(character if character.isprintable() else "?" for character in short)


def _said(problem: Problem) -> str:
    end = "" if problem.text.endswith((".", "?", "`", ")")) else "."
    return f"{problem.line}: {problem.key}{': ' if problem.key else ''}{problem.text}{end}"

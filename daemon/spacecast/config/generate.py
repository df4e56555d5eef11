"""Writes what is made from the models: `python -m spacecast.config.generate`, in the root of the source tree."""

import argparse
import sys
from pathlib import Path

from spacecast import log_events
from spacecast.config.reference import reference
from spacecast.config.sample import sample
from spacecast.config.schema import schema_text


def documents() -> dict[str, str]:
    """Give the text of every file that is made from the models, by its path in the source tree."""
    return {
        "config/spacecast.yaml": sample(),
        "config/spacecast.schema.json": schema_text(),
        "docs/reference/config.md": reference(),
        "docs/reference/log.md": log_events.reference(),
    }


def stale(tree: Path) -> list[str]:
    """Give the paths below `tree` that do not say what the models say."""
    return [path for path, text in documents().items() if not _says(tree / path, text)]


def write(tree: Path) -> None:
    """Bring the files below `tree` up to date."""
    for path, text in documents().items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with `--check` only name those that are out of date; the exit code says whether any is."""
    parser = argparse.ArgumentParser(prog="python -m spacecast.config.generate", description=__doc__)
    parser.add_argument("tree", nargs="?", type=Path, default=Path(), help="root of the source tree")
    parser.add_argument("--check", action="store_true", help="change nothing, name what is out of date")
    chosen = parser.parse_args(arguments)
    if not chosen.check:
        write(chosen.tree)
        return 0
    outdated = stale(chosen.tree)
    sys.stdout.writelines(f"{path} is out of date: run python -m spacecast.config.generate\n" for path in outdated)
    return 1 if outdated else 0


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())

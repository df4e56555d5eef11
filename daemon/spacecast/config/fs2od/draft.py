"""The new config while it is being put together: values with a comment each, secrets apart, then YAML."""

from collections.abc import Iterator, Mapping
from typing import Any

from spacecast.config.printed import as_yaml


class Draft:
    """Values by path, in the order in which they are set."""

    def __init__(self, secrets_folder: str) -> None:
        self.values: dict[str, Any] = {}
        self.secrets: dict[str, str] = {}
        """By the name of the file that is to hold them."""
        self._comments: dict[tuple[str | int, ...], list[str]] = {}
        self._secrets_folder = secrets_folder

    def set(self, value: Any, *path: str, comment: str = "") -> None:
        """Set a value."""
        section = self.values
        for part in path[:-1]:
            section = section.setdefault(part, {})
        section[path[-1]] = value
        if comment:
            self.say(comment, *path)

    def say(self, comment: str, *path: str | int) -> None:
        """Put a comment above a key."""
        self._comments.setdefault(path, []).append(comment)

    def set_secret(self, name: str, value: Any, *path: str, comment: str = "") -> None:
        """Name the file in which a secret is kept; its value goes there and nowhere else."""
        if isinstance(value, str) and value:
            self.secrets[name] = value
        self.set({"file": f"{self._secrets_folder}/{name}"}, *path, comment=comment)

    def text(self) -> str:
        """Return the whole as YAML, with its comments."""
        return "\n".join(self._lines(self.values, (), "")) + "\n"

    def _lines(self, section: Mapping[str, Any], above: tuple[str | int, ...], indent: str) -> Iterator[str]:
        for key, value in section.items():
            path = (*above, key)
            if not above and key != next(iter(section)):
                yield ""
            yield from (f"{indent}# {comment}" for comment in self._comments.get(path, ()))
            if isinstance(value, list) and value and isinstance(value[0], dict):
                yield f"{indent}{key}:"
                for item in value:
                    yield f"{indent}  - {as_yaml(item)}"
            elif isinstance(value, dict) and value and not _is_short(path, value):
                yield f"{indent}{key}:"
                yield from self._lines(value, path, indent + "  ")
            else:
                yield f"{indent}{key}: {as_yaml(value)}"


def _is_short(path: tuple[str | int, ...], value: Mapping[str, Any]) -> bool:
    return set(value) == {"file"} or path[-1] == "mount_points"

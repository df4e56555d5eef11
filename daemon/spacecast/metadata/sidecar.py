"""The file beside a metadata file that holds our blocks where they cannot, or must not, stand in it."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from spacecast.metadata import render
from spacecast.metadata.parsing import parse

_FIRST_LINE = b"# Written by Spacecast"


def sidecar_name(metadata_name: str) -> str:
    """Return the sidecar's name: `SPA.spacecast.yml` for `SPA.yml`."""
    path = PurePosixPath(metadata_name)
    return f"{path.stem}.spacecast{path.suffix or '.yml'}"


def render_sidecar(metadata_name: str, blocks: Mapping[str, Mapping[str, str]], *, reason: str = "") -> bytes:
    """Return a whole sidecar; `reason` says to its reader why the blocks are not in the metadata file.

    Raises Refused where a value cannot be written.
    """
    name = sidecar_name(metadata_name)
    header = [
        f"{_FIRST_LINE.decode()} for {_comment(metadata_name)}; it is written anew when something changes.",
        f"# {_comment(reason) or 'It belongs to that file and is kept beside it.'}",
    ]
    text = "".join(f"{line}\n" for line in header)
    for key, values in blocks.items():
        render.check(key, values, name)
        text += render.block(key, values, "", "\n") if values else ""
    return text.encode("utf-8")


def _comment(text: str) -> str:
    """Return `text` in one line: nothing in it may end the comment."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def is_sidecar(data: bytes) -> bool:
    """Whether these bytes are a sidecar that Spacecast wrote, and may thus replace."""
    return data.startswith(_FIRST_LINE)


def read_sidecar(data: bytes, name: str) -> dict[Any, Any]:
    """Return the blocks in a sidecar; raises as `parse` does."""
    return parse(data, name)

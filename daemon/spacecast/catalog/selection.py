"""Which files of a dataset's folder get into the catalog, and which names the Tiled server cannot handle.

Left out: hidden files and folders (a leading dot: editors' and transfer programs' temporary files, ours too), files
whose name says that they are not finished (`.part`, `.tmp` …), the metadata file, the running file, and every
`*.spacecast.yml`, since that may carry an invite token.
"""

import re
from collections.abc import Collection
from pathlib import PurePosixPath

_SIDECAR = ".spacecast.yml"
_UNFINISHED = re.compile(r".*(\.tmp|\.temp|\.part|\.partial|\.filepart|\.crdownload|~)\Z", re.IGNORECASE | re.DOTALL)
# The server takes a file's address apart like a web address, without any way to escape these.
_BREAKS_ADDRESS = re.compile(r"[#?\x00-\x1f\x7f]")
# The column in the server's database.
_LONGEST_ADDRESS = 1023


def is_left_out(path: PurePosixPath, names: Collection[str]) -> bool:
    """Whether a file is none of the dataset's data; `names` count directly in the dataset's folder."""
    if any(part.startswith(".") for part in path.parts) or path.name.endswith(_SIDECAR):
        return True
    return len(path.parts) == 1 and path.name in names


def unfinished_reason(path: PurePosixPath) -> str | None:
    """Say why a file is not registered if its name tells that it is not finished."""
    if _UNFINISHED.match(path.name):
        return "its name says that it is temporary or not finished; it is registered under its final name"
    return None


def file_uri(folder: PurePosixPath, path: PurePosixPath) -> str:
    """Give the address under which the server, which sees the dataset in `folder`, opens a file.

    Tiled neither encodes nor decodes these: percent-encoding would be taken for part of the name.
    """
    return f"file://localhost{folder / path}"


def address_problem(uri: str) -> str | None:
    """Say why the server cannot open a file at all; None where it can."""
    if (found := _BREAKS_ADDRESS.search(uri)) is not None:
        return f"its path has {found[0]!r} in it, which a Tiled server cannot address. Rename it"
    if len(uri) > _LONGEST_ADDRESS:
        return f"its path is longer than {_LONGEST_ADDRESS} characters, which a Tiled server cannot store"
    return None


def download_problem(path: PurePosixPath) -> str | None:
    """Say why the server can read a file as data, yet not hand it out as it is; None where it can."""
    try:
        path.name.encode("latin-1")
    except UnicodeEncodeError:
        return (
            "its name has characters outside Latin-1, so a Tiled server cannot give it out as a file. "
            "Download it through the public link, or rename it"
        )
    return None

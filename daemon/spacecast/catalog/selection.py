"""Which files of a dataset's folder get into the catalog, and which names the Tiled server cannot handle.

Left out: hidden files and folders (a leading dot: editors' and transfer programs' temporary files, ours too), files
whose name says that they are not finished (`.part`, `.tmp` …), the metadata file, the running file, and whatever by
its name or content may be a copy of a file with an invite token: anybody who may read the catalog gets its files, and
the permissions that protect the token in Onedata do not count there.
"""

import fnmatch
import re
from collections.abc import Callable, Collection
from pathlib import PurePosixPath

from spacecast.formats import is_given_out, unaddressable

MAY_CARRY_TOKEN = "it may carry the invite token, so it is not given out here"
"""Why a file is left out, for people."""

MOST_BYTES_SEARCHED = 256 << 10
"""Larger files are not searched for tokens: metadata files and what people copy of them are small."""

_SIDECARS = "*.spacecast.*"
# How an Onedata token begins: the base64 of a length in four hexadecimal digits, which is below 0x0400.
_TOKEN = re.compile(rb"MDA[w-z][A-Za-z0-9_-]{20}")
# The same in UTF-16, of either byte order.
_TOKEN_UTF_16 = re.compile(rb"M\0D\0A\0[w-z]\0(?:[A-Za-z0-9_-]\0){20}")
_UNFINISHED = re.compile(r".*(\.tmp|\.temp|\.part|\.partial|\.filepart|\.crdownload|~)\Z", re.IGNORECASE | re.DOTALL)
# The column in the server's database.
_LONGEST_ADDRESS = 1023


def is_left_out(path: str, names: Collection[str]) -> bool:
    """Whether a file is none of the dataset's data; `names` count directly in the dataset's folder."""
    return path.startswith(".") or "/." in path or path in names


def token_name_test(patterns: Collection[str]) -> Callable[[str], bool]:
    """Give what tells whether a file's name is that of a file with a token, or of a copy of one.

    `patterns` are names of such files, wildcards allowed. A name counts that begins like one of them, whatever follows
    (`SPA.yml.bak`, `SPA.yml_old`), and in any letter case; so does every sidecar.
    """
    begins = [fnmatch.translate(f"{pattern}*") for pattern in patterns if pattern]
    expression = re.compile("|".join([*begins, fnmatch.translate(_SIDECARS)]), re.IGNORECASE)
    return lambda name: expression.match(name) is not None


def holds_token(data: bytes) -> bool:
    """Whether there is something like an Onedata token in a file's content."""
    return _TOKEN.search(data) is not None or _TOKEN_UTF_16.search(data) is not None


def unfinished_reason(name: str) -> str | None:
    """Say why a file is not registered if its name tells that it is not finished."""
    if _UNFINISHED.match(name):
        return "its name says that it is temporary or not finished; it is registered under its final name"
    return None


def file_uri(folder: PurePosixPath, path: str) -> str:
    """Give the address under which the server, which sees the dataset in `folder`, opens a file.

    Tiled neither encodes nor decodes these: percent-encoding would be taken for part of the name.
    """
    return f"{address_start(folder)}{path}"


def address_start(folder: PurePosixPath) -> str:
    """Give what the addresses of all files in a folder begin with."""
    # Joined as text: it is done for each of a million files.
    return f"file://localhost{str(folder).rstrip('/')}/"


def address_problem(uri: str) -> str | None:
    """Say why the server cannot open a file at all; None where it can."""
    if (found := unaddressable(uri)) is not None:
        return f"its path has {found!r} in it, which a Tiled server cannot address. Rename it"
    if len(uri) > _LONGEST_ADDRESS:
        return f"its path is longer than {_LONGEST_ADDRESS} characters, which a Tiled server cannot store"
    return None


def download_problem(name: str) -> str | None:
    """Say why the server can read a file as data, yet not hand it out as it is; None where it can."""
    if is_given_out(name):
        return None
    return (
        "its name has characters outside Latin-1, so a Tiled server cannot give it out as a file. "
        "Download it through the public link, or rename it"
    )

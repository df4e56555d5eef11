"""Folders as somebody might make them to do harm, or by mistake: each is told of with a reason, none is served."""

import os
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

METADATA = "SPA.yml"
ORDINARY = b"Project: demo\n"
HUGE_BYTES = 1 << 40

Make = Callable[[Path], object]


def _holding(content: bytes) -> Make:
    """A folder whose metadata file has this content."""
    return lambda folder: (_folder(folder) / METADATA).write_bytes(content)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _sparse(size_bytes: int) -> Make:
    def make(folder: Path) -> None:
        with (_folder(folder) / METADATA).open("wb") as file:
            file.truncate(size_bytes)

    return make


def _socket(folder: Path) -> None:
    # The address of a socket may have 107 bytes only.
    here, path = Path.cwd(), _folder(folder)
    os.chdir(path)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(METADATA)
    finally:
        os.chdir(here)


def _aliases(levels: int) -> bytes:
    lines = ["a0: &a0 [1, 2]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, levels)]
    return "\n".join(lines).encode()


def _merges(levels: int) -> bytes:
    lines = ["m0: &m0 {k: 1}"]
    lines += [f"m{level}: &m{level} {{<<: [{', '.join([f'*m{level - 1}'] * 9)}]}}" for level in range(1, levels)]
    return "\n".join(lines).encode()


def refused(outside: Path) -> dict[str, Make]:
    """Give what makes each kind of folder that is never published, by name; `outside` holds what is none of ours."""
    return {
        "link-to-a-folder-outside": lambda path: path.symlink_to(outside),
        "link-to-a-folder-beside": lambda path: path.symlink_to("good0"),
        "link-to-itself": lambda path: path.symlink_to(path.name),
        "link-to-nothing": lambda path: path.symlink_to("/does/not/exist"),
        "link-to-devices": lambda path: path.symlink_to("/dev"),
        "file-is-a-link-outside": lambda path: (_folder(path) / METADATA).symlink_to(outside / METADATA),
        "file-is-a-link-to-nothing": lambda path: (_folder(path) / METADATA).symlink_to("nothing"),
        "file-is-a-link-to-zeros": lambda path: (_folder(path) / METADATA).symlink_to("/dev/zero"),
        "file-is-a-pipe": lambda path: os.mkfifo(_folder(path) / METADATA),
        "file-is-a-folder": lambda path: (_folder(path) / METADATA).mkdir(),
        "file-is-a-socket": _socket,
        "file-has-a-name-outside": lambda path: (_folder(path) / METADATA).hardlink_to(outside / METADATA),
        "file-is-large": _sparse((1 << 20) + 1),
        "file-is-huge": _sparse(HUGE_BYTES),
        "deep-brackets": _holding(b"a: " + b"[" * 100_000),
        "deep-lines": _holding(b"\n".join(b" " * depth + b"a:" for depth in range(1000))),
        "alias-bomb": _holding(_aliases(12)),
        "alias-of-itself": _holding(b"a: &a [*a]\nb: &b {c: *b}\n"),
        "merge-bomb": _holding(_merges(12)),
        "not-utf-8": _holding(b"Project: caf\xe9\n"),
        "utf-16": _holding("Project: demo\n".encode("utf-16")),
        "zero-bytes": _holding(b"Project: \0demo\n"),
        "terminal-escapes-unquoted": _holding(b"\x1b[2J\x1b[31mProject: demo\n"),
        "a-list": _holding(b"- 1\n- 2\n"),
        "two-documents": _holding(b"a: 1\n---\nb: 2\n"),
        "a-block-that-is-none": _holding(b"Onedata: {Space: 417, InviteToken: [x]}\n"),
        "a-space-of-somebody-else": _holding(b'Onedata:\n  Space: "c265f2cc65a1bc1835929288be145d72ch458a"\n'),
        "---": _holding(ORDINARY),
        "\u200b\u200f\u2060": _holding(ORDINARY),
        "clear\x1b[2J\x1b]0;owned\x07": _holding(ORDINARY),
        "two\nlines blocked forged": _holding(ORDINARY),
        "line\u2028separator": _holding(ORDINARY),
        os.fsdecode(b"not-utf-8-\xff\xfe"): _holding(ORDINARY),
        os.fsdecode(b"half-\xed\xa0\x80"): _holding(ORDINARY),
    }


def odd() -> tuple[str, ...]:
    """Give names that are no trouble, however odd."""
    return (
        "x" * 255,
        "日" * 85,
        "run\u202egpj.exe",
        "run\u200b1",
        "run#1?x=%2e%2e%2f",
        "..run",
        "con:<>|*\\",
        "-rf",
        "$(touch owned)`id`",
        "{{ 7*7 }}",
        "<script>alert(1)",
        "../run".replace("/", "\u2215"),
    )


def make_all(root: Path, outside: Path) -> list[str]:
    """Make one folder of each kind that is refused, and return their names."""
    kinds = refused(outside)
    for name, make in kinds.items():
        make(root / name)
    names = list(kinds)
    with suppress(PermissionError):  # only root may, and not in every container
        path = _folder(root / "file-is-a-device") / METADATA
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))
        names.append("file-is-a-device")
    return names

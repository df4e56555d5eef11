"""The temporary file that takes a metadata file's place, named so that a crash at any point can be told apart.

`.NAME.spacecast-part-RANDOM.tmp` is being written and may always be removed. It becomes
`.NAME.spacecast-OLD-NEW-RANDOM.tmp` when it is whole on the disk; OLD and NEW are digests of the content that is
replaced and of the new one. What is found under such a name after a crash is the new content (not swapped yet),
the old one (swapped), or a save of somebody's that came out in the swap and must go back.
"""

import contextlib
import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from spacecast.metadata.faults import CannotKeep, shown
from spacecast.metadata.target import Target

_DIGEST_CHARACTERS = 12
_PARTIAL = re.compile(r"\.(?P<name>.+)\.spacecast-part-[0-9a-f]{8}\.tmp", re.DOTALL)
_WHOLE = re.compile(
    r"\.(?P<name>.+)\.spacecast-(?P<old>[0-9a-f]{12})-(?P<new>[0-9a-f]{12})-[0-9a-f]{8}\.tmp", re.DOTALL
)
_FORBIDDEN = {errno.EACCES, errno.EPERM}


@dataclass(frozen=True)
class TemporaryName:
    """What a temporary file's name says; `old` and `new` are None while it is being written."""

    name: str
    old: str | None = None
    new: str | None = None


def temporary_name(name: str) -> TemporaryName | None:
    """Return what a file name says as that of a temporary file of ours, None where it is not one."""
    if found := _PARTIAL.fullmatch(name):
        return TemporaryName(found["name"])
    if found := _WHOLE.fullmatch(name):
        return TemporaryName(found["name"], found["old"], found["new"])
    return None


def short_digest(content: bytes) -> str:
    """Return the digest of a content as it stands in the name of a temporary file."""
    return hashlib.sha256(content).hexdigest()[:_DIGEST_CHARACTERS]


@dataclass
class Temporary:
    """An open temporary file beside its target."""

    target: Target
    name: str
    descriptor: int
    holds: Literal["ours", "anything", "nothing"] = "ours"
    """What is under the name: `ours` to remove, or, from the swap on until it is looked at, `anything`."""

    def complete(self, old: bytes, new: bytes) -> None:
        """Give the file, whole on the disk, the name that tells what it is."""
        whole = f".{self.target.name}.spacecast-{short_digest(old)}-{short_digest(new)}-{secrets.token_hex(4)}.tmp"
        self.target.operations.rename(self.target.directory, self.name, whole)
        self.name = whole

    def remove(self) -> None:
        """Remove the name, unless what is under it may be somebody's save."""
        if self.holds == "ours" or (self.holds == "anything" and self._is_the_file_made()):
            self.target.operations.unlink(self.target.directory, self.name)
            self.holds = "nothing"

    def _is_the_file_made(self) -> bool:
        named = self.target.operations.stat(self.target.directory, self.name)
        return named.st_ino == self.target.operations.fstat(self.descriptor).st_ino


@contextlib.contextmanager
def temporary_file(target: Target, content: bytes) -> Iterator[Temporary]:
    """Make a file readable by nobody else, with this content, beside the target; remove it at the end.

    Raises CannotKeep where the folder does not let us make one.
    """
    temporary = _made(target)
    try:
        target.operations.write(temporary.descriptor, content)
        yield temporary
        temporary.remove()
    finally:
        with contextlib.suppress(OSError):  # after a fault; `clean_leftovers` removes what stays here
            temporary.remove()
        target.operations.close(temporary.descriptor)


def _made(target: Target) -> Temporary:
    name = f".{target.name}.spacecast-part-{secrets.token_hex(4)}.tmp"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    try:
        return Temporary(target, name, target.operations.open(target.directory, name, flags, 0o600))
    except OSError as error:
        if error.errno not in _FORBIDDEN:
            raise
        raise CannotKeep(
            f"{shown(target.name)}: the service may not make files in its folder, so the file cannot be replaced "
            "at one instant. Give the service's user write permission on the folder, or let it write in place "
            "(`metadata.on_not_owner: in-place`)."
        ) from None

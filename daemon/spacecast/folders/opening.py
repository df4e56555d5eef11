"""Open a dataset's folder below its root, so that everything read from it lies in that folder.

The folder is held by its descriptor. Who swaps it for a symbolic link after the check gains nothing: the
descriptor still is the folder that was checked, and the link is not followed when it is opened anew.
"""

import io
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from spacecast.folders.descriptors import (
    FOLDER,
    identity_of,
    open_below,
    open_regular,
    opened_root,
    relative_parts,
    single_component,
)
from spacecast.folders.disks import Disks, DiskUser
from spacecast.folders.faults import Changed, Unusable, Vanished, fault_of
from spacecast.folders.looking import metadata_file_problem
from spacecast.folders.origins import origin_of
from spacecast.folders.sightings import Identity, Stamp
from spacecast.folders.walking import FoundFile, Skipped, Walk
from spacecast.folders.wording import shown

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_READ_LIMIT_BYTES = 1024 * 1024


@dataclass(frozen=True)
class ReadFile:
    """The content of a small file together with the stamp it had before and after the reading."""

    data: bytes = field(repr=False)
    stamp: Stamp
    status: os.stat_result


@contextmanager
def open_folder(
    root: Path, name: str, *, expected_identity: Identity | None = None, disk: DiskUser | None = None
) -> "Iterator[DatasetFolder]":
    """Open the folder `name` of a resolved `root` for the length of a `with` block.

    All that is asked of the file system is noted with `disk`. Raises Unusable when it is a symbolic link or no folder
    or `name` is not one component; Vanished when it is not there or is not the folder of `expected_identity`;
    NeedsPerson when it may not be read; DiskHangs, as everything below, where the file system does not answer.
    """
    path, disk = root / single_component(name), disk or Disks().user(root)
    try:
        with disk.asking(), opened_root(root) as root_descriptor:
            descriptor = os.open(name, FOLDER, dir_fd=root_descriptor)
    except OSError as error:
        raise fault_of(error, shown(path)) from error
    try:
        with disk.asking():
            folder = DatasetFolder(descriptor, path, disk)
        if expected_identity not in (None, folder.identity):
            raise Vanished(f"{shown(path)} is not the folder that was seen before: it was replaced.")
        yield folder
    finally:
        os.close(descriptor)


class DatasetFolder:
    """An open dataset folder; `descriptor` belongs to it, `path` is for messages and for other services.

    Whoever uses `descriptor` brackets that with `disk.asking()`.
    """

    def __init__(self, descriptor: int, path: Path, disk: DiskUser | None = None) -> None:
        self.descriptor = descriptor
        self.path = path
        self.disk = disk or Disks().user(path.parent)
        self.identity = identity_of(os.fstat(descriptor))
        self.origin = origin_of(descriptor)

    def still_there(self) -> bool:
        """Whether `path` still leads to this folder, without a symbolic link on the way below `/`."""
        try:
            with self.disk.asking(), opened_root(self.path.parent) as parent:
                return identity_of(os.stat(self.path.name, dir_fd=parent, follow_symlinks=False)) == self.identity
        except OSError:
            return False

    def read(self, name: str, limit_bytes: int = _READ_LIMIT_BYTES) -> ReadFile:
        """Return the whole content of a small regular file directly in this folder.

        Raises Unusable for a link, device, hard link or more than `limit_bytes`; Changed when it was written
        meanwhile; Vanished when it is not there; NeedsPerson when it may not be read.
        """
        what = self._name_for_people(single_component(name))
        try:
            with self.disk.asking():
                descriptor = open_regular(self.descriptor, name, what)
                try:
                    return _read_whole(descriptor, what, limit_bytes)
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise fault_of(error, what) from error

    def open(self, path: str) -> BinaryIO:
        """Open a regular file anywhere below this folder for reading; no component may be a link.

        Raises like `read`, but knows no limit of size and allows hard links; the caller closes the file.
        """
        *folders, name = relative_parts(path)
        what = self._name_for_people(path)
        try:
            with self.disk.asking():
                return io.BufferedReader(_NotedFile(self._opened(folders, name, what), self.disk))
        except OSError as error:
            raise fault_of(error, what) from error

    def files(
        self,
        on_skipped: Callable[[Skipped], None] = lambda _: None,
        *,
        most_sorted: int | None = None,
        tells_left_out: bool = False,
    ) -> Iterator[FoundFile]:
        """Yield every regular file below this folder, in natural order, without holding the whole tree.

        Where `most_sorted` is given, no more names of one folder are held: of one with more they come as the disk has
        them. Links, devices, pipes and sockets are not followed or opened; `on_skipped` hears of each, and with
        `tells_left_out` they come among the files, as `left_out`.
        """
        walk = Walk(on_skipped, most_sorted=most_sorted, tells_left_out=tells_left_out)
        return self._asking(walk.files(self.descriptor, shown(self.path)))

    def files_at(
        self, path: str, on_skipped: Callable[[Skipped], None] = lambda _: None, *, tells_left_out: bool = False
    ) -> Iterator[FoundFile]:
        """Yield the regular file at a path below this folder, or all below it if it is a folder; none if it is gone."""
        walk = Walk(on_skipped, most_sorted=0, tells_left_out=tells_left_out)
        return self._asking(walk.files_at(self.descriptor, path, shown(self.path)))

    def _opened(self, folders: Sequence[str], name: str, what: str) -> int:
        if not folders:
            return open_regular(self.descriptor, name, what)
        parent = open_below(self.descriptor, tuple(folders))
        try:
            return open_regular(parent, name, what)
        finally:
            os.close(parent)

    def _asking(self, found: Generator[FoundFile, None, None]) -> Iterator[FoundFile]:
        try:
            while True:
                with self.disk.asking():
                    file = next(found, None)
                if file is None:
                    return
                yield file
        finally:
            found.close()

    def _name_for_people(self, below: str) -> str:
        return f"{shown(self.path)}/{shown(below)}"


class _NotedFile(io.FileIO):
    """A file whose reads are noted with the file system that it is on."""

    def __init__(self, descriptor: int, disk: DiskUser) -> None:
        super().__init__(descriptor)
        self._disk = disk

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        with self._disk.going_on():
            return super().readinto(buffer)

    def readall(self) -> bytes:
        with self._disk.going_on():
            return super().readall()


def _read_whole(descriptor: int, what: str, limit_bytes: int) -> ReadFile:
    before = os.fstat(descriptor)
    problem = metadata_file_problem(what, before, limit_bytes)
    if problem is not None:
        raise Unusable(problem)
    data = _read_up_to(descriptor, limit_bytes + 1)
    after = os.fstat(descriptor)
    if Stamp.of(after) != Stamp.of(before) or len(data) != after.st_size:
        raise Changed(f"{what} was written while it was read; it is read again when it is at rest.")
    return ReadFile(data, Stamp.of(after), after)


def _read_up_to(descriptor: int, limit_bytes: int) -> bytes:
    chunks: list[bytes] = []
    left = limit_bytes
    while left and (chunk := os.read(descriptor, left)):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)

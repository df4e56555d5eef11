"""Provider: from an id in a path to a file, and whether the caller may do what he wants with it.

Guests come through a share and may do what the "other" bits allow, as the last scan saw them: read a file, list
a directory, and pass through every directory between the share's root and the file.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import Share, Space, Storage
from spacecast.sandbox.onedata.identifiers import (
    BadFileIdError,
    FileReference,
    decode_file_id,
    file_id,
    root_uuid,
)
from spacecast.sandbox.onedata.imported_files import SpaceFiles, StoredFile
from spacecast.sandbox.onedata.provider_view import ProviderView


@dataclass(frozen=True)
class Target:
    """A file that was asked for, in its space, possibly through a share."""

    space: Space
    file: StoredFile
    share: Share | None = None

    @property
    def id(self) -> str:
        """The file id in the form in which it was asked for."""
        return self.id_of(self.file)

    def id_of(self, file: StoredFile) -> str:
        """Give the id of another file, seen in the same way."""
        return file_id(file.uuid, self.space.id, self.share.id if self.share else None)

    def at(self, file: StoredFile) -> "Target":
        """Give another file, seen in the same way."""
        return Target(self.space, file, self.share)

    def ways(self) -> Iterator[StoredFile]:
        """Give the directories that have to be passed: up to the share's root, or the space's."""
        if self.share is not None and self.file.uuid == self.share.root_uuid:
            return
        for directory in self.file.ancestors():
            yield directory
            if self.share is not None and directory.uuid == self.share.root_uuid:
                return


def reference_in_path(call: Call, text: str) -> FileReference:
    """Resolve an id in a path: a file id, or the id of a space supported here; else 400 spaceNotSupportedBy."""
    try:
        reference = decode_file_id(text)
    except BadFileIdError:
        reference = FileReference(root_uuid(text), text)
    if ProviderView(call.state, call.here).support(reference.space_id) is None:
        raise errors.space_not_supported_by(reference.space_id, call.here.id)
    return reference


def reference_in_body(call: Call, key: str) -> FileReference:
    """Resolve an id in a body, where only file ids are accepted."""
    try:
        return decode_file_id(str(call.body[key]))
    except BadFileIdError as error:
        raise errors.bad_identifier(key) from error


def reach(call: Call, reference: FileReference) -> Target:
    """Give the file of a reference if the caller may know of it: 401, 403 or 400 posix/enoent otherwise."""
    view = ProviderView(call.state, call.here)
    space = view.space(reference.space_id)
    if space is None:
        raise errors.posix("enoent")
    if reference.share_id is not None:
        return _through_share(call, space, reference)
    user = call.caller()
    if view.privileges(space, user.id) is None:
        raise errors.forbidden()
    return Target(space, _existing(call, reference))


def _through_share(call: Call, space: Space, reference: FileReference) -> Target:
    share = call.state.shares.get(reference.share_id or "")
    if share is None or share.space_id != space.id:
        raise errors.posix("enoent")
    target = Target(space, _existing(call, reference), share)
    inside = [target.file, *target.file.ancestors()]
    if all(directory.uuid != share.root_uuid for directory in inside):
        raise errors.posix("enoent")
    _need_ways(target, stat.S_IXOTH)
    return target


def _existing(call: Call, reference: FileReference) -> StoredFile:
    files = call.state.files.get(reference.space_id)
    file = None if files is None else files.find(reference.file_uuid)
    if file is None:
        raise errors.posix("enoent")
    return file


def _need_ways(target: Target, bit: int) -> None:
    if not all(directory.permissions & bit for directory in target.ways()):
        raise errors.posix("eacces")


def need_readable(call: Call, target: Target) -> None:
    """Raise posix/eacces unless the caller may read the file or list the directory."""
    if target.share is not None:
        if not target.file.permissions & stat.S_IROTH:
            raise errors.posix("eacces")
        return
    privileges = held_privileges(call, target.space)
    if _is_owner(call, target.space):
        return
    if "space_read_data" not in privileges or not target.file.permissions & stat.S_IRGRP:
        raise errors.posix("eacces")
    _need_ways(target, stat.S_IXGRP)


def need_privilege(call: Call, space: Space, privilege: str) -> None:
    """Raise 401 or 403 unless the caller has a privilege in the space, as far as this provider knows."""
    call.allow(granted=privilege in held_privileges(call, space))


def held_privileges(call: Call, space: Space) -> frozenset[str]:
    """Give the caller's privileges in a space, as far as this provider knows."""
    return ProviderView(call.state, call.here).privileges(space, call.caller().id) or frozenset()


def need_metadata_access(call: Call, target: Target) -> None:
    """Raise unless the caller may write metadata of the file; nobody may through a share."""
    if target.share is not None:
        call.caller()
        raise errors.posix("eperm")
    need_privilege(call, target.space, "space_write_data")
    if not _is_owner(call, target.space) and not target.file.permissions & stat.S_IWGRP:
        raise errors.posix("eacces")


def need_owner(call: Call, target: Target) -> None:
    """Raise posix/eacces unless the caller owns the space."""
    if target.share is not None or not _is_owner(call, target.space):
        raise errors.posix("eacces")


def _is_owner(call: Call, space: Space) -> bool:
    return call.caller().id in space.owners


def storage_of(call: Call, target: Target) -> Storage | None:
    """Give the imported storage on which the file lies."""
    for support in call.state.supports_of_space(target.space.id):
        storage = call.state.storages.get(support.storage_id)
        if storage is not None and storage.imported:
            return storage
    return None


def path_on_disk(call: Call, target: Target) -> Path:
    """Give the place of the file on this machine; posix/enoent when no storage has it."""
    storage = storage_of(call, target)
    if storage is None:
        raise errors.posix("enoent")
    return call.state.on_this_machine(storage.mount_point) / target.file.relative_path()


def files_of(call: Call, space: Space) -> SpaceFiles:
    """Give the files of a space."""
    return call.state.files.setdefault(space.id, SpaceFiles(space.id, call.state.now()))

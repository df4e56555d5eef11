"""The attributes of a file, under their new (camelCase) and their old (snake_case) names."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.file_access import Target
from spacecast.sandbox.onedata.imported_files import StoredFile

OLD_NAMES: Mapping[str, str] = {
    "fileId": "file_id",
    "posixPermissions": "mode",
    "parentFileId": "parent_id",
    "displayGid": "storage_group_id",
    "displayUid": "storage_user_id",
    "isFullyReplicatedLocally": "is_fully_replicated",
    "originProviderId": "provider_id",
    "directShareIds": "shares",
    "ownerUserId": "owner_id",
    "hardlinkCount": "hardlinks_count",
}
NEW_NAMES = {old: new for new, old in OLD_NAMES.items()}

DEFAULT = (
    "fileId",
    "parentFileId",
    "name",
    "posixPermissions",
    "atime",
    "mtime",
    "ctime",
    "type",
    "size",
    "directShareIds",
    "index",
    "displayGid",
    "displayUid",
    "ownerUserId",
    "originProviderId",
    "hardlinkCount",
)
_PUBLIC = ("fileId", "parentFileId", "name", "posixPermissions", "atime", "mtime", "ctime", "type", "size",
           "directShareIds", "index", "activePermissionsType", "hasCustomMetadata", "hardlinkCount", "symlinkValue",
           "originProviderId", "displayGid", "displayUid", "ownerUserId")  # fmt: skip
_XATTR = "xattr."


def check_names(names: object) -> list[str]:
    """Validate a list of attribute names in a body."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise errors.bad_value("badValueListOfStrings", "attributes", "a list of strings")
    if not all(name in _READERS or name.startswith(_XATTR) for name in names):
        raise errors.list_not_allowed("attributes", [*_READERS, "xattr.*"])
    return names


def check_old_names(names: Iterable[str]) -> list[str]:
    """Validate attribute names of a query (old spelling) and give the new ones."""
    renamed = [NEW_NAMES.get(name, name) for name in names]
    if not all(name in DEFAULT or name == "path" or name.startswith(_XATTR) for name in renamed):
        allowed = [OLD_NAMES.get(name, name) for name in DEFAULT]
        raise errors.not_allowed("attribute", allowed)
    return renamed


def read(call: Call, target: Target, names: Iterable[str]) -> dict[str, Any]:
    """Give attributes of a file under their new names; guests get the public ones."""
    if target.share is not None:
        names = [name for name in names if name in _PUBLIC or name.startswith(_XATTR)]
    return {
        name: target.file.xattrs.get(name.removeprefix(_XATTR))
        if name.startswith(_XATTR)
        else _READERS[name](call, target)
        for name in names
    }


def old_spelling(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Give attributes under their old names."""
    return {OLD_NAMES.get(name, name): value for name, value in attributes.items()}


def type_name(call: Call, file: StoredFile) -> str:
    """Give REG or DIR, in lower case in the oldest releases."""
    name = "DIR" if file.is_directory else "REG"
    return name.lower() if call.state.release.lower_case_types else name


def _permissions(_call: Call, target: Target) -> str:
    mask = 0o007 if target.share else 0o777
    return f"{target.file.permissions & mask:03o}"


def _parent_id(_call: Call, target: Target) -> str | None:
    at_top = target.file.parent is None or (target.share and target.file.uuid == target.share.root_uuid)
    return None if at_top or target.file.parent is None else target.id_of(target.file.parent)


def _name(_call: Call, target: Target) -> str:
    return target.file.name or target.space.name


def _share_ids(call: Call, target: Target) -> list[str]:
    if target.share is not None:
        return [target.share.id] if target.file.uuid == target.share.root_uuid else []
    shares = call.state.shares_of_space(target.space.id)
    return [share.id for share in shares if share.root_uuid == target.file.uuid]


def _importing_provider(call: Call, target: Target) -> str:
    for support in call.state.supports_of_space(target.space.id):
        if call.state.storages[support.storage_id].imported:
            return support.provider_id
    return call.here.id


def _path(_call: Call, target: Target) -> str:
    relative = target.file.relative_path()
    return f"/{target.space.name}" + (f"/{relative}" if relative.parts else "")


def _has_metadata(_call: Call, target: Target) -> bool:
    file = target.file
    return file.has_json or bool(file.xattrs) or file.rdf is not None


_Reader = Callable[[Call, Target], Any]


def _always(value: Any) -> _Reader:
    return lambda _call, _target: value


_READERS: dict[str, _Reader] = {
    "fileId": lambda _call, target: target.id,
    "index": lambda _call, target: target.file.name + target.file.uuid,
    "type": lambda call, target: type_name(call, target.file),
    "activePermissionsType": _always("posix"),
    "posixPermissions": _permissions,
    "acl": _always([]),
    "name": _name,
    "conflictingName": _always(None),
    "path": _path,
    "parentFileId": _parent_id,
    "displayGid": lambda _call, target: target.file.stamp.group,
    "displayUid": lambda _call, target: target.file.stamp.user,
    "creationTime": lambda _call, target: target.file.creation_time,
    "atime": lambda _call, target: target.file.stamp.accessed or target.file.stamp.modified,
    "mtime": lambda _call, target: target.file.stamp.modified,
    "ctime": lambda _call, target: target.file.stamp.changed,
    "size": lambda _call, target: target.file.total_size(),
    "isFullyReplicatedLocally": lambda call, target: _importing_provider(call, target) == call.here.id,
    "localReplicationRate": lambda call, target: float(_importing_provider(call, target) == call.here.id),
    "originProviderId": _importing_provider,
    "directShareIds": _share_ids,
    "ownerUserId": lambda _call, target: "unknown" if target.share else target.space.creator,
    "hardlinkCount": _always(1),
    "symlinkValue": _always(None),
    "hasCustomMetadata": _has_metadata,
    "effProtectionFlags": _always([]),
    "effDatasetProtectionFlags": _always([]),
    "effDatasetInheritancePath": _always("none"),
    "effQosInheritancePath": _always("none"),
    "aggregateQosStatus": _always("fulfilled"),
    "archiveRecallRootFileId": _always(None),
}

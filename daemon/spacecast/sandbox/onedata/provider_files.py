"""Provider: attributes of files, listing of directories, and the way from a path to an id."""

import base64
import binascii
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from spacecast.sandbox.onedata import bodies, errors, file_attributes
from spacecast.sandbox.onedata.call import Call, without_nulls
from spacecast.sandbox.onedata.entities import Space
from spacecast.sandbox.onedata.file_access import (
    Target,
    files_of,
    need_owner,
    need_readable,
    reach,
    reference_in_path,
    storage_of,
)
from spacecast.sandbox.onedata.identifiers import FileReference, file_id
from spacecast.sandbox.onedata.messages import Reply, json_reply, no_content
from spacecast.sandbox.onedata.provider_service import PREFIX
from spacecast.sandbox.onedata.provider_view import ProviderView
from spacecast.sandbox.onedata.routing import Routes

ROUTES = Routes(PREFIX)
_DEFAULT_PAGE = 1000
Shown = Callable[[Call, Target], dict[str, Any]]


def _options(call: Call) -> dict[str, Any]:
    """Give the options of a GET: its query, and its JSON body in releases that read one."""
    options: dict[str, Any] = {key: values[-1] for key, values in call.request.query.items() if key != "attribute"}
    if call.state.release.camel_case:
        options |= without_nulls(call.body)
    return options


def _shown(call: Call, options: dict[str, Any], default: tuple[str, ...]) -> Shown:
    """Choose which attributes are shown and how they are spelled."""
    release = call.state.release
    old = call.request.query.get("attribute")
    if old is not None:
        old_names = file_attributes.check_old_names(old)
        return lambda call, target: file_attributes.old_spelling(file_attributes.read(call, target, old_names))
    if "attributes" in options:
        names = file_attributes.check_names(options["attributes"])
        return lambda call, target: file_attributes.read(call, target, names)

    def both(call: Call, target: Target) -> dict[str, Any]:
        attributes = file_attributes.read(call, target, default)
        spelled_old = file_attributes.old_spelling(attributes) if release.snake_case else {}
        return (attributes if release.camel_case else {}) | spelled_old

    return both


@ROUTES.on("GET", "/data/{id}")
def attributes(call: Call) -> Reply:
    """Describe a file."""
    reference = reference_in_path(call, call.ids["id"])
    shown = _shown(call, _options(call), file_attributes.DEFAULT)
    return json_reply(shown(call, reach(call, reference)))


@ROUTES.on("PUT", "/data/{id}", writes_data=True)
def set_mode(call: Call) -> Reply:
    """Change a file's mode in the database only, if the storage is read-only."""
    reference = reference_in_path(call, call.ids["id"])
    text = bodies.text(call.body, "mode")
    try:
        mode = int(text, 8)
    except ValueError as error:
        raise errors.bad_value("badValueInteger", "mode", "an octal number") from error
    if not 0 <= mode <= 0o1777:  # noqa: PLR2004 - the range of the API
        raise errors.not_in_range("mode", 0, 0o1777)
    target = reach(call, reference)
    need_owner(call, target)
    target.file.stamp.mode = (target.file.stamp.mode & ~0o7777) | mode
    return no_content()


@ROUTES.on("DELETE", "/data/{id}", writes_data=True)
def remove_file(call: Call) -> Reply:
    """Refuse: on a read-only storage as a provider does, otherwise because the sandbox deletes nothing real."""
    target = reach(call, reference_in_path(call, call.ids["id"]))
    need_owner(call, target)
    storage = storage_of(call, target)
    raise errors.posix("erofs") if storage is not None and storage.readonly else errors.not_implemented()


@ROUTES.on("GET", "/data/{id}/children")
def children(call: Call) -> Reply:
    """List a directory, a page at a time, ordered by name."""
    reference = reference_in_path(call, call.ids["id"])
    options = _options(call)
    limit = _limit(call, options)
    default = ("fileId", "name")
    shown = _shown(call, options, default) if call.state.release.pages_by_token else _oldest_children
    after, offset = _token(options), _number(options, "offset", 0)
    target = reach(call, reference)
    need_readable(call, target)
    if not target.file.is_directory:
        return json_reply({"children": [shown(call, target)], "isLast": True})
    names = [name for name in sorted(target.file.children) if name > after][offset:]
    page = [shown(call, target.at(target.file.children[name])) for name in names[:limit]]
    answer: dict[str, Any] = {"children": page, "isLast": len(names) <= limit}
    if call.state.release.pages_by_token:
        answer["nextPageToken"] = None if answer["isLast"] else _page_token(names[limit - 1])
    return json_reply(answer)


def _oldest_children(_call: Call, target: Target) -> dict[str, Any]:
    return {"id": target.id, "name": target.file.name or target.space.name}


@ROUTES.on("GET", "/data/{id}/files")
def files_recursively(call: Call) -> Reply:
    """List everything below a directory, a page at a time; what may not be entered is named."""
    if not call.state.release.recursive_listing:
        raise errors.EmptyError(404)
    reference = reference_in_path(call, call.ids["id"])
    options = _options(call)
    limit = _limit(call, options)
    shown = _shown(call, options, ("fileId", "path"))
    after = _token(options) or str(options.get("start_after", ""))
    prefix = str(options.get("prefix", ""))
    directories = str(options.get("include_directories", False)).lower() == "true"
    target = reach(call, reference)
    need_readable(call, target)
    found = [
        (path, file)
        for path, file in files_of(call, target.space).walk(target.file)
        if path.split("/") > after.split("/") and path.startswith(prefix)
    ]
    files: list[dict[str, Any]] = []
    closed: list[str] = []
    last = ""
    for path, file in found:
        if len(files) == limit:
            return json_reply({"files": files, "inaccessiblePaths": closed, "nextPageToken": _page_token(last)})
        last = path
        if any(path.startswith(f"{hidden}/") for hidden in closed):
            continue
        if file.is_directory and not _may_list(call, target.at(file)):
            closed.append(path)
        elif not file.is_directory or directories:
            files.append(shown(call, target.at(file)) | {"path": path})
    return json_reply({"files": files, "inaccessiblePaths": closed, "nextPageToken": None})


def _may_list(call: Call, target: Target) -> bool:
    try:
        need_readable(call, target)
    except errors.ApiError:
        return False
    # A guest also has to pass through the directory to what is in it.
    return target.share is None or bool(target.file.permissions & 0o001)


def _limit(call: Call, options: dict[str, Any]) -> int:
    longest = call.state.release.longest_page
    limit = _number(options, "limit", _DEFAULT_PAGE)
    if not 1 <= limit <= longest:
        raise errors.not_in_range("limit", 1, longest)
    return limit


def _number(options: dict[str, Any], key: str, default: int) -> int:
    try:
        return int(options.get(key, default))
    except (TypeError, ValueError) as error:
        raise errors.bad_value("badValueInteger", key, "an integer") from error


def _page_token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode("utf-8", "surrogateescape")).decode()


def _token(options: dict[str, Any]) -> str:
    try:
        return base64.urlsafe_b64decode(str(options.get("token", ""))).decode("utf-8", "surrogateescape")
    except (ValueError, binascii.Error) as error:
        raise errors.bad_value("badValueString", "token", "a page token") from error


@ROUTES.on("POST", "/lookup-file-id/{path...}")
def lookup_file_id(call: Call) -> Reply:
    """Find the id of `{space name}@{space id}/path`, or of `{space name}/path` if the name is unique."""
    first, *rest = [unquote(part) for part in call.ids["path"].strip("/").split("/")]
    user = call.caller()
    space = _space_by_name(call, user.id, first)
    if ProviderView(call.state, call.here).support(space.id) is None:
        raise errors.space_not_supported_by(space.id, call.here.id)
    file = files_of(call, space).at(PurePosixPath(*rest)) if rest else files_of(call, space).root
    if file is None:
        raise errors.posix("enoent")
    reach(call, FileReference(file.uuid, space.id))
    return json_reply({"fileId": file_id(file.uuid, space.id)})


def _space_by_name(call: Call, user_id: str, text: str) -> Space:
    name, separator, space_id = text.rpartition(call.state.release.path_separator)
    view = ProviderView(call.state, call.here)
    addressed = view.space(space_id) if separator else None
    if addressed and addressed.name == name and view.privileges(addressed, user_id) is not None:
        return addressed
    named = [space for space in view.spaces_of(user_id) if space.name == text]
    if len(named) != 1:
        raise errors.posix("enoent")
    return named[0]

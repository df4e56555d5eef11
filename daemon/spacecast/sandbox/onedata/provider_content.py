"""Provider: the content of files, whole or in a range."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from spacecast.sandbox.onedata import errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.file_access import (
    Target,
    need_owner,
    need_readable,
    path_on_disk,
    reach,
    reference_in_path,
    storage_of,
)
from spacecast.sandbox.onedata.identifiers import FileReference
from spacecast.sandbox.onedata.messages import FileSlice, Reply
from spacecast.sandbox.onedata.provider_service import PREFIX
from spacecast.sandbox.onedata.routing import Routes, raw_body

ROUTES = Routes(PREFIX)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@ROUTES.on("GET", "/data/{id}/content")
def content(call: Call) -> Reply:
    """Send a file's content as the storage has it, up to the size that the last scan saw."""
    return _content(call, reach(call, reference_in_path(call, call.ids["id"])))


@ROUTES.on("GET", "/data/{id}/path/{path...}")
def content_by_path(call: Call) -> Reply:
    """Send the content of a file that is named by its path below a directory."""
    reference = reference_in_path(call, call.ids["id"])
    file = reach(call, reference).file
    for part in PurePosixPath(unquote(call.ids["path"])).parts:
        child = file.children.get(part)
        if child is None:
            raise errors.posix("enoent")
        file = child
    return _content(call, reach(call, FileReference(file.uuid, reference.space_id, reference.share_id)))


def _content(call: Call, target: Target) -> Reply:
    need_readable(call, target)
    if target.file.is_directory:
        # Directories are offered as an archive by the real servers; nothing here needs that.
        raise errors.not_implemented()
    path = path_on_disk(call, target)
    if not path.exists():
        raise errors.posix("enoent")
    size = target.file.stamp.size
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(target.file.name.encode('utf-8', 'replace'))}",
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    asked = _RANGE.fullmatch(call.request.headers.get("range", ""))
    if asked is None:
        return Reply(200, FileSlice(path, 0, size), headers)
    span = _span(asked.group(1), asked.group(2), size)
    if span is None:
        return Reply(416, b"", {"Content-Range": f"bytes */{size}"})
    start, end = span
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Reply(206, FileSlice(path, start, end - start + 1), headers)


def _span(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Give first and last byte of a range, None when it cannot be satisfied."""
    if not first:
        start, end = max(0, size - int(last or 0)), size - 1
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
    return (start, end) if start <= end else None


@ROUTES.on("PUT", "/data/{id}/content", read_body=raw_body, writes_data=True)
def write_content(call: Call) -> Reply:
    """Refuse to write: erofs on a read-only storage; elsewhere the sandbox does not write."""
    return _refuse_to_write(call)


@ROUTES.on("POST", "/data/{id}/children", read_body=raw_body, writes_data=True)
def create_file(call: Call) -> Reply:
    """Refuse to create a file, for the same reasons."""
    return _refuse_to_write(call)


@ROUTES.on("PUT", "/data/{id}/path/{path...}", read_body=raw_body, writes_data=True)
def create_by_path(call: Call) -> Reply:
    """Refuse to create a file by its path, for the same reasons."""
    return _refuse_to_write(call)


def _refuse_to_write(call: Call) -> Reply:
    target = reach(call, reference_in_path(call, call.ids["id"]))
    need_owner(call, target)
    storage = storage_of(call, target)
    raise errors.posix("erofs") if storage is not None and storage.readonly else errors.not_implemented()

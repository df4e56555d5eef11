"""Provider: custom metadata of files; they live in the database and work on read-only storages too."""

from typing import Any

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.file_access import (
    Target,
    need_metadata_access,
    need_readable,
    reach,
    reference_in_path,
)
from spacecast.sandbox.onedata.imported_files import StoredFile
from spacecast.sandbox.onedata.messages import Reply, json_reply, no_content
from spacecast.sandbox.onedata.provider_service import PREFIX
from spacecast.sandbox.onedata.routing import Routes, any_json_body, raw_body

ROUTES = Routes(PREFIX)
_JSON = "/data/{id}/metadata/json"
_XATTRS = "/data/{id}/metadata/xattrs"
_RDF = "/data/{id}/metadata/rdf"
_RESERVED = ("cdmi_", "onedata_")


def _writable(call: Call) -> StoredFile:
    target = reach(call, reference_in_path(call, call.ids["id"]))
    need_metadata_access(call, target)
    return target.file


def _readable(call: Call) -> Target:
    target = reach(call, reference_in_path(call, call.ids["id"]))
    need_readable(call, target)
    return target


@ROUTES.on("PUT", _JSON, read_body=any_json_body, writes_data=True)
def set_json(call: Call) -> Reply:
    """Replace the JSON metadata, which may be any JSON document."""
    if call.query("filter") is not None:
        raise errors.not_implemented()
    file = _writable(call)
    file.json_metadata, file.has_json = call.body, True
    return no_content()


@ROUTES.on("GET", _JSON)
def get_json(call: Call) -> Reply:
    """Show the JSON metadata; `inherited` merges those of the directories above. posix/enodata when unset."""
    target = _readable(call)
    found = [target.file] if target.file.has_json else []
    if call.query("inherited") == "true":
        found += [directory for directory in target.ways() if directory.has_json]
    if not found:
        raise errors.posix("enodata")
    merged: Any = None
    for file in reversed(found):
        both_objects = isinstance(merged, dict) and isinstance(file.json_metadata, dict)
        merged = {**merged, **file.json_metadata} if both_objects else file.json_metadata
    return json_reply(merged)


@ROUTES.on("DELETE", _JSON, writes_data=True)
def delete_json(call: Call) -> Reply:
    """Remove the JSON metadata."""
    file = _writable(call)
    file.json_metadata, file.has_json = None, False
    return no_content()


@ROUTES.on("PUT", _XATTRS, writes_data=True)
def set_xattrs(call: Call) -> Reply:
    """Merge extended attributes; some prefixes are reserved."""
    for key in call.body:
        if key.startswith(_RESERVED):
            raise errors.posix("eperm")
    _writable(call).xattrs.update(call.body)
    return no_content()


@ROUTES.on("GET", _XATTRS)
def get_xattrs(call: Call) -> Reply:
    """Show the extended attributes, all or one."""
    xattrs = _readable(call).file.xattrs
    wanted = call.query("attribute")
    if wanted is None:
        return json_reply(xattrs)
    if wanted not in xattrs:
        raise errors.posix("enodata")
    return json_reply({wanted: xattrs[wanted]})


@ROUTES.on("DELETE", _XATTRS, writes_data=True)
def delete_xattrs(call: Call) -> Reply:
    """Remove extended attributes."""
    keys = bodies.strings(call.body, "keys")
    if keys is None:
        raise errors.missing_required("keys")
    xattrs = _writable(call).xattrs
    for key in keys:
        xattrs.pop(key, None)
    return no_content()


@ROUTES.on("PUT", _RDF, read_body=raw_body, writes_data=True)
def set_rdf(call: Call) -> Reply:
    """Replace the RDF metadata, whatever its bytes are."""
    _writable(call).rdf = call.body
    return no_content()


@ROUTES.on("GET", _RDF)
def get_rdf(call: Call) -> Reply:
    """Show the RDF metadata; posix/enodata when unset."""
    rdf = _readable(call).file.rdf
    if rdf is None:
        raise errors.posix("enodata")
    return Reply(200, rdf, {"Content-Type": "application/rdf+xml"})


@ROUTES.on("DELETE", _RDF, writes_data=True)
def delete_rdf(call: Call) -> Reply:
    """Remove the RDF metadata."""
    _writable(call).rdf = None
    return no_content()

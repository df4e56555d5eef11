"""Provider: shares are made, changed and deleted here; whatever the zone refuses comes out as posix/eagain."""

from typing import Any

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call, without_nulls
from spacecast.sandbox.onedata.entities import Share
from spacecast.sandbox.onedata.file_access import need_privilege, reach, reference_in_body
from spacecast.sandbox.onedata.identifiers import file_id, new_id
from spacecast.sandbox.onedata.messages import Reply, created_at, json_reply, no_content
from spacecast.sandbox.onedata.provider_service import PREFIX
from spacecast.sandbox.onedata.provider_view import ProviderView
from spacecast.sandbox.onedata.routing import Routes
from spacecast.sandbox.onedata.zone_shares import change, shown_share

ROUTES = Routes(PREFIX)


def broken_location(call: Call, kind: str, resource_id: str) -> str:
    """Give the Location that providers send: without the slash after `oneprovider`."""
    return f"{call.world.address(call.here.id, secure=True)}{PREFIX}{kind}/{resource_id}"


@ROUTES.on("POST", "/shares", writes_data=True)
def create_share(call: Call) -> Reply:
    """Share a file or directory; the same one may be shared any number of times."""
    call.body = without_nulls(call.body)
    keys = ["rootFileId", "fileId"] if call.state.release.shares_by_root_id else ["fileId"]
    bodies.text(call.body, "name")
    key = next((key for key in keys if key in call.body), None)
    if key is None:
        raise errors.missing_at_least_one(keys)
    reference = reference_in_body(call, key)
    bodies.text(call.body, "description", "")
    if ProviderView(call.state, call.here).support(reference.space_id) is None:
        call.caller()
        raise errors.space_not_supported_by(reference.space_id, call.here.id)
    target = reach(call, reference)
    need_privilege(call, target.space, "space_manage_shares")
    share = Share(
        id=new_id(),
        space_id=target.space.id,
        name=call.body["name"],
        description=call.body.get("description", ""),
        root_uuid=target.file.uuid,
        is_directory=target.file.is_directory,
        creator=call.caller().id,
        creation_time=call.state.now(),
    )
    _register(call, share)
    return created_at(broken_location(call, "shares", share.id), {"shareId": share.id})


def _register(call: Call, share: Share) -> None:
    """Have the zone accept the share; any refusal there is posix/eagain here."""
    refused = not call.state.zone_up or not call.here.online
    refused = refused or not bodies.valid_name(share.name)
    refused = refused or len(share.description) > bodies.LONGEST_DESCRIPTION
    if refused or share.space_id not in call.state.spaces:
        raise errors.posix("eagain")
    call.state.shares[share.id] = share
    call.state.spaces[share.space_id].share_ids.append(share.id)


@ROUTES.on("GET", "/shares/{shid}")
def share_details(call: Call) -> Reply:
    """Describe a share to members of its space."""
    share = _share_for(call, "space_view")
    shown: dict[str, Any] = shown_share(call, share)
    for key in ("fileType", "creator", "creationTime"):
        shown.pop(key)
    if call.state.release.lower_case_types:
        shown["fileType"] = "dir" if share.is_directory else "file"
    else:
        shown["rootFileType"] = "DIR" if share.is_directory else "REG"
    shown["rootFileId"] = file_id(share.root_uuid, share.space_id, share.id)
    return json_reply(shown)


@ROUTES.on("PATCH", "/shares/{shid}", writes_data=True)
def change_share(call: Call) -> Reply:
    """Rename or describe a share."""
    share = _share_for(call, "space_manage_shares")
    call.body = without_nulls(call.body)
    change(call, share)
    return no_content()


@ROUTES.on("DELETE", "/shares/{shid}", writes_data=True)
def delete_share(call: Call) -> Reply:
    """Delete a share; the files stay."""
    share = _share_for(call, "space_manage_shares")
    call.state.shares.pop(share.id)
    return no_content()


def _share_for(call: Call, privilege: str) -> Share:
    share = call.share()
    space = ProviderView(call.state, call.here).space(share.space_id)
    if space is None:
        raise errors.not_found()
    need_privilege(call, space, privilege)
    return share

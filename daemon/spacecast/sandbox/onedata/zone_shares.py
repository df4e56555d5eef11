"""Zone: shares; their details, their public face, and the way to their data."""

from typing import Any

from spacecast.sandbox.onedata import bodies, errors
from spacecast.sandbox.onedata.call import Call
from spacecast.sandbox.onedata.entities import Share
from spacecast.sandbox.onedata.identifiers import BadFileIdError, decode_file_id, file_id
from spacecast.sandbox.onedata.messages import Reply, json_reply, no_content
from spacecast.sandbox.onedata.routing import Routes
from spacecast.sandbox.onedata.zone_service import PREFIX, zone_location

ROUTES = Routes(PREFIX)


def public_url(call: Call, share: Share) -> str:
    """Give the address that people open."""
    return f"{call.world.address('', secure=True)}/share/{share.id}"


def shown_share(call: Call, share: Share, *, public: bool = False) -> dict[str, Any]:
    """Describe a share; the public does not learn space and creator."""
    shown: dict[str, Any] = {
        "shareId": share.id,
        "name": share.name,
        "description": share.description,
        "publicUrl": public_url(call, share),
        "publicRestUrl": zone_location(call, f"/shares/{share.id}/public"),
        "rootFileId": file_id(share.root_uuid, share.space_id, share.id),
        "fileType": "dir" if share.is_directory else "file",
        "handleId": None,
        "creationTime": share.creation_time,
    }
    if not public:
        shown |= {"spaceId": share.space_id, "creator": {"type": "user", "id": share.creator}}
    return shown


def change(call: Call, share: Share) -> None:
    """Rename or describe a share by the body."""
    bodies.at_least_one(call.body, ("name", "description"))
    name = bodies.name_if_given(call.body)
    share.description = bodies.text(call.body, "description", share.description, longest=bodies.LONGEST_DESCRIPTION)
    share.name = name or share.name


@ROUTES.on("GET", "/shares")
def all_shares(call: Call) -> Reply:
    """List all shares; for administrators of the zone."""
    call.allow(granted=call.caller().zone_admin)
    return json_reply({"shares": list(call.state.shares)})


@ROUTES.on("GET", "/shares/{shid}")
def share_details(call: Call) -> Reply:
    """Describe a share to members of its space."""
    share = call.share()
    call.allow_in_space(call.state.spaces[share.space_id], "space_view")
    return json_reply(shown_share(call, share))


@ROUTES.on("GET", "/shares/{shid}/public")
def public_details(call: Call) -> Reply:
    """Describe a share to anybody."""
    return json_reply(shown_share(call, call.share(), public=True))


@ROUTES.on("PATCH", "/shares/{shid}")
def change_share(call: Call) -> Reply:
    """Rename or describe a share."""
    share = call.share()
    call.allow_in_space(call.state.spaces[share.space_id], "space_manage_shares")
    change(call, share)
    return no_content()


@ROUTES.on("GET", "/spaces/{sid}/shares")
def shares_of_space(call: Call) -> Reply:
    """List the shares of a space."""
    space = call.space()
    call.allow_in_space(space, "space_view")
    return json_reply({"shares": [share.id for share in call.state.shares_of_space(space.id)]})


@ROUTES.on("GET", "/spaces/{sid}/shares/{shid}")
def share_of_space(call: Call) -> Reply:
    """Describe a share of a space."""
    space = call.space()
    share = call.share()
    if share.space_id != space.id:
        raise errors.not_found()
    call.allow_in_space(space, "space_view")
    return json_reply(shown_share(call, share))


@ROUTES.on("GET", "/shares/data/{path...}")
def shared_data(call: Call) -> Reply:
    """Send anybody to a provider that has the data of a share: 307, or 503 when none is online."""
    try:
        reference = decode_file_id(call.ids["path"].split("/")[0])
    except BadFileIdError as error:
        raise errors.bad_identifier("id") from error
    share = call.state.shares.get(reference.share_id or "")
    if share is None:
        raise errors.not_found()
    for support in call.state.supports_of_space(share.space_id):
        if call.state.providers[support.provider_id].online:
            return _redirect(call, support.provider_id)
    raise errors.ApiError(503, "serviceUnavailable", "No provider of this share is online.")


def _redirect(call: Call, provider_id: str) -> Reply:
    address = call.world.address(provider_id, secure=call.request.secure)
    target = f"{address}/api/v3/oneprovider/data/{call.ids['path']}"
    query = call.request.raw_query
    return Reply(307, b"", {"Location": f"{target}?{query}" if query else target})
